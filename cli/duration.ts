const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
]);

/** What a duration must look like, in words. */
export const DURATION_RULE = "500ms, 5s or 2m was expected";

/** The longest: node keeps no longer timer. In milliseconds. */
const MAX_MS = 2 ** 31 - 1;

/** Reads `500ms`, `5s`, `2m`. @returns milliseconds, or nothing for what is no duration */
export function readDuration(text: string): number | undefined {
  const [, count, unit = ""] = /^(\d{1,10})(ms|s|m)$/.exec(text) ?? [];
  const ms = Number(count) * (UNIT_MS.get(unit) ?? Number.NaN);
  return ms >= 1 && ms <= MAX_MS ? ms : undefined;
}
