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

/** The longest time that a grant may give a call, or a reference, in milliseconds: a day. */
const GRANT_TIME_MAX_MS = 24 * 60 * 60 * 1000;

const TIME_UNITS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);
const SIZE_UNITS: ReadonlyMap<string, number> = new Map([
  ["B", 1],
  ["KiB", 1024],
  ["MiB", 1024 ** 2],
  ["GiB", 1024 ** 3],
]);

const QUANTITY = /^([1-9][0-9]{0,14})([A-Za-z]+)$/;

/** Reads `10m`; otherwise says in a sentence what is wrong. @returns milliseconds, at most a day */
export function parseDuration(text: string): number | string {
  const ms = quantity(text, TIME_UNITS);
  if (ms === undefined) return "a length of time was expected, like 500ms, 30s, 10m, 2h or 1d";
  return ms <= GRANT_TIME_MAX_MS ? ms : "at most a day (1d) was expected";
}

/** Reads `64KiB`; otherwise says in a sentence what is wrong. @returns bytes */
export function parseSize(text: string): number | string {
  const bytes = quantity(text, SIZE_UNITS);
  return bytes ?? "a size was expected, like 512B, 64KiB, 10MiB or 1GiB";
}

/** Reads `6/h`; otherwise says in a sentence what is wrong. */
export function parseRate(text: string): Rate | string {
  // Of eight digits, since count × time is counted in whole numbers (daemon/grant-meters.ts).
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

/** The duration with the largest unit that leaves a whole number: `90s`, `2h`. */
export function durationWords(ms: number): string {
  const [unit = "ms", size = 1] = [...TIME_UNITS].toReversed().find(([, one]) => ms % one === 0) ?? [];
  return `${ms / size}${unit}`;
}

function rateWords({ count, perMs }: Rate): string {
  const [unit] = [...TIME_UNITS].find(([, size]) => size === perMs) ?? ["ms"];
  return `${count}/${unit}`;
}

function quantity(text: string, units: ReadonlyMap<string, number>): number | undefined {
  const match = QUANTITY.exec(text);
  const unit = units.get(match?.[2] ?? "");
  if (match === null || unit === undefined) return undefined;
  const value = Number(match[1]) * unit;
  return Number.isSafeInteger(value) ? value : undefined;
}
