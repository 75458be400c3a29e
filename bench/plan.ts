import type { LiveWorkload } from "./jobs.ts";

/** How much is measured. Times are milliseconds. */
export interface Plan {
  readonly name: "full" | "quick";
  /** repeats of everything, interleaved: one round measures all, then the next begins */
  readonly rounds: number;
  /** calls run at least so long before a loop is timed */
  readonly warmupMs: number;
  /** a loop's count is chosen, at the end of its warm-up, so that it takes about so long */
  readonly measureMs: number;
  /** E: connections that are counted */
  readonly connections: number;
  /** H: processes of each kind in a round, one after the other in turn */
  readonly processes: number;
  /** G, L, S: callbacks, lines and pieces of a round; and before the first one */
  readonly live: Readonly<Record<LiveWorkload, number>>;
  readonly liveWarmup: Readonly<Record<LiveWorkload, number>>;
  /** P: the policies, in grants and roles */
  readonly policies: readonly (readonly [grants: number, roles: number])[];
  /** P: processes for each policy, one after the other */
  readonly policyRounds: number;
  /** siege: how long each attack goes on, in milliseconds */
  readonly siegeMs: number;
  /** P: decisions that are timed for each figure */
  readonly decisions: number;
}

export const FULL: Plan = {
  name: "full",
  rounds: 3,
  warmupMs: 2_000,
  measureMs: 2_000,
  connections: 1_000,
  processes: 15,
  live: { G: 40_000, L: 40_000, S: 20_000 },
  liveWarmup: { G: 20_000, L: 20_000, S: 4_000 },
  policies: [
    [20, 20],
    [1_000, 1_000],
    [10_000, 1_000],
    [20_000, 2_000],
  ],
  policyRounds: 3,
  siegeMs: 5_000,
  decisions: 1_000_000,
};

export const QUICK: Plan = {
  name: "quick",
  rounds: 3,
  warmupMs: 100,
  measureMs: 160,
  connections: 100,
  processes: 5,
  live: { G: 5_000, L: 5_000, S: 2_000 },
  liveWarmup: { G: 5_000, L: 5_000, S: 500 },
  policies: [
    [20, 20],
    [10_000, 1_000],
  ],
  policyRounds: 1,
  siegeMs: 1_000,
  decisions: 50_000,
};

/** B: calls in flight on one connection. */
export const FLIGHT_DEPTH = 64;

/** C: bytes of one echo. With what a message says beside them they just fit into a frame of 1 MiB. */
export const ECHO_BYTES = 1024 * 1024 - 256;

/** L: a line of the file. */
export const LINE = "a line of a text, as long as lines are\n";

/** S: a piece of the stream, in bytes. */
export const PIECE_BYTES = 64 * 1024;

/** A, B: bytes of the floor's frame: as many as the body of rpcd's call `add(12345, 7)` has. */
export const FLOOR_CALL_BYTES = 32;
