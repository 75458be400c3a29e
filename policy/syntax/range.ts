import { short } from "../../yaml/tree.ts";

/** An inclusive range; an open end is an infinity. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** What the ends of a range may be. */
export type RangeOf = "int" | "number" | "length";

const WHOLE = /^-?(?:0|[1-9][0-9]*)$/;
const DECIMAL = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

const END_WORDS: Readonly<Record<RangeOf, string>> = {
  int: "a whole number within ±(2^53−1)",
  number: "a finite number",
  length: "a whole number from 0",
};

/** Reads `1..5`, `1..` or `..5`; otherwise says in a sentence what is wrong. */
export function parseRange(text: string, of: RangeOf): Range | string {
  const dots = text.indexOf("..");
  if (dots === -1) return `a range was expected, like 1..5, 1.. or ..5, but '${short(text)}' came`;
  const first = text.slice(0, dots);
  const last = text.slice(dots + 2);
  if (first === "" && last === "") return "a range has at least one end; without any, write the type alone";
  const min = first === "" ? (of === "length" ? 0 : Number.NEGATIVE_INFINITY) : parseEnd(first, of);
  const max = last === "" ? Number.POSITIVE_INFINITY : parseEnd(last, of);
  if (min === undefined || max === undefined) {
    const wrong = min === undefined ? first : last;
    return `an end of a range is ${END_WORDS[of]}, and '${short(wrong)}' is not`;
  }
  if (min > max) return `the range ${short(text)} is empty: ${min} is more than ${max}`;
  return { min, max };
}

/** `1..5` with its open ends, or nothing where both are open. */
export function rangeWords(
  { min, max }: Range,
  lowest: number = Number.NEGATIVE_INFINITY,
): string | undefined {
  if (min === lowest && max === Number.POSITIVE_INFINITY) return undefined;
  return `${Number.isFinite(min) ? min : ""}..${Number.isFinite(max) ? max : ""}`;
}

function parseEnd(text: string, of: RangeOf): number | undefined {
  const whole = WHOLE.test(text);
  if (!(whole || (of === "number" && DECIMAL.test(text)))) return undefined;
  const value = Number(text);
  // A whole number beyond 2^53 would be rounded, and the range be another than the one that was written.
  if (!Number.isFinite(value) || (whole && !Number.isSafeInteger(value))) return undefined;
  if (of === "length" && (value < 0 || Object.is(value, -0))) return undefined;
  return value === 0 ? 0 : value;
}
