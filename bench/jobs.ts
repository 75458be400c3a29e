/*
 * What the bench asks of a client process, and what it answers: one JSON object a line, in on standard input,
 * out on standard output. So a client may be written in any language.
 */

/** The workloads that are timed loops. */
export const LOOPS = ["A", "B", "C", "D"] as const;
export type Loop = (typeof LOOPS)[number];

/** The workloads in which something is passed by reference. */
export const LIVE = ["G", "L", "S"] as const;
export type LiveWorkload = (typeof LIVE)[number];

export interface LiveJob {
  readonly kind: "live";
  readonly workload: LiveWorkload;
  /** callbacks, lines, or pieces of a stream */
  readonly count: number;
}

export interface LoopJob {
  readonly kind: "loop";
  readonly loop: Loop;
  /** whose CPU time is counted */
  readonly serverPid: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  /** how often, where that is fixed: then there is no warm-up */
  readonly count?: number | undefined;
}

export type Job =
  | LoopJob
  | LiveJob
  /** E: opens connections, logged in, until so many are kept */
  | { readonly kind: "hold"; readonly connections: number };

/** What came of a loop. */
export interface Timing {
  readonly count: number;
  readonly seconds: number;
  /** CPU time of the server, user and system, all threads */
  readonly serverCpuSeconds: number;
  /** A only: of one call, in microseconds */
  readonly latencyUs?: { readonly p50: number; readonly p99: number };
}

export type Answer = { readonly done: Timing | true } | { readonly failed: string };
