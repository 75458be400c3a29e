import { durationWords, TIME_UNITS } from "../../base/duration.ts";

/** What a grant adds to a call that it admits (docs/policy.md, "Limits"). What is missing is not limited by it. */
export interface GrantLimits {
  readonly rate?: Rate | undefined;
  /** Calls of one principal by this grant whose work has not ended. */
  readonly concurrent?: number | undefined;
  /** How long a call may take, in milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** The largest call that it admits, in bytes of its message. Part of matching. */
  readonly requestBytes?: number | undefined;
}

/** A bucket of `count` calls of one principal, that fills evenly over `perMs` milliseconds. */
export interface Rate {
  readonly count: number;
  readonly perMs: number;
}

const SIZE_UNITS: ReadonlyMap<string, number> = new Map([
  ["B", 1],
  ["KiB", 1024],
  ["MiB", 1024 ** 2],
  ["GiB", 1024 ** 3],
]);

const SIZE = /^([1-9][0-9]{0,14})([A-Za-z]+)$/;

/** Reads `64KiB`; otherwise says in a sentence what is wrong. @returns bytes */
export function parseSize(text: string): number | string {
  const [, count, unit = ""] = SIZE.exec(text) ?? [];
  const bytes = Number(count) * (SIZE_UNITS.get(unit) ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? bytes : "a size was expected, like 512B, 64KiB, 10MiB or 1GiB";
}

/** Reads `6/h`; otherwise says in a sentence what is wrong. */
export function parseRate(text: string): Rate | string {
  // Of eight digits, since count × time is counted in whole numbers (daemon/limits/grant-meters.ts).
  const match = /^([1-9][0-9]{0,7})\/(s|m|h|d)$/.exec(text);
  if (match === null) return "a rate was expected, like 5/s, 100/m, 6/h or 20/d";
  return { count: Number(match[1]), perMs: TIME_UNITS.get(match[2] ?? "") ?? 1 };
}

/** `rate 6/h, concurrent 1, timeout 15m, request 65536 B` */
export function limitsWords({ rate, concurrent, timeoutMs, requestBytes }: GrantLimits): string {
  return [
    ...(rate === undefined ? [] : [`rate ${rateWords(rate)}`]),
    ...(concurrent === undefined ? [] : [`concurrent ${concurrent}`]),
    ...(timeoutMs === undefined ? [] : [`timeout ${durationWords(timeoutMs)}`]),
    ...(requestBytes === undefined ? [] : [`request ${requestBytes} B`]),
  ].join(", ");
}

function rateWords({ count, perMs }: Rate): string {
  const [unit] = [...TIME_UNITS].find(([, size]) => size === perMs) ?? ["ms"];
  return `${count}/${unit}`;
}
