import { quantile } from "../statistics.ts";

/** Times of one decision, in microseconds. */
export interface Times {
  readonly p50: number;
  readonly p99: number;
}

/** A decision takes less than a clock can tell: for the median so many are timed together. */
const BATCH = 100;

/**
 * Times decisions in rotation: the median over batches, and the 99th percentile over decisions that were timed one by one,
 * less what the timing itself takes.
 *
 * @param decide - decides the call of that number, of `calls` different ones
 * @param decisions - how many are timed for each of the two
 */
export function timed(decide: (i: number) => void, calls: number, decisions: number): Times {
  const batches = new Float64Array(Math.ceil(decisions / BATCH));
  let i = 0;
  for (let batch = 0; batch < batches.length; batch++) {
    const from = performance.now();
    for (let n = 0; n < BATCH; n++) {
      decide(i);
      i = i + 1 === calls ? 0 : i + 1;
    }
    batches[batch] = ((performance.now() - from) * 1_000) / BATCH;
  }
  const singles = new Float64Array(decisions);
  for (let n = 0; n < decisions; n++) {
    const from = performance.now();
    decide(i);
    singles[n] = (performance.now() - from) * 1_000;
    i = i + 1 === calls ? 0 : i + 1;
  }
  const empty = new Float64Array(decisions);
  for (let n = 0; n < decisions; n++) {
    const from = performance.now();
    empty[n] = (performance.now() - from) * 1_000;
  }
  const ofClock = quantile(empty.toSorted(), 0.5);
  return {
    p50: quantile(batches.toSorted(), 0.5),
    p99: Math.max(0, quantile(singles.toSorted(), 0.99) - ofClock),
  };
}
