import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { decode, encode } from "../../wire/cbor.ts";
import { SESSION_DATA } from "../../wire/limits.ts";
import {
  agreed,
  arrayItem,
  assertPlain,
  bytesOf,
  doubleItem,
  head,
  hexOf,
  joined,
  mapItem,
  textItem,
  timeItem,
} from "./cbor-samples.ts";
import { INDEX_LIKE } from "./map-samples.ts";
import { referenceDecode } from "./reference-cbor.ts";

/*
 * JavaScript keeps keys that look like indexes in an order of their own, and makes room for the ones between. Maps with a few
 * such keys far apart are laid out in another way than others; nobody who reads or writes them may see a difference.
 */

/** A value and its bytes, written down without the encoder, each map in the order in which its entries were drawn. */
interface Sample {
  readonly item: Uint8Array;
  readonly value: unknown;
}

const HALF_NEGATIVE_ZERO: Sample = { item: bytesOf("f98000"), value: -0 };

const scalar: fc.Arbitrary<Sample> = fc.oneof(
  fc.integer({ min: -300, max: 70_000 }).map((value) => ({ item: integerItem(value), value })),
  fc.constantFrom<Sample>(
    { item: bytesOf("f6"), value: null },
    { item: bytesOf("f5"), value: true },
    { item: doubleItem(1.5), value: 1.5 },
    { item: timeItem(bytesOf("1a514b67b0")), value: new Date("2013-03-21T20:04:00Z") },
    { item: bytesOf("43010280"), value: Uint8Array.of(1, 2, 0x80) },
  ),
  fc.constantFrom("", "text", "gr\u00fcn", "1022").map((value) => ({ item: textItem(value), value })),
);

function integerItem(value: number): Uint8Array {
  return value >= 0 ? head(0, value) : head(1, -1 - value);
}

const key: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...INDEX_LIKE) },
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 3_600 }).map(String) },
  { weight: 2, arbitrary: fc.constantFrom("a", "b", "length", "gr\u00fcn", "", "-1", "1.5") },
);

/** @param zero - whether a number may be −0 */
const samples = (zero: boolean): fc.Arbitrary<Sample> =>
  fc.letrec<{ sample: Sample }>((tie) => ({
    sample: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      zero ? fc.oneof(scalar, fc.constant(HALF_NEGATIVE_ZERO)) : scalar,
      fc
        .uniqueArray(fc.tuple(key, tie("sample")), { maxLength: 6, selector: ([name]) => name })
        .map((entries) => mapSample(entries)),
      fc.array(tie("sample"), { maxLength: 4 }).map((elements) => ({
        item: arrayItem(...elements.map(({ item }) => item)),
        value: elements.map(({ value }) => value),
      })),
    ),
  })).sample;

function mapSample(entries: readonly (readonly [key: string, sample: Sample])[]): Sample {
  return {
    item: mapItem(...entries.map(([name, { item }]) => [textItem(name), item] as const)),
    value: Object.fromEntries(entries.map(([name, { value }]) => [name, value])),
  };
}

/** Throws unless both are the same in all that a program can see, the order of keys included. */
function assertSame(found: unknown, expected: unknown): void {
  assert.deepStrictEqual(found, expected);
  assertSameKeys(found, expected);
  assert.equal(JSON.stringify(found), JSON.stringify(expected));
}

function assertSameKeys(found: unknown, expected: unknown): void {
  if (typeof found !== "object" || found === null || typeof expected !== "object" || expected === null)
    return;
  assert.equal(Object.getPrototypeOf(found), Object.getPrototypeOf(expected));
  assert.deepEqual(Reflect.ownKeys(found), Reflect.ownKeys(expected));
  const enumerated: string[] = [];
  for (const name in found) enumerated.push(name);
  assert.deepEqual(enumerated, Object.keys(expected));
  assert.deepEqual(Object.getOwnPropertyDescriptors(found), Object.getOwnPropertyDescriptors(expected));
  assert.ok(Object.isExtensible(found));
  const others = Object.values(expected);
  for (const [i, inner] of Object.values(found).entries()) assertSameKeys(inner, others[i]);
}

