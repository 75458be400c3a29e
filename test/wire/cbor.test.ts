import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FORBIDDEN_KEYS } from "../../base/names.ts";
import { decode, encode, encodeSorted } from "../../wire/cbor.ts";
import { SESSION_DATA } from "../../wire/limits.ts";

const hex = (value: unknown): string => Buffer.from(encode(value)).toString("hex");
const round = (value: unknown): unknown => decode(encode(value), SESSION_DATA);
const refuses = (value: unknown, detail: RegExp): void => {
  assert.throws(() => encode(value), { code: "internal", message: detail });
};

describe("what is sent", () => {
  test("numbers go out in the shortest form of their kind", () => {
    assert.equal(hex(23), "17");
    assert.equal(hex(24), "1818");
    assert.equal(hex(-0), "00");
    assert.equal(hex(2 ** 32), "1b0000000100000000");
    assert.equal(hex(Number.MAX_SAFE_INTEGER), "1b001fffffffffffff");
    assert.equal(hex(Number.MIN_SAFE_INTEGER), "3b001ffffffffffffe");
    assert.equal(hex(-(2 ** 32)), "3affffffff");
    assert.equal(hex(-(2 ** 32) - 1), "3b0000000100000000");
    assert.equal(hex(1.5), "fb3ff8000000000000");
    assert.equal(hex(2 ** 53), "fb4340000000000000", "beyond the safe range it is honestly a float");
  });

  test("a Date goes out as seconds and comes back to the millisecond", () => {
    assert.equal(hex(new Date(0)), "c100");
    assert.equal(hex(new Date(1500)), "c1fb3ff8000000000000");
    for (const ms of [1, 1001, -1, 1363896240001, 8.64e15, -8.64e15, 253402300799999]) {
      const back = round(new Date(ms));
      assert.ok(back instanceof Date);
      assert.equal(back.getTime(), ms);
    }
    refuses(new Date(4_450_000_000_000_021), /a Date too far away for its milliseconds/);
  });

  test("byte strings own their memory, also after the input is used again", () => {
    const bytes = Buffer.from([1, 2, 3]);
    const sent = Buffer.from(encode([bytes]));
    const [back] = decode(sent, SESSION_DATA) as [Uint8Array];
    sent.fill(0);
    assert.deepEqual([...back], [1, 2, 3]);
    assert.notEqual(back.buffer, sent.buffer);
  });

  test("objects without a prototype are maps like any other", () => {
    assert.deepEqual(round(Object.assign(Object.create(null), { a: 1 })), { a: 1 });
  });

  test("what has no form is refused with its path", () => {
    class Thing {
      readonly x = 1;
    }
    const cycle: unknown[] = [];
    cycle.push(cycle);
    refuses({ a: [1, { b: undefined }] }, /a\[1\]\.b: undefined cannot be sent/);
    refuses(() => 1, /the value: a function cannot be sent/);
    refuses([Symbol("x")], /\[0\]: a symbol/);
    refuses(2n ** 65n, /the value: a bigint/);
    refuses(Number.NaN, /NaN, which is not finite/);
    refuses([Infinity], /\[0\]: Infinity, which is not finite/);
    refuses(new Error("x"), /an Error cannot be sent; pass its message/);
    refuses(new Map(), /a Map cannot be sent/);
    refuses(new Thing(), /an instance of Thing/);
    refuses(Object.create({}), /an instance of some class/);
    refuses(new (class extends Array {})(), /an instance of some class/);
    refuses(cycle, /nesting deeper than 32/);
    refuses(new Date(Number.NaN), /an invalid Date/);
    refuses("\ud800", /half of a surrogate pair/);
    refuses("\ufeffx", /byte order mark/);
    refuses({ "\udc00": 1 }, /a key that is not well-formed text/);
    refuses({ [Symbol("x")]: 1 }, /a key that is a symbol/);
    refuses(new Proxy({}, {}), /a Proxy/);
    refuses(new Uint16Array(2), /a Uint16Array cannot be sent; pass a list of its numbers/);
    refuses({ ["k".repeat(129)]: 1 }, /a key of more than 128 bytes/);
    refuses(
      Object.fromEntries(Array.from({ length: 1025 }, (_, i) => [`k${i}`, i])),
      /a map of 1025 entries/,
    );
  });

  test("what is too large for one message is refused with its path, and told from what has no form", () => {
    const tooLarge = (value: unknown, message: RegExp): void => {
      assert.throws(() => encode(value), { code: "out_of_range", message });
    };
    tooLarge(
      Array.from({ length: 10_000 }, () => 1),
      /\[9999\]: more than 10000 items/,
    );
    tooLarge({ a: Object.assign([], { length: 4_000_000_000 }) }, /a: a list of 4000000000 items/);
    tooLarge(["x".repeat(1024 * 1024 + 1)], /\[0\]: more than 1048576 bytes/);
    const rows = (count: number): unknown => Array.from({ length: count }, () => ({ "1022": null }));
    assert.deepEqual(round(rows(600)), rows(600));
    tooLarge(
      { b: rows(700) },
      /^out_of_range: b\[\d+\].*: with it the message costs \d{7} bytes of memory, 8388608 at most/,
    );
  });

  test("a key that JavaScript gives a meaning is refused, and a proxy's traps are not run", () => {
    for (const key of FORBIDDEN_KEYS) {
      const map = Object.defineProperty({}, key, { value: 1, enumerable: true });
      refuses({ a: map }, /this name as a key cannot be sent/);
    }
    let asked = 0;
    const spy = new Proxy({}, { get: () => ++asked, ownKeys: () => [`${++asked}`] });
    refuses([spy], /\[0\]: a Proxy/);
    assert.equal(asked, 0);
  });

  test("a getter is asked once: what was checked is what is sent", () => {
    let asked = 0;
    const shifty = {
      get a(): unknown {
        return ++asked === 1 ? "first" : () => "second";
      },
    };
    assert.deepEqual(round(shifty), { a: "first" });
  });

  test("the limits have exact edges", () => {
    const nested = (depth: number): unknown =>
      Array.from({ length: depth }).reduce<unknown>((inner) => [inner], 0);
    assert.doesNotThrow(() => encode(nested(32)));
    refuses(nested(33), /nesting deeper than 32/);
    assert.doesNotThrow(() => encode(Array.from({ length: 9_999 }, () => 1)));
    assert.doesNotThrow(() => encode({ ["k".repeat(128)]: 1 }));
    assert.doesNotThrow(() =>
      encode(Object.fromEntries(Array.from({ length: 1024 }, (_, i) => [`k${i}`, i]))),
    );
  });
});

