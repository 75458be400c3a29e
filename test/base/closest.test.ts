import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { closest } from "../../base/closest.ts";
import { Positions } from "../../yaml/positions.ts";

describe("closest", () => {
  test("finds the word that a slip of the fingers was meant to be", () => {
    assert.equal(closest("veiwer", ["viewer", "operator"]), "viewer");
    assert.equal(closest("itn", ["int", "number"]), "int");
    assert.equal(closest("argz", ["args", "to"]), "args");
    assert.equal(closest("Web", ["web"]), "web");
    assert.equal(closest("exept", ["except"]), "except");
  });

  test("finds nothing where nothing is near, or two are as near", () => {
    assert.equal(closest("abcdef", ["uvwxyz"]), undefined);
    assert.equal(closest("to", ["call"]), undefined);
    assert.equal(closest("cat", ["bat", "rat"]), undefined);
    assert.equal(closest("x", []), undefined);
  });

  test("allows one slip in a short word and two in a long one", () => {
    assert.equal(closest("abxx", ["abcd"]), undefined);
    assert.equal(closest("abcxx", ["abcde"]), "abcde");
    assert.equal(closest("abxxx", ["abcde"]), undefined);
  });

  test("does not look at a word longer than any name", () => {
    assert.equal(closest("a".repeat(128), ["a".repeat(127)]), "a".repeat(127));
    assert.equal(closest("a".repeat(129), ["a".repeat(128)]), undefined);
  });
});

describe("Positions", () => {
  test("counts lines and code points from 1", () => {
    const positions = new Positions("ab\n😀c😀d\n\nx");
    assert.deepEqual(positions.place(0, 2), { line: 1, column: 1, endLine: 1, endColumn: 3 });
    assert.deepEqual(positions.place(3), { line: 2, column: 1 });
    assert.deepEqual(positions.place(5, 6), { line: 2, column: 2, endLine: 2, endColumn: 3 });
    assert.deepEqual(positions.place(8), { line: 2, column: 4 });
    assert.deepEqual(positions.place(10), { line: 3, column: 1 });
    assert.deepEqual(positions.place(11, 12), { line: 4, column: 1, endLine: 4, endColumn: 2 });
  });

  test("takes an offset behind the end for the end", () => {
    assert.deepEqual(new Positions("ab").place(99), { line: 1, column: 3 });
  });
});
