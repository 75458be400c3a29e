import type { Place } from "../../yaml/problem.ts";
import type { GrantLimits } from "../base/limits.ts";
import type { Reach } from "../syntax/pattern.ts";
import type { ArgsRule } from "./args.ts";

/** A grant, made ready for one method. */
export interface CompiledGrant {
  readonly id: string;
  /** Where the grant is in the file. */
  readonly at: Place;
  /** How the grant names the method. */
  readonly reach: Reach;
  readonly rule: ArgsRule;
  /** The largest message of a call that it admits. */
  readonly requestBytes: number;
  /** How long a call that it admits may take, where it says so. */
  readonly timeoutMs: number | undefined;
  /** How often, and how many at a time, where it says so. */
  readonly meter: Meter | undefined;
  /** The decision if this grant admits the call: made once, so that allowing makes no object. */
  readonly allowed: Decision;
}

/** What is counted for each principal by itself. */
export type Meter = Pick<GrantLimits, "rate" | "concurrent">;

export type Decision =
  | { readonly allowed: true; readonly grant: CompiledGrant }
  | {
      readonly allowed: false;
      /**
       * `args`: no candidate admits them; `request_size`: one would, were the message smaller; `limit`: one does, and
       * its limits are used up; `error`: one was thrown while deciding
       */
      readonly why: "args" | "request_size" | "limit" | "error";
      /** `limit`: in how many milliseconds there may be room */
      readonly afterMs?: number;
      /** what was thrown while deciding: raise an alarm */
      readonly error?: unknown;
    };
