import { randomBytes } from "node:crypto";
import { systemClock } from "../../base/clock.ts";
import { Deadlines } from "../../link/deadlines.ts";
import { BOOT_ID_BYTES } from "../../wire/login-message.ts";
import { CallTally } from "../audit/call-tally.ts";
import { AuditRoom } from "../audit/room.ts";
import { AuditWriter } from "../audit/writer.ts";
import { Overview } from "../builtin/overview.ts";
import type { Config } from "../config/config.ts";
import { RunningConfig } from "../config/running-config.ts";
import { RefusalPlaces } from "../faults/refusal-place.ts";
import { Gate } from "../gate/gate.ts";
import { ShadowReports } from "../gate/shadow-reports.ts";
import { Turn } from "../gate/turn.ts";
import { Admission } from "../limits/admission.ts";
import { DeniedCalls } from "../limits/denied-calls.ts";
import { GrantMeters } from "../limits/grant-meters.ts";
import { Loads } from "../limits/load.ts";
import { LoopLag } from "../limits/loop-lag.ts";
import { Measures } from "../limits/measures.ts";
import { Scheduler } from "../limits/scheduler.ts";
import { Strangers } from "../limits/strangers.ts";
import { TimeAccounts } from "../limits/time-accounts.ts";
import { VerifyQueue } from "../limits/verify-queue.ts";
import { Failures } from "../log/failures.ts";
import type { ProcessLog } from "../log/log.ts";
import type { LoginCore } from "../login/login-core.ts";
import { PolicyKeeper, type Reread } from "../policy/keeper.ts";
import type { CallCore, Telemetry } from "../run/core.ts";
import { Dispatch } from "../run/dispatch.ts";
import { Connections } from "../session/connections.ts";
import { Probes } from "../session/probes.ts";
import { SessionTables } from "../session/session-table.ts";
import { linesOf, type Prepared, readConfig } from "./prepare.ts";

/** The parts of a daemon, before it listens. */
export interface Built {
  readonly core: LoginCore;
  readonly telemetry: Telemetry;
  readonly connections: Connections;
  readonly admission: Admission;
  readonly overview: Overview;
  readonly running: RunningConfig;
}

/** Who is told of reloads. */
interface ReloadEvents {
  /** Files are being read. */
  begun(): void;
  /** It has come to an end, good or bad. */
  ended(): void;
}

/**
 * Makes the parts of a daemon and puts them together. The audit log is open afterwards, and nothing else is.
 *
 * @throws FileProblem
 */
export function buildCore(
  config: Config,
  { configPath, hostKey, otherHostKeys, policy, policyWarnings, registry }: Prepared,
  log: ProcessLog,
  reloads: ReloadEvents,
): Built {
  const clock = systemClock;
  const deadlines = new Deadlines(clock);
  const measures = new Measures();
  const failures = new Failures(log, deadlines);
  const connections = new Connections();
  const admission = new Admission(config.admission);
  const audit = new AuditWriter(config.audit, log, clock);
  const room = new AuditRoom(config.audit, config.auditReserve, log);
  const tally = new CallTally(audit, clock, deadlines);
  const deniedCalls = new DeniedCalls(config.deniedCalls, clock);
  const unfitCalls = new DeniedCalls(config.deniedCalls, clock);
  const openCalls = new DeniedCalls(config.deniedCalls, clock);
  const loads = new Loads(config);
  const running = new RunningConfig(config, log, (next) => {
    admission.limitTo(next.admission);
    room.limitTo(next.auditReserve);
    loads.limitTo(next);
    for (const calls of [deniedCalls, unfitCalls, openCalls]) calls.limitTo(next.deniedCalls);
    log.setLevel(next.logLevel);
  });
  const shadow = new ShadowReports(audit, failures);
  const keeper = new PolicyKeeper(policy, policyWarnings, {
    path: config.policy,
    catalogue: registry.catalogue,
    clock,
    log,
    audit,
    shadowCounts: shadow.counts,
    swapped: (next) => connections.recheck(next, clock.wallMs()),
    reread: () => reread(configPath, running, audit),
    reloading: () => reloads.begun(),
    reloaded: () => reloads.ended(),
  });
  const strangers = new Strangers({ audit, log, clock, deadlines, measures });
  const verifications = new VerifyQueue();
  const times = new TimeAccounts(clock);
  const scheduler = new Scheduler(clock, times);
  const lag = new LoopLag(() => times.endWindow());
  const overview = new Overview({
    clock,
    log,
    keeper,
    audit,
    room,
    measures,
    connections,
    admission,
    loads,
    verifications,
    times,
    lag,
  });
  const buckets = { refused: deniedCalls, unfit: unfitCalls, open: openCalls, tally, shadow, room };
  const telemetry: Telemetry = { log, failures, audit, tally, strangers, measures };
  const gate = new Gate(audit, clock, failures, buckets, measures);
  const calls: CallCore = {
    get config() {
      return running.current;
    },
    clock,
    deadlines,
    failures,
    measures,
    times,
    scheduler,
    turn: new Turn(gate, clock, { times, scheduler }),
    dispatch: new Dispatch(clock, deadlines, log, failures),
    deniedCalls,
  };
  const core: LoginCore = {
    get config() {
      return running.current;
    },
    clock,
    deadlines,
    log,
    audit,
    strangers,
    measures,
    hostKey,
    otherHostKeys,
    bootId: randomBytes(BOOT_ID_BYTES),
    keeper,
    meters: new GrantMeters(clock),
    tables: new SessionTables(registry),
    operator: overview,
    verifications,
    refusals: new RefusalPlaces(clock, deadlines),
    loads,
    probes: new Probes(connections, clock, deadlines),
    room,
    calls,
  };
  return { core, telemetry, connections, admission, overview, running };
}

function reread(configPath: string, running: RunningConfig, audit: AuditWriter): Reread {
  // First, and whatever comes of the rest: whoever has moved the log waits for the end of the reload.
  const problem = audit.look();
  if (problem !== undefined) return { refused: [`the audit log cannot be written: ${problem.message}`] };
  try {
    const { value } = readConfig(configPath);
    return { apply: () => running.follow(value) };
  } catch (error) {
    return { refused: linesOf(error) };
  }
}
