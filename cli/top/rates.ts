import type { MethodCounts, Stats } from "./answers.ts";
import type { Reading } from "./ask.ts";

/** Two answers closer together say nothing of a second. In milliseconds. */
const APART_MIN_MS = 1;

type Counts = Readonly<Record<string, number>>;

/** How much was counted between two readings. */
export class Rates {
  readonly #before: Reading | undefined;
  readonly #seconds: number;
  readonly #methodsBefore: ReadonlyMap<string, MethodCounts>;

  /** @param before - without it nothing is known but totals */
  constructor(before: Reading | undefined, now: Reading) {
    this.#before = before;
    this.#seconds = before === undefined ? 0 : Math.max(now.atMs - before.atMs, APART_MIN_MS) / 1000;
    const methods = before?.stats.calls.methods ?? [];
    this.#methodsBefore = new Map(methods.map((one) => [one.method, one]));
  }

  /** A second, of something that all answers tell. */
  of(now: number, countOf: (stats: Stats) => number): number | undefined {
    return this.#before === undefined ? undefined : this.#perSecond(now, countOf(this.#before.stats));
  }

  /** A second, of what a method has been answered. One that was not there has not been called, if all were asked for. */
  ofMethod({ method, codes }: MethodCounts, countOf: (codes: Counts) => number): number | undefined {
    if (this.#before === undefined) return undefined;
    const before = this.#methodsBefore.get(method);
    if (before === undefined && this.#before.isCut.methods) return undefined;
    return this.#perSecond(countOf(codes), before === undefined ? 0 : countOf(before.codes));
  }

  #perSecond(now: number, before: number): number {
    return Math.max(0, now - before) / this.#seconds;
  }
}

/** Whether the daemon began anew between two readings: it counts from 0 then. */
export function isRestarted(before: Stats, now: Stats): boolean {
  if (before.started.getTime() !== now.started.getTime()) return true;
  const counted = totalsOf(now);
  return [...totalsOf(before)].some(([name, total]) => (counted.get(name) ?? 0) < total);
}

/** Of all calls that were answered, of methods with a name and without. */
export function answeredCalls({ calls }: Stats): number {
  return sumOf(calls.nameless) + calls.methods.reduce((sum, { codes }) => sum + sumOf(codes), 0);
}

export function sumOf(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** Calls that were answered with a fault, whichever. */
export function errorsOf(codes: Counts): number {
  return sumOf(codes) - countIn(codes, "ok");
}

/** The count of a name that the daemon need not have told. */
export function countIn(counts: Counts, name: string): number {
  return Object.hasOwn(counts, name) ? (counts[name] ?? 0) : 0;
}

/** What never goes down in the life of a daemon. */
function totalsOf({
  decisions,
  audit,
  logins,
  denials,
  ended_before_login,
}: Stats): ReadonlyMap<string, number> {
  const named = Object.entries({ logins, denials, ended_before_login }).flatMap(([part, counts]) =>
    Object.entries(counts).map(([name, total]): [string, number] => [`${part}.${name}`, total]),
  );
  return new Map([
    ["decisions", decisions.count],
    ["audit", audit.records],
    ["failures", audit.failures],
    ...named,
  ]);
}
