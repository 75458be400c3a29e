import { numberText } from "../table-text.ts";
import type { Battle, SiegeFound } from "./found.ts";

/** What a good client may notice: the 99th percentile to the same without the attack, its longest call, and the memory above idle. */
interface Bounds {
  readonly p99Ratio: number;
  readonly maxMs: number;
  readonly memoryMib: number;
}
const BAR: Bounds = { p99Ratio: 10, maxMs: 100, memoryMib: 256 };
const GOAL: Bounds = { p99Ratio: 3, maxMs: 30, memoryMib: 128 };

/** Numbers but for the first column and the last. */
export const SIEGE_HEADINGS = [
  "attack",
  "p50, ×",
  "p99, ×",
  "p99, ms",
  "longest call, ms",
  "memory, MiB",
  "refused",
  "sent, MB/s",
  "reached",
] as const;

/** A row for each attack, and a second one for the other build where there is one; and the headings above. */
export function siegeCells(found: readonly SiegeFound[], seconds: number): readonly (readonly string[])[] {
  return [
    SIEGE_HEADINGS,
    ...found.flatMap((one) => {
      const { attack, over, now, other } = one;
      const own = battleCells(`${attack}, ${over}`, now, seconds);
      return other === undefined ? [own] : [own, battleCells("… the other build", other, seconds)];
    }),
  ];
}

function battleCells(name: string, battle: Battle, seconds: number): string[] {
  const { before, during, idleMib, peakMib, spent } = battle;
  const p99Ratio = during.p99Ms / before.p99Ms;
  const memoryMib = peakMib - idleMib;
  const refused = Object.values(during.refused).reduce((sum, count) => sum + count, 0);
  const isWithin = (bounds: Bounds): boolean =>
    refused === 0 &&
    p99Ratio <= bounds.p99Ratio &&
    during.maxMs <= bounds.maxMs &&
    memoryMib <= bounds.memoryMib;
  return [
    name,
    numberText(during.p50Ms / before.p50Ms),
    numberText(p99Ratio),
    numberText(during.p99Ms),
    numberText(during.maxMs),
    numberText(memoryMib),
    String(refused),
    numberText(spent.sentBytes / 1e6 / seconds),
    isWithin(GOAL) ? "goal" : isWithin(BAR) ? "bar" : "neither",
  ];
}
