import type { Clock } from "../../base/clock.ts";
import type { AuditRoom } from "../audit/room.ts";
import type { AuditWriter } from "../audit/writer.ts";
import { pageOf } from "../base/page.ts";
import { packageVersion } from "../base/version.ts";
import type { Admission } from "../limits/admission.ts";
import type { Loads } from "../limits/load.ts";
import { LAG_WINDOW_MS, type LoopLag } from "../limits/loop-lag.ts";
import { type CodeCounts, type Measures, NAMELESS } from "../limits/measures.ts";
import type { TimeAccounts } from "../limits/time-accounts.ts";
import type { VerifyQueue } from "../limits/verify-queue.ts";
import type { ProcessLog } from "../log/log.ts";
import type { PolicyKeeper } from "../policy/keeper.ts";
import type { Connections, OneConnection, OpenSession } from "../session/connections.ts";
import type { Operator, SessionsNamed } from "../session/operator.ts";
import { problemsOf } from "./health.ts";

/** The parts of a daemon that know something about it. */
export interface OverviewParts {
  readonly clock: Clock;
  readonly log: ProcessLog;
  readonly keeper: PolicyKeeper;
  readonly audit: AuditWriter;
  readonly room: AuditRoom;
  readonly measures: Measures;
  readonly connections: Connections;
  readonly admission: Admission;
  readonly loads: Loads;
  readonly verifications: VerifyQueue;
  readonly times: TimeAccounts;
  readonly lag: LoopLag;
}

/** The whole of a daemon, for those who watch over it: each answer is of this moment. */
export class Overview implements Operator {
  readonly parts: OverviewParts;
  readonly version = packageVersion();
  /** milliseconds since 1970 */
  readonly startedMs: number;
  readonly #startedMonotonicMs: number;

  constructor(parts: OverviewParts) {
    this.parts = parts;
    this.startedMs = parts.clock.wallMs();
    this.#startedMonotonicMs = parts.clock.monotonicMs();
  }

  health(): object {
    const { keeper, audit, room, connections, clock } = this.parts;
    const { hash, generation, loadedAtMs } = keeper.status;
    const problems = problemsOf(keeper.status, audit, clock.wallMs(), room);
    return {
      status: connections.isDraining ? "draining" : problems.length > 0 ? "degraded" : "ok",
      ...this.#since,
      policy: { hash, generation, loaded: new Date(loadedAtMs) },
      problems,
    };
  }

  stats(after: string): object {
    const { keeper, audit, room, measures, connections, admission, loads, verifications, lag, times } =
      this.parts;
    const { hash, generation, loadedAtMs, refused } = keeper.status;
    const { sessions, calls, queued, exported, imported, callbacks, pipelined } = connections.counts;
    const { decisions, logins, strangers, denials } = measures;
    const { meanMs, p99Ms, maxMs } = lag.lag;
    const { rss, heapUsed, heapTotal } = process.memoryUsage();
    const { lines, failures, writingMs } = audit.counts;
    return {
      ...this.#since,
      policy: { hash, generation, loaded: new Date(loadedAtMs), refused: refused !== undefined },
      connections: { open: connections.size, sessions, before_login: admission.open },
      ended_before_login: { ...strangers },
      logins: { ...logins },
      verifications_waiting: verifications.waiting,
      calls: { running: calls - queued, waiting: queued, ...answersData(measures, after) },
      denials: { ...denials },
      decisions: {
        count: decisions.count,
        total_ms: decisions.totalMs,
        p50_ms: decisions.quantileMs(0.5),
        p90_ms: decisions.quantileMs(0.9),
        p99_ms: decisions.quantileMs(0.99),
        max_ms: decisions.maxMs,
      },
      references: { exported, imported, callbacks, pipelined },
      bytes_held: loads.cost,
      loop: { window_ms: LAG_WINDOW_MS, mean_ms: meanMs, p99_ms: p99Ms, max_ms: maxMs },
      time: timeData(times),
      memory: { rss, heap_used: heapUsed, heap_total: heapTotal },
      log: { dropped: this.parts.log.droppedLines },
      audit: {
        records: lines,
        failures,
        failing: audit.isFailing,
        writing_ms: writingMs,
        low: room.isLow,
        limited: room.limited,
      },
    };
  }

