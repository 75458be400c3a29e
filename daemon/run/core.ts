import type { Clock } from "../../base/clock.ts";
import type { Deadlines } from "../../link/deadlines.ts";
import type { CallTally } from "../audit/call-tally.ts";
import type { AuditWriter } from "../audit/writer.ts";
import type { Config } from "../config/config.ts";
import type { Turn } from "../gate/turn.ts";
import type { DeniedCalls } from "../limits/denied-calls.ts";
import type { Measures } from "../limits/measures.ts";
import type { Scheduler } from "../limits/scheduler.ts";
import type { Strangers } from "../limits/strangers.ts";
import type { TimeAccounts } from "../limits/time-accounts.ts";
import type { Failures } from "../log/failures.ts";
import type { Log } from "../log/log.ts";
import type { Dispatch } from "./dispatch.ts";

/** The records of a daemon: its log, its audit log, and its counters. */
export interface Telemetry {
  readonly log: Log;
  readonly failures: Failures;
  readonly audit: AuditWriter;
  readonly tally: CallTally;
  readonly strangers: Strangers;
  readonly measures: Measures;
}

/** What the calls of all connections share. */
export interface CallCore extends Pick<Telemetry, "failures" | "measures"> {
  /** The configuration in force at this moment. */
  readonly config: Pick<Config, "referenceIdleMs">;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly times: TimeAccounts;
  readonly scheduler: Scheduler;
  readonly turn: Turn;
  readonly dispatch: Dispatch;
  readonly deniedCalls: DeniedCalls;
}
