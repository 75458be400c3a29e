/** Upper bounds of the buckets in milliseconds, both ends of what a decision may take. A longer one is in the last, which has none. */
export const BOUNDS_MS: readonly number[] = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100,
];

/** How long something took, again and again: counted in fixed buckets, so that nothing is kept of each. */
export class Durations {
  readonly #buckets = new Float64Array(BOUNDS_MS.length + 1);
  count = 0;
  totalMs = 0;
  maxMs = 0;

  /** Counts so many that took so long each. */
  add(ms: number, times: number): void {
    let at = 0;
    while (at < BOUNDS_MS.length && ms > (BOUNDS_MS[at] ?? Number.POSITIVE_INFINITY)) at++;
    this.#buckets[at] = (this.#buckets[at] ?? 0) + times;
    this.count += times;
    this.totalMs += ms * times;
    if (ms > this.maxMs) this.maxMs = ms;
  }

  /** How many took at most as long as each of {@link BOUNDS_MS}. */
  get cumulative(): readonly number[] {
    let sum = 0;
    return BOUNDS_MS.map((_, at) => {
      sum += this.#buckets[at] ?? 0;
      return sum;
    });
  }

  /** What that part of them took at most, as exactly as the buckets tell: a bound, or the longest. @param part - 0 to 1 */
  quantileMs(part: number): number {
    const at = this.cumulative.findIndex((count) => count >= part * this.count);
    return Math.min(BOUNDS_MS[at] ?? Number.POSITIVE_INFINITY, this.maxMs);
  }
}
