import type { TraceContext } from "../../base/trace-context.ts";

/** How far a call is, as its method says. */
export interface CallProgress {
  readonly done: number;
  /** of so much, where the method knows it */
  readonly total: number | undefined;
  /** written by the method: escape it before it is shown */
  readonly note: string | undefined;
}

export interface CallOptions {
  /** How long to wait, in milliseconds; 30 s where nothing is said. The daemon is told, and stops then too. */
  readonly timeoutMs?: number | undefined;
  /** Cancels the call, at the daemon too; and the stream that it returned, as long as it is read. */
  readonly signal?: AbortSignal | undefined;
  /** Told how far the call is, by methods that say so. What it throws is the program's affair. */
  readonly onProgress?: ((progress: CallProgress) => void) | undefined;
  /**
   * The trace that the call belongs to (W3C Trace Context): the daemon writes it beside the call, and its method can hand it
   * on. Where nothing is said it is that of the daemon's call because of which this one is made, if it is.
   */
  readonly trace?: TraceContext | undefined;
}

/** A call as it is made. */
export interface Request {
  /** 0: a method of the catalogue; else what it is called on: a reference of the daemon, or below 0 an earlier call */
  readonly target: number;
  readonly method: string;
  readonly positional: readonly unknown[];
  readonly named: Readonly<Record<string, unknown>>;
  readonly options: CallOptions;
  /** The name of the interface that it is called on, where there is one: asked for only to pass something by reference. */
  readonly interfaceName?: (() => Promise<string | undefined>) | undefined;
}
