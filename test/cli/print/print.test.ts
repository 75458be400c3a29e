import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { valueText } from "../../../cli/print/print.ts";

/** An escape sequence, OSC 52, the C1 form of both, a turn of direction, a line separator. */
const HOSTILE =
  "\u001b[2J\u001b]52;c;eA==\u0007\u009b31m\u009d0;x\u009c\u202e\u2066\u2028\u200b\r\u0008\u007f";

// oxlint-disable-next-line no-control-regex -- the control characters are what this is about
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;

describe("valueText", () => {
  test("prints scalars as people write them", () => {
    assert.equal(valueText(5), "5");
    assert.equal(valueText("hello"), "hello");
    assert.equal(valueText(true), "true");
    assert.equal(valueText(null), "null");
    assert.equal(valueText(new Date(0)), "1970-01-01T00:00:00.000Z");
  });

  test("prints nothing where a method returned nothing", () => {
    assert.equal(valueText(undefined), undefined);
  });

  test("keeps the lines and tabs of a text that is the whole value, and of no other", () => {
    assert.equal(valueText("a\tb\nc\n"), "a\tb\nc");
    assert.equal(valueText({ a: "b\nc: forged" }), "a: b\\nc: forged");
    assert.equal(valueText(["b\nc"]), '["b\\nc"]');
  });

  test("prints bytes as hex, and of many the first with a hint", () => {
    assert.equal(valueText(new Uint8Array([0, 255])), "hex:00ff (2 bytes)");
    assert.equal(valueText(new Uint8Array(1)), "hex:00 (1 byte)");
    assert.match(valueText(new Uint8Array(64)) ?? "", /^hex:(00){64} \(64 bytes\)$/);
    assert.match(valueText(new Uint8Array(65)) ?? "", /^hex:(00){64}… \(65 bytes; --json gives them all\)$/);
  });

  test("prints a list of flat records as a table", () => {
    assert.equal(
      valueText([
        { name: "web", count: 3 },
        { name: "database", up: true },
      ]),
      ["NAME      COUNT  UP", "web       3", "database         true"].join("\n"),
    );
  });

  test("prints other lists and maps on a line where they fit, else below each other", () => {
    assert.equal(valueText([1, "2", [null]]), '[1, "2", [null]]');
    assert.equal(valueText([]), "[]");
    assert.equal(valueText({}), "{}");
    assert.equal(valueText({ a: 1, b: { c: [1, 2] } }), "a: 1\nb: {c: [1, 2]}");
    const long = "x".repeat(50);
    assert.equal(valueText({ a: { b: long, c: long } }), `a:\n  b: ${long}\n  c: ${long}`);
    assert.equal(valueText([long, long]), `- "${long}"\n- "${long}"`);
  });

  test("lets nothing through that does something to a terminal, in values, keys, cells and depths", () => {
    for (const value of [
      HOSTILE,
      [HOSTILE],
      { [HOSTILE]: HOSTILE },
      [{ [HOSTILE]: HOSTILE }],
      { a: { [HOSTILE]: [HOSTILE, { b: HOSTILE.repeat(40) }] } },
      [[HOSTILE.repeat(40), { [HOSTILE]: [HOSTILE] }]],
    ]) {
      assert.doesNotMatch(valueText(value) ?? "", UNSAFE);
    }
  });

  test("takes keys that JavaScript gives a meaning of its own as keys", () => {
    const value = JSON.parse('[{"constructor": 1, "__proto__": 2}, {"toString": 3}]') as unknown;
    assert.match(valueText(value) ?? "", /^CONSTRUCTOR +__PROTO__ +TOSTRING\n1 +2\n +3$/);
  });
});
