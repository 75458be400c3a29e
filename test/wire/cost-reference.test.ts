import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { type DataLimits, LOGIN_DATA, SESSION_DATA } from "../../wire/limits.ts";
import {
  agreed,
  anyItem,
  arrayItem,
  bytesOf,
  FORBIDDEN_NAMES,
  hexOf,
  joined,
  mapItem,
  textItem,
} from "./cbor-samples.ts";
import { itemOfCost } from "./costly-item.ts";
import { damaged, INDEX_LIKE, type Layout, tables } from "./map-samples.ts";

const NULL = bytesOf("f6");

const mapOf = (keys: Layout): Uint8Array => mapItem(...keys.map((key) => [textItem(key), NULL] as const));

const accepted = (bytes: Uint8Array, limits: DataLimits = SESSION_DATA): boolean =>
  "value" in agreed(bytes, limits);

const refuses = (bytes: Uint8Array): void => {
  assert.ok(!accepted(bytes), `accepted: ${hexOf(bytes)}`);
};

/** Runs a property and returns for which part of the samples it said yes. */
const partOf = <T>(samples: fc.Arbitrary<T>, numRuns: number, judge: (sample: T) => boolean): number => {
  let yes = 0;
  let all = 0;
  fc.assert(
    fc.property(samples, (sample) => {
      all++;
      if (judge(sample)) yes++;
    }),
    { numRuns },
  );
  return yes / all;
};

describe("maps of equal and nearly equal layouts", () => {
  test("are judged the same by both decoders, and cost the same", () => {
    const part = partOf(tables, 2_500, (bytes) => accepted(bytes));
    assert.ok(part > 0.5 && part < 0.98, `${part} of all accepted`);
  });

  test("are judged the same when bytes of theirs are damaged", () => {
    const part = partOf(damaged(tables), 3_000, (bytes) => accepted(bytes));
    assert.ok(part > 0.05 && part < 0.9, `${part} of all accepted`);
  });

  test("are judged the same by limits that are soon reached", () => {
    const small: fc.Arbitrary<DataLimits> = fc.record({
      maxDepth: fc.integer({ min: 2, max: 8 }),
      maxItems: fc.integer({ min: 5, max: 300 }),
      maxEntries: fc.constantFrom(4, 15, 16, 17, 40),
      maxKeyBytes: fc.integer({ min: 8, max: 64 }),
      maxCost: fc.nat({ max: 100_000 }),
    });
    const part = partOf(fc.tuple(tables, small), 2_000, ([bytes, limits]) => accepted(bytes, limits));
    assert.ok(part > 0.05 && part < 0.95, `${part} of all accepted`);
  });
});

/** The layout and the item under test: alone, and where the layout is known already. */
const asRows = (known: Layout, item: Uint8Array): readonly Uint8Array[] => {
  const row = mapOf(known);
  return [item, arrayItem(row, item), arrayItem(row, row, item), arrayItem(row, item, row)];
};

/** Keys of one length that differ in their first byte, in their last one, or in their length. */
const LAYOUTS: Readonly<Record<string, (i: number) => string>> = {
  "differ in the last byte": (i) => `abcdefg${String.fromCharCode(0x41 + i)}`,
  "differ in the first byte": (i) => `${String.fromCharCode(0x41 + i)}bcdefgh`,
  "are of one byte": (i) => String.fromCharCode(0x41 + i),
  "are indexes": (i) => String(85 * i),
  "are beyond ASCII": (i) => `gr\u00fc${String.fromCodePoint(0x4e00 + i)}`,
  "differ in length": (i) => "k".repeat(i),
};

const COUNTS = [1, 2, 3, 15, 16, 17, 40];

