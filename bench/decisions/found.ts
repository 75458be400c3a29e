import type { Size } from "./world.ts";

/** Decisions over so many different calls, one after the other. */
export interface Rotation {
  readonly different: number;
  /** of one decision, in microseconds */
  readonly p50: number;
  readonly p99: number;
}

/** What one policy has given. */
export interface Decisions extends Size {
  /** from the bytes to a policy: parse, check, compile */
  readonly loadMs: number;
  /** the table of one session, on average */
  readonly tableMs: number;
  /** the part of the calls that is allowed */
  readonly allowed: number;
  readonly rotations: readonly Rotation[];
  /** what one allowed decision leaves for the collector */
  readonly allocatedBytes: number;
  /** of one decision, in microseconds */
  readonly naiveUs: number;
  readonly casbinUs: number;
}
