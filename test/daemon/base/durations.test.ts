import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BOUNDS_MS, Durations } from "../../../daemon/base/durations.ts";

describe("Durations", () => {
  test("counts what takes just as long as a bound below it, and what takes longer above it", () => {
    for (const [at, bound] of BOUNDS_MS.entries()) {
      const durations = new Durations();
      durations.add(bound, 1);
      durations.add(bound * 1.000_001, 2);
      const expected = BOUNDS_MS.map((_, i) => (i < at ? 0 : i === at ? 1 : 3));
      assert.deepEqual([durations.cumulative, durations.count], [expected, 3]);
    }
  });

  test("says of a part what it took at most: the bound of its bucket, and never more than the longest", () => {
    const durations = new Durations();
    durations.add(0.0015, 50);
    durations.add(0.3, 49);
    durations.add(4, 1);
    const { count, totalMs, maxMs } = durations;
    assert.deepEqual([count, maxMs], [100, 4]);
    assert.ok(Math.abs(totalMs - 18.775) < 1e-9);
    assert.deepEqual(
      [0.5, 0.51, 0.99, 1].map((part) => durations.quantileMs(part)),
      [0.002, 0.5, 0.5, 4],
    );
  });

  test("says of what is longer than all bounds how long the longest was, and of nothing that it took none", () => {
    const durations = new Durations();
    assert.equal(durations.quantileMs(0.99), 0);
    durations.add(2_000, 1);
    assert.equal(durations.quantileMs(0.5), 2_000);
  });
});
