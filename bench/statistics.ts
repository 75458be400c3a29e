/** What came of the repeats of one measurement. */
export interface Sample {
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
  /** in the order of the rounds */
  readonly rounds: readonly number[];
}

/** @param rounds - at least one */
export function sampleOf(rounds: readonly number[]): Sample {
  const sorted = rounds.toSorted((a, b) => a - b);
  const [least] = sorted;
  const greatest = sorted.at(-1);
  if (least === undefined || greatest === undefined) throw new Error("a sample of no rounds");
  return { median: quantile(sorted, 0.5), least, greatest, rounds };
}

/**
 * The ratio of two measurements, round by round: what the machine did to one round it did to both, so the
 * median of the ratios says more than the ratio of the medians.
 */
export function ratioOf(rounds: readonly number[], floor: readonly number[]): Sample {
  if (rounds.length !== floor.length) throw new Error(`${rounds.length} rounds against ${floor.length}`);
  return sampleOf(rounds.map((value, i) => value / (floor[i] ?? Number.NaN)));
}

/**
 * The value below which that part of the others lies; between two places it is in between.
 *
 * @param sorted - ascending, at least one
 * @param part - 0 to 1
 */
export function quantile(sorted: ArrayLike<number>, part: number): number {
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) throw new Error("a quantile of nothing");
  return below + (above - below) * (place - Math.floor(place));
}