/** Decodes by both, and throws unless they agree in everything. */
function decodeSame(item: Uint8Array): unknown {
  agreed(item, SESSION_DATA);
  const verdict = referenceDecode(item, SESSION_DATA);
  const found = decode(item, SESSION_DATA);
  assertPlain(found);
  assertSame(found, "value" in verdict ? verdict.value : assert.fail(verdict.refused));
  return found;
}

const sparse = (...keys: string[]): Uint8Array =>
  mapItem(...keys.map((name, i) => [textItem(name), integerItem(i)] as const));

const SPARSE: readonly Uint8Array[] = [
  sparse("1022"),
  sparse("5", "1023", "2570"),
  sparse("2570", "1023", "5"),
  sparse("3400"),
  sparse("3401"),
  sparse("a", "1022", "b", "0"),
  sparse("4294967294", "1022", "4294967295", "4294967293"),
  sparse("01", "1", "00", "0", "3000"),
];

describe("a map with keys that look like indexes and are far apart", () => {
  test("is decoded to the same object as by the reference", () => {
    for (const item of SPARSE) {
      decodeSame(item);
      decodeSame(arrayItem(item, item, item));
      decodeSame(mapItem([textItem("1500"), item], [textItem("a"), item]));
      decodeSame(arrayItem(item, bytesOf("f98000")));
      decodeSame(arrayItem(bytesOf("fb8000000000000000"), mapItem([textItem("2000"), item])));
    }
    assert.equal(JSON.stringify(decodeSame(sparse("b", "2570", "5"))), '{"5":2,"2570":1,"b":0}');
  });

  test("is decoded to the same object whatever is in it, beside it and around it", () => {
    fc.assert(
      fc.property(samples(false), ({ item, value }) => {
        assertSame(decodeSame(item), value);
      }),
      { numRuns: 2_000 },
    );
  });

  test("is decoded to the same object in a message with a −0, which is 0", () => {
    fc.assert(
      fc.property(samples(true), ({ item }) => {
        decodeSame(arrayItem(item, HALF_NEGATIVE_ZERO.item));
      }),
      { numRuns: 2_000 },
    );
  });

  test("is decoded to the same object where the message is larger than what is copied first", () => {
    const text = textItem("x".repeat(20_000));
    for (const item of SPARSE) decodeSame(arrayItem(item, text, mapItem([textItem("1022"), text]), item));
  });

  test("can be changed like any other object afterwards", () => {
    for (const item of SPARSE) {
      const found = decode(item, SESSION_DATA) as Record<string, unknown>;
      const expected = Object.fromEntries(Object.entries(found));
      for (const record of [found, expected]) {
        record["4294967294"] = "last";
        record["7"] = "between";
        delete record["1022"];
        record["new"] = true;
      }
      assertSame(found, expected);
    }
  });

  test("is encoded with its keys in the order of the object", () => {
    assert.equal(hexOf(encode({ b: 0, 2570: 1, 5: 2 })), "a3613502643235373001616200");
    fc.assert(
      fc.property(samples(true), ({ value }) => {
        assert.equal(hexOf(encode(value)), hexOf(plainItem(value)));
      }),
      { numRuns: 2_000 },
    );
  });

  test("comes back from the encoder as it was", () => {
    fc.assert(
      fc.property(samples(false), ({ value }) => {
        assertSame(decode(encode(value), SESSION_DATA), value);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** The bytes of a value of a {@link Sample}, by the order of `Object.entries`. */
function plainItem(value: unknown): Uint8Array {
  if (value === null) return bytesOf("f6");
  if (value === true) return bytesOf("f5");
  if (typeof value === "number") return Number.isInteger(value) ? integerItem(value) : doubleItem(value);
  if (typeof value === "string") return textItem(value);
  if (value instanceof Uint8Array) return joined(head(2, value.length), value);
  if (value instanceof Date) return timeItem(integerItem(value.getTime() / 1000));
  if (Array.isArray(value)) return arrayItem(...value.map(plainItem));
  const entries = Object.entries(value ?? assert.fail());
  return mapItem(...entries.map(([name, inner]) => [textItem(name), plainItem(inner)] as const));
}
