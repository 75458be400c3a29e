import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FORBIDDEN_KEYS, isArgumentName, isMethodName } from "../../base/names.ts";

describe("method names", () => {
  test("segments of letters, digits, _ and - joined by dots are names", () => {
    for (const name of ["add", "math.add", "a.b-c.d_e.0", "0", "A"])
      assert.equal(isMethodName(name), true, name);
  });

  test("no other spelling of a name is a name", () => {
    const bad = [
      "",
      ".",
      "add.",
      ".add",
      "a..b",
      "-a",
      "_a",
      "a.-b",
      "a b",
      "add\n",
      "add\0",
      "ädd",
      "аdd",
      "ａdd",
      "a/b",
      "a*",
      "a.*",
    ];
    for (const name of bad) assert.equal(isMethodName(name), false, JSON.stringify(name));
  });

  test("128 bytes and 8 segments are names, one more of either is none", () => {
    assert.equal(isMethodName("a".repeat(128)), true);
    assert.equal(isMethodName("a".repeat(129)), false);
    assert.equal(isMethodName("a.a.a.a.a.a.a.a"), true);
    assert.equal(isMethodName("a.a.a.a.a.a.a.a.a"), false);
  });
});

describe("argument names", () => {
  test("a letter and up to 63 more characters, and no more", () => {
    assert.equal(isArgumentName(`a${"b".repeat(63)}`), true);
    assert.equal(isArgumentName(`a${"b".repeat(64)}`), false);
    assert.equal(isArgumentName("on-line_2"), true);
  });

  test("digits alone are positions, and names that JavaScript gives a meaning are none", () => {
    for (const name of ["0", "1a", "-a", "_a", "", "a.b", "a\n", "ä"])
      assert.equal(isArgumentName(name), false, name);
    for (const name of FORBIDDEN_KEYS) assert.equal(isArgumentName(name), false, name);
  });

  test("every name of Object.prototype is forbidden as a key", () => {
    for (const name of Object.getOwnPropertyNames(Object.prototype))
      assert.equal(FORBIDDEN_KEYS.has(name), true, name);
  });
});
