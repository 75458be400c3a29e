import { ratioOf, sampleOf } from "../statistics.ts";
import { numberText } from "../table-text.ts";
import type { CheckFound } from "./found.ts";

/** The check may cost what decoding costs; the goal is two thirds of it. */
const BAR = 1;
const GOAL = 2 / 3;

/** Numbers but for the first column and the last. */
export const CHECK_HEADINGS = [
  "the check of",
  "KB",
  "cost for each byte",
  "check, µs for each KB",
  "decode, µs for each KB",
  "check to decode",
  "reached",
] as const;

/** A row for each kind of data, and the headings above. */
export function checkCells(found: readonly CheckFound[]): readonly (readonly string[])[] {
  return [CHECK_HEADINGS, ...found.map(rowCells)];
}

function rowCells({ kind, bytes, cost, checkUs, decodeUs }: CheckFound): string[] {
  const kilobytes = bytes / 1024;
  const ratio = ratioOf(checkUs, decodeUs).median;
  return [
    kind,
    numberText(kilobytes),
    (cost / bytes).toFixed(1),
    (sampleOf(checkUs).median / kilobytes).toFixed(2),
    (sampleOf(decodeUs).median / kilobytes).toFixed(2),
    ratio.toFixed(2),
    ratio <= GOAL ? "goal" : ratio <= BAR ? "bar" : "neither",
  ];
}