  sessions(after: string): object {
    const { sessions } = this.parts.connections;
    const { entries, next } = pageOf(sessions, after, ({ session }) => session.connection, sessionData);
    return { sessions: entries, next };
  }

  async endSessions(named: SessionsNamed, by: string, from: string): Promise<number | undefined> {
    // Not in the middle of a turn: what was read with this call, of a session that is to be ended, is decided before.
    await Promise.resolve();
    const meant = this.parts.connections.sessions.filter((one) => isMeant(one, named));
    if (meant.length === 0 && "connection" in named) return undefined;
    for (const { connection, session } of meant)
      if (session.connection === from) endLater(connection, by);
      else connection.endSession(by);
    return meant.length;
  }

  close(): void {
    this.parts.lag.close();
    this.parts.room.close();
  }

  get #since(): { readonly version: string; readonly started: Date; readonly uptime_s: number } {
    const uptimeMs = this.parts.clock.monotonicMs() - this.#startedMonotonicMs;
    return {
      version: this.version,
      started: new Date(this.startedMs),
      uptime_s: Math.floor(uptimeMs / 1_000),
    };
  }
}

/** So many principals are named with the time that they used: those that used the most. */
const TIMES_MAX = 20;

/** For whom the event loop has worked; what is attributed to nobody is garbage collection, timers, and what handlers do later. */
function timeData(times: TimeAccounts): object {
  const used = times.principals.toSorted((a, b) => b.usedMs - a.usedMs);
  const busyMs = performance.eventLoopUtilization().active;
  const attributedMs = times.principalsMs + times.unauthenticated.usedMs;
  return {
    busy_ms: busyMs,
    before_login_ms: times.unauthenticated.usedMs,
    unattributed_ms: Math.max(0, busyMs - attributedMs),
    principals: used.slice(0, TIMES_MAX).map(({ name, usedMs }) => ({ principal: name, ms: usedMs })),
  };
}

/** The answers to the calls of each method, as many methods as go into a message; those without a name apart. */
function answersData({ answers }: Measures, after: string): object {
  const named = [...answers]
    .filter(([method]) => method !== NAMELESS)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const { entries, next } = pageOf(
    named,
    after,
    ([method]) => method,
    ([method, counts]) => ({ method, codes: codesOf(counts) }),
  );
  return { nameless: codesOf(answers.get(NAMELESS)), methods: entries, next };
}

/** Those that there were. */
function codesOf(counts: Readonly<CodeCounts> | undefined): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts ?? {}).filter(([, count]) => count > 0));
}

function sessionData({ connection, session }: OpenSession): object {
  const { principal, key, peer, address, sinceMs } = session;
  const { calls, exported, imported } = connection.counts;
  return {
    connection: session.connection,
    principal: principal.name,
    roles: [...principal.roles],
    key,
    via: peer.via,
    address: address ?? null,
    since: new Date(sinceMs),
    calls,
    references: exported + imported,
    bytes: connection.cost,
  };
}

/** A principal is named as the policy has it, with or without the `id:` that audit and lists put before it. */
function isMeant({ session }: OpenSession, named: SessionsNamed): boolean {
  if ("connection" in named) return session.connection === named.connection;
  const { name } = session.principal;
  return name === named.principal || name === `id:${named.principal}`;
}

/** When the answer is on its way: it may have to wait for its turn. */
function endLater(connection: OneConnection, by: string): void {
  setImmediate(() => {
    if (connection.isSettled) connection.endSession(by);
    else endLater(connection, by);
  });
}
