import type { Spent } from "./attacker.ts";
import type { Seen } from "./good-client.ts";

/** What came of one attack on one daemon. */
export interface Battle {
  /** of the good client, without the attack and with it */
  readonly before: Seen;
  readonly during: Seen;
  /** resident memory of the daemon, in MiB: before the attack, and the most during it */
  readonly idleMib: number;
  readonly peakMib: number;
  readonly spent: Spent;
}

/** What came of one attack. */
export interface SiegeFound {
  readonly attack: string;
  readonly over: "unix" | "tls";
  readonly principals: number;
  readonly isGranted: boolean;
  readonly connections: number;
  /** on this build, and on the one that it is compared with */
  readonly now: Battle;
  readonly other: Battle | undefined;
}
