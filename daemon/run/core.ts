import type { Clock } from "../../base/clock.ts";
import type { PrivateKey } from "../../certs/ed25519.ts";
import type { Deadlines } from "../../link/deadlines.ts";
import type { CallTally } from "../audit/call-tally.ts";
import type { AuditRoom } from "../audit/room.ts";
import type { AuditWriter } from "../audit/writer.ts";
import type { Config } from "../config/config.ts";
import type { Turn } from "../gate/turn.ts";
import type { DeniedCalls } from "../limits/denied-calls.ts";
import type { GrantMeters } from "../limits/grant-meters.ts";
import type { Loads } from "../limits/load.ts";
import type { Measures } from "../limits/measures.ts";
import type { Scheduler } from "../limits/scheduler.ts";
import type { Strangers } from "../limits/strangers.ts";
import type { TimeAccounts } from "../limits/time-accounts.ts";
import type { VerifyQueue } from "../limits/verify-queue.ts";
import type { Failures } from "../log/failures.ts";
import type { Log } from "../log/log.ts";
import type { PolicyKeeper } from "../policy/keeper.ts";
import type { Operator } from "../session/operator.ts";
import type { Probes } from "../session/probes.ts";
import type { SessionTables } from "../session/session-table.ts";
import type { Dispatch } from "./dispatch.ts";

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
