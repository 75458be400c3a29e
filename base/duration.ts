/*
 * The one syntax of a length of time, in the policy, on the command line and in the settings of rpcctl:
 *
 *     500ms   30s   10m   2h   1d
 *
 * A number without a unit is rejected everywhere: it would be seconds to one reader and milliseconds to the next.
 */

export const TIME_UNITS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** The longest, in milliseconds: a day. What is to take longer is no call, and a timer of Node keeps no more than 24 days. */
const DURATION_MAX_MS = 24 * 60 * 60 * 1000;

const DURATION = /^([1-9][0-9]{0,14})([A-Za-z]+)$/;

/** Reads `10m`; otherwise says in a sentence what was expected. @returns milliseconds, 1 to a day */
export function parseDuration(text: string): number | string {
  const [, count, unit = ""] = DURATION.exec(text) ?? [];
  const ms = Number(count) * (TIME_UNITS.get(unit) ?? Number.NaN);
  if (!Number.isSafeInteger(ms)) return "a length of time was expected, like 500ms, 30s, 10m, 2h or 1d";
  return ms <= DURATION_MAX_MS ? ms : "at most a day (1d) was expected";
}

/** The duration with the largest unit that leaves a whole number: `90s`, `2h`. */
export function durationWords(ms: number): string {
  const [unit = "ms", size = 1] = [...TIME_UNITS].toReversed().find(([, one]) => ms % one === 0) ?? [];
  return `${ms / size}${unit}`;
}
