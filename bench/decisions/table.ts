import { numberText } from "../table-text.ts";
import type { Decisions } from "./found.ts";
import { warm } from "./round.ts";

/** The bar is for this policy. */
const BAR = { grants: 10_000, p50: 1, p99: 4, goal: 0.3, growth: 0.1 } as const;

/** Numbers but for the first column. */
export const DECISION_HEADINGS = [
  "grants × roles",
  "one call",
  "1,000 calls, p50",
  "p99",
  "20,000 calls, p50",
  "p99",
  "naive scan",
  "casbin",
  "bytes left",
  "load",
  "table of a session",
] as const;

/** A row for each policy, and the headings above. */
export function decisionCells(found: readonly Decisions[]): readonly (readonly string[])[] {
  return [DECISION_HEADINGS, ...found.map(rowCells)];
}

function rowCells({
  grants,
  roles,
  rotations,
  naiveUs,
  casbinUs,
  allocatedBytes,
  loadMs,
  tableMs,
}: Decisions): string[] {
  const times = rotations.flatMap(({ different, p50, p99 }) => (different === 1 ? [p50] : [p50, p99]));
  return [
    `${grants.toLocaleString("en")} × ${roles.toLocaleString("en")}`,
    ...[...times, naiveUs, casbinUs].map((us) => `${numberText(us)} µs`),
    allocatedBytes.toFixed(1),
    `${numberText(loadMs)} ms`,
    `${numberText(tableMs)} ms`,
  ];
}

/** How far it came, in sentences. */
export function decisionWords(found: readonly Decisions[]): readonly string[] {
  const large = found.find(({ grants }) => grants === BAR.grants);
  if (large === undefined) return [];
  const { p50, p99 } = warm(large);
  const reached =
    p50 > BAR.p50 || p99 > BAR.p99 ? "not reached" : p50 > BAR.goal ? "bar reached" : "goal reached";
  const twice = found.find(({ grants }) => grants === 2 * BAR.grants);
  const words = `Decisions: at ${BAR.grants.toLocaleString("en")} grants, 1,000 calls in rotation, p50 ≤ ${BAR.p50} µs and p99 ≤ ${BAR.p99} µs (goal: p50 ≤ ${BAR.goal} µs): ${reached}.`;
  if (twice === undefined) return [words];
  const growth = warm(twice).p50 / p50 - 1;
  return [
    words,
    `Twice the grants and roles move its median by ${(growth * 100).toFixed(0)} % (goal: less than ${BAR.growth * 100} %).`,
  ];
}
