import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hasContent, indentOf, lastOfBlock } from "../../yaml/blocks.ts";

const LINES = [
  "grants:", // 1
  "  a:",
  "    to: x",
  "# of nobody's",
  "",
  "    args: none", // 6
  "    # of a's",
  "  # of the section's",
  "",
  "  b: {}", // 10
  "never:",
];

describe("a block of lines", () => {
  test("is a line with all that is indented below it, over blank lines and comments", () => {
    for (const [first, last] of [
      [1, 10],
      [2, 7],
      [3, 3],
      [6, 6],
      [10, 10],
      [11, 11],
    ] as const)
      assert.equal(lastOfBlock(first, LINES), last, `line ${first}`);
  });

  test("ends with the text", () => {
    assert.equal(lastOfBlock(1, ["a:", "  b", "", "  # c", ""]), 4);
    assert.equal(lastOfBlock(9, LINES.slice(0, 9)), 9);
  });

  test("is told by the blanks at the beginning of lines, and by what is no comment", () => {
    assert.deepEqual(["a", "  a", "\ta", "   "].map(indentOf), [0, 2, 1, 3]);
    assert.deepEqual(["a", " a # b", "#", "  # a", "", "  ", "\r"].map(hasContent), [
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});
