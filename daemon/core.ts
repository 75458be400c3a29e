import type { Clock } from "../base/clock.ts";
import type { PrivateKey } from "../base/ed25519.ts";
import type { Deadlines } from "../link/deadlines.ts";
import type { AuditRoom } from "./audit-room.ts";
import type { AuditWriter } from "./audit-writer.ts";
import type { CallTally } from "./call-tally.ts";
import type { Config } from "./config.ts";
import type { DeniedCalls } from "./denied-calls.ts";
import type { Dispatch } from "./dispatch.ts";
import type { Failures } from "./failures.ts";
import type { GrantMeters } from "./grant-meters.ts";
import type { Loads } from "./load.ts";
import type { Log } from "./log.ts";
import type { Measures } from "./measures.ts";
import type { Operator } from "./operator.ts";
import type { PolicyKeeper } from "./policy-keeper.ts";
import type { Probes } from "./probes.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SessionTables } from "./session-table.ts";
import type { Strangers } from "./strangers.ts";
import type { TimeAccounts } from "./time-accounts.ts";
import type { Turn } from "./turn.ts";
import type { VerifyQueue } from "./verify-queue.ts";

/** What all connections of one daemon share. */
export interface Core {
  readonly config: Config;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly log: Log;
  readonly failures: Failures;
  readonly audit: AuditWriter;
  readonly room: AuditRoom;
  readonly hostKey: PrivateKey;
  /** what clients are told to know beside it */
  readonly otherHostKeys: readonly PrivateKey[];
  /** 16 random bytes: another start of the daemon has others */
  readonly bootId: Uint8Array;
  readonly keeper: PolicyKeeper;
  readonly meters: GrantMeters;
  readonly tables: SessionTables;
  readonly times: TimeAccounts;
  readonly scheduler: Scheduler;
  readonly turn: Turn;
  readonly dispatch: Dispatch;
  readonly verifications: VerifyQueue;
  readonly loads: Loads;
  readonly probes: Probes;
  readonly deniedCalls: DeniedCalls;
  readonly strangers: Strangers;
  readonly tally: CallTally;
  readonly measures: Measures;
  readonly operator: Operator;
  /** logins that are looked at, and refused ones that wait for their answer, over all connections */
  refusalsWaiting: number;
}
