import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { Positions } from "../../yaml/positions.ts";

describe("Positions", () => {
  test("counts lines and code points from 1, and finds the way back", () => {
    const positions = new Positions("ab\n😀c\n");
    assert.deepEqual(positions.place(3, 6), { line: 2, column: 1, endLine: 2, endColumn: 3 });
    assert.deepEqual(positions.range({ line: 2, column: 1, endLine: 2, endColumn: 3 }), [3, 6]);
    assert.deepEqual(positions.range({ line: 2, column: 2 }), [5, 5]);
    assert.deepEqual(positions.range({ line: 3, column: 1 }), [7, 7]);
  });

  test("comes back to every offset that is not within a pair, whatever the text", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "é", "\n", "\r", "😀", "\u{10ffff}"),
      maxLength: 60,
    });
    fc.assert(
      fc.property(text, (source) => {
        const positions = new Positions(source);
        const starts = Array.from(source).reduce<number[]>(
          (all, one) => [...all, (all.at(-1) ?? 0) + one.length],
          [0],
        );
        for (const start of starts)
          for (const end of starts.filter((one) => one >= start))
            assert.deepEqual(positions.range(positions.place(start, end)), [start, end]);
      }),
      { seed: 2026, numRuns: 200 },
    );
  });

  test("stays within the text, wherever a place points", () => {
    const positions = new Positions("a\nb");
    assert.deepEqual(positions.range({ line: 2, column: 9 }), [3, 3]);
    assert.deepEqual(positions.range({ line: 9, column: 9 }), [3, 3]);
  });

  test("finds a place behind half a million pairs in a line at once", () => {
    const positions = new Positions(`${"😀".repeat(500_000)}x`);
    assert.deepEqual(positions.range({ line: 1, column: 500_001 }), [1_000_000, 1_000_000]);
  });
});