describe("the sorted form", () => {
  test("puts keys in the order of their encoded bytes, whatever their order was", () => {
    const sorted = Buffer.from(encodeSorted({ bb: 1, a: 2, "10": 3, c: { z: 1, y: 2 }, 9: 0 })).toString(
      "hex",
    );
    // "9", "a", "c" (one byte each), then "10", "bb".
    assert.equal(sorted, "a56139006161026163a2617902617a0162313003626262".concat("01"));
    assert.equal(
      sorted,
      Buffer.from(encodeSorted({ 9: 0, c: { y: 2, z: 1 }, "10": 3, a: 2, bb: 1 })).toString("hex"),
    );
  });
});

describe("what is received", () => {
  test("−0 arrives as 0 at every depth and in every width", () => {
    for (const bytes of ["f98000", "fa80000000", "fb8000000000000000"]) {
      assert.ok(Object.is(decode(Buffer.from(bytes, "hex"), SESSION_DATA), 0), bytes);
      const inner = decode(Buffer.from(`82a16161${bytes}${bytes}`, "hex"), SESSION_DATA) as [
        { a: number },
        number,
      ];
      assert.ok(Object.is(inner[0].a, 0) && Object.is(inner[1], 0), bytes);
    }
  });

  test("a record definition of cbor-x is refused before cbor-x sees it", () => {
    for (const bytes of [
      "d9dfff8319400081616101",
      "d869820181616101",
      "d9e00001",
      "d9dffe8319400081616101",
    ]) {
      assert.throws(() => decode(Buffer.from(bytes, "hex"), SESSION_DATA), {
        code: "protocol_error",
        message: "protocol_error: CBOR, byte 0: a tag other than 1 (time)",
      });
    }
  });
});

describe("bytes with properties of their own", () => {
  test("are the bytes that the language says they are: what lies behind them is not shown", () => {
    const bytes = Buffer.from([1, 2]);
    Object.defineProperty(bytes, "length", { value: 64 });
    assert.deepEqual(decode(encode(bytes), SESSION_DATA), new Uint8Array([1, 2]));
  });
});
