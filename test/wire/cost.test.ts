import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, decode } from "../../wire/cbor.ts";
import { type DataLimits, LOGIN_DATA, LOGIN_FRAME_MAX_BYTES, SESSION_DATA } from "../../wire/limits.ts";
import { arrayItem, bytesOf, head, joined, mapItem, textItem } from "./cbor-samples.ts";
import { itemOfCost } from "./costly-item.ts";
import { referenceDecode } from "./reference-cbor.ts";

const ZERO = bytesOf("00");

const mapOf = (...keys: string[]): Uint8Array =>
  mapItem(...keys.map((key) => [textItem(key), ZERO] as const));

const WITH_REFERENCES: DataLimits = { ...SESSION_DATA, referenceDepth: 2 };

/** What both decoders say the item costs. */
const costOf = (item: Uint8Array): number => {
  const verdict = referenceDecode(item, WITH_REFERENCES);
  const { cost } = check(item, WITH_REFERENCES);
  assert.equal(cost, "value" in verdict ? verdict.cost : assert.fail(verdict.refused));
  return cost;
};

const costs = (item: Uint8Array, ...parts: number[]): void => {
  assert.equal(
    costOf(item),
    parts.reduce((sum, one) => sum + one, 0),
  );
};

/** What a row of the table of docs/protocol.md adds up to for a map whose values are all 0. */
const newMap = (...keyCosts: number[]): number => keyCosts.reduce((sum, one) => sum + 320 + one + 24, 96);
const knownMap = (...keyCosts: number[]): number => keyCosts.reduce((sum, one) => sum + 24 + one + 24, 96);

describe("the cost of an item", () => {
  test("that is a number, a simple value, a time or a reference is a fixed one", () => {
    for (const hex of [
      "00",
      "1b001fffffffffffff",
      "3903e7",
      "f90000",
      "fb3ff199999999999a",
      "f4",
      "f5",
      "f6",
    ])
      costs(bytesOf(hex), 24);
    for (const hex of ["c100", "c11a514b67b0", "c1fb41d452d9ec200000"]) costs(bytesOf(hex), 128);
    for (const hex of ["d99c4001", "d99c431b001fffffffffffff"]) costs(bytesOf(hex), 1024);
  });

  test("that is a text or a byte string grows with its bytes, twice as fast beyond ASCII", () => {
    costs(textItem(""), 48);
    costs(textItem("a\u007f".repeat(500)), 48, 1000);
    costs(textItem(`${"a".repeat(999)}\u0080`), 48, 2 * 1001);
    costs(textItem("\u{1f600}"), 48, 2 * 4);
    costs(bytesOf("40"), 320);
    costs(joined(head(2, 1000), new Uint8Array(1000).fill(0xff)), 320, 1000);
  });

  test("that is an array is 64 and what is in it", () => {
    costs(bytesOf("80"), 64);
    costs(bytesOf("8281f660"), 64, 64, 24, 48);
  });

  test("that is a map has its keys in it, twice as dear beyond ASCII", () => {
    costs(bytesOf("a0"), 96);
    costs(mapOf("a", "bc", ""), newMap(1, 2, 0));
    costs(mapOf("a", "\u00fc", "bc"), newMap(1, 4, 2));
  });

  test("that is a map of a known layout is lower, with each key once", () => {
    const row = mapOf("a", "\u00fc");
    costs(arrayItem(row, row, row), 64, newMap(1, 4), knownMap(1, 2), knownMap(1, 2));
    costs(arrayItem(bytesOf("a0"), bytesOf("a0")), 64, 96, 96);
  });

  test("knows no layout but that of the last map of the same size and depth", () => {
    const row = mapOf("a", "b");
    const two = newMap(1, 1);
    costs(arrayItem(row, mapOf("b", "a"), row), 64, two, two, two);
    costs(arrayItem(row, mapOf("a", "c"), row), 64, two, two, two);
    costs(arrayItem(row, mapOf("a"), row), 64, two, newMap(1), knownMap(1, 1));
    costs(arrayItem(row, arrayItem(row), row), 64, two, 64, two, knownMap(1, 1));
    costs(arrayItem(row, arrayItem(mapOf("c", "d")), row), 64, two, 64, two, knownMap(1, 1));
    // A map within a map is no map before it: the outer one has not ended.
    const outer = mapItem([textItem("a"), mapOf("a")]);
    costs(outer, newMap(1) - 24, newMap(1));
    costs(arrayItem(outer, outer), 64, newMap(1) - 24, newMap(1), knownMap(1) - 24, knownMap(1));
  });

  test("knows no part of a layout: each key of a map that differs in one counts as new", () => {
    costs(arrayItem(mapOf("\u00fc", "a"), mapOf("\u00fc", "b")), 64, newMap(4, 1), newMap(4, 1));
    costs(arrayItem(mapOf("ab", "c"), mapOf("a", "bc")), 64, newMap(2, 1), newMap(1, 2));
  });

  test("knows a layout of up to 16 entries", () => {
    for (const count of [1, 15, 16, 17, 40]) {
      const keys = Array.from({ length: count }, (_, i) => `k${i + 10}`);
      const each = keys.map((key) => key.length);
      const second = count <= 16 ? knownMap(...each) : newMap(...each);
      costs(arrayItem(mapOf(...keys), mapOf(...keys)), 64, newMap(...each), second);
    }
  });

  test("has twelve bytes for each place up to the largest index among the keys, to 3,400", () => {
    costs(mapOf("0"), newMap(1), 192);
    costs(mapOf("1"), newMap(1), 192, 12);
    costs(mapOf("3400"), newMap(4), 192, 12 * 3400);
    costs(mapOf("3401"), newMap(4), 192);
    costs(mapOf("5", "3401", "7", "4294967294"), newMap(1, 4, 1, 10), 192, 12 * 7);
    costs(mapOf("4294967294"), newMap(10), 192);
    costs(arrayItem(mapOf("7"), mapOf("7")), 64, newMap(1), 192, 84, knownMap(1), 192, 84);
    for (const key of [
      "",
      "00",
      "01",
      "03400",
      "-0",
      "-1",
      "1.0",
      "1e3",
      " 1",
      "1 ",
      "4294967295",
      "9".repeat(60),
    ])
      costs(mapOf(key), newMap(key.length));
    // Digits of other scripts make no index.
    costs(mapOf("\u0661"), newMap(4));
  });
});

const LIMITS: Readonly<Record<string, DataLimits>> = { "64 KiB": LOGIN_DATA, "8 MiB": SESSION_DATA };

describe("the limit on the cost", () => {
  for (const [name, limits] of Object.entries(LIMITS)) {
    const { maxCost } = limits;
    test(`of ${name} lets an item pass that is at it`, () => {
      const item = itemOfCost(maxCost);
      assert.ok(item.length < LOGIN_FRAME_MAX_BYTES);
      assert.equal(check(item, limits).cost, maxCost);
      assert.doesNotThrow(() => decode(item, limits));
    });

    test(`of ${name} refuses an item that is one past it, and the refusal names both`, () => {
      const item = itemOfCost(maxCost + 1);
      const detail = `CBOR, byte 0: a cost of ${maxCost + 1} bytes, at most ${maxCost}`;
      assert.throws(() => check(item, limits), { code: "protocol_error", detail });
      assert.throws(() => decode(item, limits), { code: "protocol_error", detail });
    });
  }

  test("is 64 KiB before the login is done and 8 MiB after it", () => {
    assert.deepEqual([LOGIN_DATA.maxCost, SESSION_DATA.maxCost], [65_536, 8_388_608]);
  });
});
