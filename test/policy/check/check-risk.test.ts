import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadPolicy } from "../../../policy/load/load.ts";
import { bytes, catalogueOf, method, NOW_MS } from "../support.ts";

const wide = (count: number): readonly string[] => {
  const catalogue = catalogueOf(
    ...Array.from({ length: count }, (_, i) => method(`disk.m${i}`)),
    method("other"),
  );
  const text = "policy: 1\ngrants:\n  g: {to: everyone, call: [disk.*, other], args: none}\n";
  return loadPolicy(bytes(text), catalogue, NOW_MS)
    .problems.filter(({ code }) => code === "P402")
    .map((problem) => problem.text);
};

describe("a wildcard", () => {
  test("may cover twenty methods, and of one that covers more it is said", () => {
    assert.deepEqual(wide(20), []);
    assert.deepEqual(wide(21), ["'disk.*' covers 21 methods, and whatever comes later"]);
  });
});
