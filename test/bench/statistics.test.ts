import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { quantile, ratioOf, sampleOf } from "../../bench/statistics.ts";

describe("the arithmetic of the bench", () => {
  test("a sample has the median, the least, the greatest, and its rounds in their order", () => {
    assert.deepEqual(sampleOf([3, 1, 2]), { median: 2, least: 1, greatest: 3, rounds: [3, 1, 2] });
    assert.equal(sampleOf([1, 2, 10, 20]).median, 6);
    assert.equal(sampleOf([7]).median, 7);
  });

  test("a sample of no rounds is a mistake, not a zero", () => {
    assert.throws(() => sampleOf([]), /no rounds/);
  });

  test("a ratio is taken round by round", () => {
    // Each round alone says 2: a machine that was slow in the second changes nothing.
    assert.deepEqual(ratioOf([2, 20, 4], [1, 10, 2]).rounds, [2, 2, 2]);
    // The ratio of the medians would be 3.
    assert.equal(ratioOf([10, 30, 60], [10, 60, 10]).median, 1);
  });

  test("rounds that are not pairs have no ratio", () => {
    assert.throws(() => ratioOf([1, 2], [1]), /2 rounds against 1/);
  });

  test("a quantile lies at a value or between two", () => {
    assert.equal(quantile([1, 2, 3, 4, 5], 0.5), 3);
    assert.equal(quantile([1, 2, 3, 4, 5], 0), 1);
    assert.equal(quantile([1, 2, 3, 4, 5], 1), 5);
    assert.equal(quantile([10, 20], 0.25), 12.5);
    assert.equal(quantile(Float64Array.of(8), 0.99), 8);
    assert.throws(() => quantile([], 0.5));
  });
});
