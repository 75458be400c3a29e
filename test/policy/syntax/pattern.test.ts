import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { covers, parsePattern } from "../../../policy/syntax/pattern.ts";

const matches = (text: string, names: readonly string[]): string[] => {
  const pattern = parsePattern(text);
  assert.ok(typeof pattern !== "string", text);
  return names.filter((name) => covers(pattern, name));
};

const NAMES = ["math", "math.add", "math.add.fast", "math.sub.fast", "math.a.b.c", "Math.add", "maths.add"];

const segments = (count: number): string => Array.from({ length: count }, () => "a").join(".");

describe("a method pattern", () => {
  test("without a star matches that name only", () => {
    assert.deepEqual(matches("math.add", NAMES), ["math.add"]);
    assert.deepEqual(matches("math", NAMES), ["math"]);
  });

  test("with * matches exactly one segment there", () => {
    assert.deepEqual(matches("math.*", NAMES), ["math.add"]);
    assert.deepEqual(matches("math.*.fast", NAMES), ["math.add.fast", "math.sub.fast"]);
  });

  test("with ** at its end matches one segment or more", () => {
    assert.deepEqual(matches("math.**", NAMES), ["math.add", "math.add.fast", "math.sub.fast", "math.a.b.c"]);
    assert.deepEqual(matches("math.*.**", NAMES), ["math.add.fast", "math.sub.fast", "math.a.b.c"]);
    assert.deepEqual(matches("**", NAMES), NAMES);
  });

  test("is refused where a star stands anywhere else", () => {
    for (const text of ["*", "*.read", "**.read", "a.**.b", "svc-*", "a.*b", "a.***", "a.b*.c", "**.**"]) {
      assert.equal(typeof parsePattern(text), "string", text);
    }
  });

  test("is refused where it could be no name", () => {
    for (const text of [
      "",
      ".",
      "a..b",
      ".a",
      "a.",
      "a b",
      "-a",
      "a._b",
      "ä",
      "a.b()",
      "a/b",
      "a\n",
      "__proto__",
    ]) {
      assert.equal(typeof parsePattern(text), "string", text);
    }
  });

  test("has at most 8 segments and 128 characters", () => {
    assert.notEqual(typeof parsePattern(segments(8)), "string");
    assert.equal(typeof parsePattern(segments(9)), "string");
    assert.notEqual(typeof parsePattern(`${segments(7)}.**`), "string");
    assert.equal(typeof parsePattern(`${segments(8)}.**`), "string");
    assert.notEqual(typeof parsePattern("a".repeat(128)), "string");
    assert.equal(typeof parsePattern("a".repeat(129)), "string");
  });

  test("may have segments with names of JavaScript's, which mean nothing", () => {
    assert.deepEqual(matches("constructor.toString", ["constructor.toString", "constructor"]), [
      "constructor.toString",
    ]);
  });
});
