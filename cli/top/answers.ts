import { amount, count, counts, fields, flag, list, orNull, type ReadBy, text, time } from "./reader.ts";

/*
 * The answers of rpcd.stats, rpcd.sessions.list and rpcd.health, field by field (docs/metrics.md). The names are the
 * daemon's: `rpcctl top --json` prints them as they are.
 */

/** A sentence on what is wrong names files, in characters. */
const PROBLEM_MAX_CHARS = 16_384;

const NEXT = orNull(text());

const SINCE = { version: text(), started: time, uptime_s: count };

const method = fields({ method: text(), codes: counts });

export const readStats = fields({
  ...SINCE,
  policy: fields({ hash: text(), generation: count, loaded: time, refused: flag }),
  connections: fields({ open: count, sessions: count, before_login: count }),
  ended_before_login: counts,
  logins: counts,
  verifications_waiting: count,
  calls: fields({ running: count, waiting: count, nameless: counts, methods: list(method), next: NEXT }),
  denials: counts,
  decisions: fields({
    count,
    total_ms: amount,
    p50_ms: amount,
    p90_ms: amount,
    p99_ms: amount,
    max_ms: amount,
  }),
  references: fields({ exported: count, imported: count, callbacks: count, pipelined: count }),
  bytes_held: count,
  loop: fields({ window_ms: amount, mean_ms: amount, p99_ms: amount, max_ms: amount }),
  time: fields({
    busy_ms: amount,
    before_login_ms: amount,
    unattributed_ms: amount,
    principals: list(fields({ principal: text(), ms: amount })),
  }),
  memory: fields({ rss: count, heap_used: count, heap_total: count }),
  audit: fields({ records: count, failures: count, failing: flag, writing_ms: amount }),
});

const session = fields({
  connection: text(),
  principal: text(),
  roles: list(text()),
  key: text(),
  via: text(),
  address: orNull(text()),
  since: time,
  calls: count,
  references: count,
  bytes: count,
});

export const readSessions = fields({ sessions: list(session), next: NEXT });

export const readHealth = fields({
  status: text(),
  ...SINCE,
  policy: fields({ hash: text(), generation: count, loaded: time }),
  problems: list(text(PROBLEM_MAX_CHARS)),
});

export type Stats = ReadBy<typeof readStats>;
export type MethodCounts = ReadBy<typeof method>;
export type SessionEntry = ReadBy<typeof session>;
export type Health = ReadBy<typeof readHealth>;