describe("a map whose keys", () => {
  for (const [name, key] of Object.entries(LAYOUTS)) {
    test(`${name} is refused with a key twice, at any two places`, () => {
      for (const count of COUNTS) {
        const keys = Array.from({ length: count }, (_, i) => key(i));
        for (let at = 0; at < count; at++) {
          for (const from of new Set([0, 1, at - 1, at + 1, count - 2, count - 1])) {
            const twice = keys[from];
            if (from === at || twice === undefined) continue;
            for (const rows of asRows(keys, mapOf(keys.with(at, twice)))) refuses(rows);
          }
        }
      }
    });

    test(`${name} is refused with a forbidden key, at any place`, () => {
      for (const count of COUNTS) {
        const keys = Array.from({ length: count }, (_, i) => key(i));
        for (let at = 0; at < count; at++) {
          const forbidden = FORBIDDEN_NAMES[(at + count) % FORBIDDEN_NAMES.length] ?? assert.fail();
          const nearly = `${forbidden.slice(0, -1)}~`;
          for (const rows of asRows(keys, mapOf(keys.with(at, forbidden)))) refuses(rows);
          for (const rows of asRows(keys.with(at, nearly), mapOf(keys.with(at, forbidden)))) refuses(rows);
        }
      }
    });

    test(`${name} is read as it is with another key, at any place`, () => {
      for (const count of COUNTS) {
        const keys = Array.from({ length: count }, (_, i) => key(i));
        for (let at = 0; at < count; at++) {
          for (const rows of asRows(keys, mapOf(keys.with(at, key(60))))) assert.ok(accepted(rows));
        }
      }
    });
  }

  test("are many is refused with a key twice, first, last or beside the last", () => {
    const names: readonly ((i: number) => string)[] = [
      String,
      (i) => `k${i}`,
      (i) => `${i}`.padStart(40, "k"),
    ];
    for (const name of names) {
      for (const count of [41, 256, 257, 1_024]) {
        const keys = Array.from({ length: count }, (_, i) => name(i));
        assert.ok(accepted(mapOf(keys)));
        const last = keys.length - 1;
        for (const [at, from] of [
          [last, 0],
          [last, last - 1],
          [last, last >> 1],
          [1, 0],
          [last >> 1, 3],
        ] as const)
          refuses(mapOf(keys.with(at, keys[from] ?? assert.fail())));
      }
    }
  });

  test("are those of the map before is refused where a head or the UTF-8 is not of the profile", () => {
    const keys = ["gr\u00fcn", "b", "c"];
    const row = mapOf(keys);
    const [first = NULL, ...rest] = keys.map(textItem);
    const after = (bytes: string): Uint8Array =>
      joined(bytesOf("a3"), bytesOf(bytes), NULL, ...rest.flatMap((one) => [one, NULL]));
    assert.ok(accepted(arrayItem(row, after(hexOf(first)))));
    for (const bad of ["78056772c3bc6e", "456772c3bc6e", "65 6772c3206e", "65 6772c328 6e", "65 efbbbf 6161"])
      refuses(arrayItem(row, after(bad)));
    for (let end = 1; end < row.length; end++) refuses(joined(bytesOf("82"), row, row.subarray(0, end)));
  });

  test("look like indexes costs the same in both decoders, alone and beside each other", () => {
    for (const one of INDEX_LIKE) {
      accepted(mapOf([one]));
      for (const other of INDEX_LIKE) {
        if (one === other) continue;
        for (const rows of asRows([one, other], mapOf([other, one]))) assert.ok(accepted(rows));
        for (const rows of asRows([one, other], mapOf([one, other]))) assert.ok(accepted(rows));
      }
    }
  });
});

describe("the limit on the cost", () => {
  test("lets every item pass that is at it, and none that is one past it", () => {
    for (const samples of [anyItem, tables]) {
      const part = partOf(samples, 1_000, (bytes) => {
        const verdict = agreed(bytes, SESSION_DATA);
        if ("refused" in verdict) return false;
        assert.ok(accepted(bytes, { ...SESSION_DATA, maxCost: verdict.cost }));
        assert.ok(!accepted(bytes, { ...SESSION_DATA, maxCost: verdict.cost - 1 }));
        return true;
      });
      assert.ok(part > 0.2, `${part} of all accepted`);
    }
  });

  test("of 64 KiB and of 8 MiB is the same in both decoders", () => {
    for (const limits of [LOGIN_DATA, SESSION_DATA]) {
      for (let cost = limits.maxCost - 5; cost <= limits.maxCost; cost++)
        assert.ok(accepted(itemOfCost(cost), limits), `${cost}`);
      for (let cost = limits.maxCost + 1; cost <= limits.maxCost + 5; cost++)
        assert.ok(!accepted(itemOfCost(cost), limits), `${cost}`);
    }
    // Texts beyond ASCII, larger than any frame.
    const text = (length: number): Uint8Array => textItem("\u00fc".repeat(length));
    const most = (SESSION_DATA.maxCost - 48) / 4;
    assert.ok(accepted(text(most)));
    assert.ok(!accepted(text(most + 1)));
  });
});
