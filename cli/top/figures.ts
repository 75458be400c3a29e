import { escapeText } from "../../base/escape.ts";
import { bytesText, durationText, millisText, rateText } from "./amounts.ts";
import type { Stats } from "./answers.ts";
import type { Reading } from "./ask.ts";
import { answeredCalls, countIn, type Rates, sumOf } from "./rates.ts";

/** The names of the lines stand in so many columns. */
const NAME_COLUMNS = 13;
/** As much of the policy's hash is shown. */
const HASH_CHARS = 12;

/** Which daemon it is, in what state: what stands behind its address. Escaped. */
export function identityText({ version, uptime_s, policy }: Stats): string {
  const hash = policy.hash.replace(/^sha256:/, "").slice(0, HASH_CHARS);
  return escapeText(
    `rpcd ${version}, up ${durationText(uptime_s)}, policy ${hash} (generation ${policy.generation})`,
  );
}

/** What whoever looks must not overlook, a line each. Escaped. */
export function* alarms({ stats, health }: Reading): Generator<string> {
  if (health?.status === "draining") yield "DRAINING: it finishes what runs, and stops";
  if (health !== undefined && health.problems.length > 0) {
    // They say what to do, too.
    for (const problem of health.problems) yield `PROBLEM: ${escapeText(problem)}`;
    return;
  }
  if (stats.policy.refused)
    yield "POLICY REFUSED: the file is not what is in force: rpcctl policy status says what is wrong";
  if (stats.audit.failing) yield "AUDIT FAILING: the log cannot be written, calls and logins are refused";
}

/** What the daemon is doing, a line each. Escaped. */
export function figures({ stats }: Reading, rates: Rates): readonly string[] {
  const { connections, ended_before_login: lost, calls, references, loop, memory, audit } = stats;
  const perSecond = (countOf: (stats: Stats) => number): string => {
    const rate = rates.of(countOf(stats), countOf);
    return rate === undefined ? "" : `${rateText(rate)}/s, `;
  };
  const named = (pick: (stats: Stats) => Readonly<Record<string, number>>): string =>
    namedRates(pick(stats), (name) =>
      rates.of(countIn(pick(stats), name), (some) => countIn(pick(some), name)),
    );
  return [
    line(
      "connections",
      `${connections.open} open, ${connections.sessions} with a session, ${connections.before_login} before the login`,
      sumOf(lost) > 0 ? `lost before it: ${named((some) => some.ended_before_login)}` : undefined,
    ),
    line(
      "calls",
      `${calls.running} running, ${calls.waiting > 0 ? `${calls.waiting} waiting, ` : ""}${perSecond(answeredCalls)}${answeredCalls(stats)} answered`,
      `references: ${references.exported} exported, ${references.imported} imported`,
    ),
    line(
      "denials",
      named(({ denials }) => denials),
    ),
    line(
      "logins",
      `${perSecond(goodLogins)}${goodLogins(stats)} good`,
      `refused: ${named(({ logins }) => ({ ...logins, ok: 0 }))}`,
    ),
    line(
      "event loop",
      `late by ${millisText(loop.mean_ms)} (mean), ${millisText(loop.p99_ms)} (p99), ${millisText(loop.max_ms)} (max)`,
      busyFor(stats, rates),
    ),
    line(
      "memory",
      `${bytesText(memory.rss)}, heap ${bytesText(memory.heap_used)} of ${bytesText(memory.heap_total)}, held for calls ${bytesText(stats.bytes_held)}`,
    ),
    line(
      "audit",
      `${audit.failing ? "FAILING, " : ""}${perSecond((some) => some.audit.records)}${audit.records} records`,
      audit.failures > 0 ? `${audit.failures} writes failed` : undefined,
    ),
  ];
}

/** So many principals are named. */
const BUSIEST = 3;

/** For whom the event loop works, those first for whom it works most. */
function busyFor({ time }: Stats, rates: Rates): string | undefined {
  const percent = (ms: number, msOf: (stats: Stats) => number): number | undefined => {
    const rate = rates.of(ms, msOf);
    return rate === undefined ? undefined : rate / 10;
  };
  const parts = time.principals
    .map(({ principal, ms }) => ({
      name: escapeText(principal),
      percent: percent(ms, (some) => usedMs(some, principal)),
    }))
    .toSorted((a, b) => (b.percent ?? 0) - (a.percent ?? 0))
    .slice(0, BUSIEST);
  parts.push(
    { name: "before the login", percent: percent(time.before_login_ms, (some) => some.time.before_login_ms) },
    {
      name: "nobody in particular",
      percent: percent(time.unattributed_ms, (some) => some.time.unattributed_ms),
    },
  );
  const shown = parts.filter((one) => one.percent !== undefined && one.percent >= 0.05);
  if (shown.length === 0) return undefined;
  return `busy for ${shown.map((one) => `${one.name} ${one.percent?.toFixed(1)} %`).join(", ")}`;
}

function usedMs({ time }: Stats, principal: string): number {
  return time.principals.find((one) => one.principal === principal)?.ms ?? 0;
}

function goodLogins({ logins }: Stats): number {
  return countIn(logins, "ok");
}

function line(name: string, ...parts: readonly (string | undefined)[]): string {
  return name.padEnd(NAME_COLUMNS) + parts.filter((part) => part !== undefined).join("; ");
}

/** `args 3.2/s (120), no_grant 0/s (7)`: those that there ever were, the most frequent first. */
function namedRates(
  counts: Readonly<Record<string, number>>,
  rateOf: (name: string) => number | undefined,
): string {
  const some = Object.entries(counts)
    .filter(([, total]) => total > 0)
    .map(([name, total]) => ({ name, total, rate: rateOf(name) }))
    .toSorted((a, b) => (b.rate ?? 0) - (a.rate ?? 0) || b.total - a.total);
  if (some.length === 0) return "none";
  return some
    .map(({ name, total, rate }) => {
      const shown = rate === undefined ? "" : ` ${rateText(rate)}/s`;
      return `${escapeText(name)}${shown} (${total})`;
    })
    .join(", ");
}
