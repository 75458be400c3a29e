import * as fc from "fast-check";
import {
  arrayItem,
  bytesOf,
  FORBIDDEN_NAMES,
  head,
  joined,
  mapItem,
  textItem,
  timeItem,
} from "./cbor-samples.ts";

/*
 * Messages made of maps that are equal, nearly equal or of the same size: rows of a table, here and there with a mistake. What
 * is known of one map must never be believed of another.
 */
export const INDEX_LIKE =
  "0 1 9 00 01 007 10 99 1022 2570 3399 3400 3401 4294967293 4294967294 4294967295 4294967296 04294967294".split(
    " ",
  );

const LOOK_ALIKE = [
  "-0",
  "-1",
  "+1",
  "1.0",
  "1e3",
  " 1",
  "1 ",
  "0x1",
  "\u0661",
  "\uff11",
  "9".repeat(60),
  "",
];

const BEYOND_ASCII = [
  "\u00e4",
  "\u0080",
  "\u07ff",
  "\u6c34",
  "\u{1f600}",
  "a\u00e4",
  "\u00e4a",
  "gr\u00fcn",
  "a\ufeff",
];

const PLAIN = [
  "a",
  "b",
  "aa",
  "ab",
  "ba",
  "id",
  "name",
  "abcdefgh",
  "abcdefgi",
  "abcdefghi",
  "value",
  "valueO",
  "k".repeat(64),
];

/** Of the length of a forbidden key, and other than it in one place. */
const NEARLY_FORBIDDEN = [
  "thel",
  "Then",
  "valueOg",
  "xalueOf",
  "__proto_-",
  "constructos",
  "toJSOM",
  "prototypf",
];

const key: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...PLAIN) },
  { weight: 4, arbitrary: fc.constantFrom(...INDEX_LIKE) },
  { weight: 2, arbitrary: fc.nat({ max: 5_000 }).map(String) },
  { weight: 2, arbitrary: fc.constantFrom(...BEYOND_ASCII) },
  { weight: 1, arbitrary: fc.constantFrom(...LOOK_ALIKE) },
  { weight: 1, arbitrary: fc.constantFrom(...NEARLY_FORBIDDEN) },
  { weight: 2, arbitrary: fc.string({ maxLength: 20 }) },
);

/** The keys of a map in their order. */
export type Layout = readonly string[];

const COUNTS = [0, 1, 1, 2, 2, 3, 4, 8, 15, 16, 17, 40];

const layout: fc.Arbitrary<Layout> = fc
  .constantFrom(...COUNTS)
  .chain((count) => fc.uniqueArray(key, { minLength: count, maxLength: count }));

/** The same text but for its last character. */
const withOtherEnd = (text: string): string => `${text.slice(0, -1)}${text.endsWith("x") ? "y" : "x"}`;

const replaced = (keys: Layout, at: number, by: string): Layout =>
  keys.map((one, i) => (i === at ? by : one));

/** What a row does to the layout of its table. */
const CHANGES: readonly ((keys: Layout, at: number, other: string) => Layout)[] = [
  (keys) => keys.toReversed(),
  (keys) => keys.slice(1),
  (keys) => keys.slice(0, -1),
  (keys, _at, other) => [...keys, other],
  (keys, _at, other) => [other, ...keys],
  (keys, at, other) => replaced(keys, at, other),
  (keys, at) => replaced(keys, at, withOtherEnd(keys[at] ?? "")),
  (keys) => replaced(keys, keys.length - 1, withOtherEnd(keys.at(-1) ?? "")),
  // The same bytes of keys, cut at another place.
  (keys) => [`${keys[0] ?? ""}${(keys[1] ?? "").slice(0, 1)}`, (keys[1] ?? "").slice(1), ...keys.slice(2)],
];

/** What makes a row one that must be refused. */
const MISTAKES: readonly ((keys: Layout, at: number, other: string) => Layout)[] = [
  (keys, at) => replaced(keys, keys.length - 1, keys[at] ?? ""),
  (keys, at) => replaced(keys, at, keys[0] ?? ""),
  (keys, at) => replaced(keys, at, keys[at === 0 ? keys.length - 1 : at - 1] ?? ""),
  (keys, at) => [...keys, keys[at] ?? ""],
  (keys, at) => [keys[at] ?? "", ...keys],
  (keys, at) => replaced(keys, at, FORBIDDEN_NAMES[at % FORBIDDEN_NAMES.length] ?? ""),
  (keys, at) => [...keys, FORBIDDEN_NAMES[at % FORBIDDEN_NAMES.length] ?? ""],
];

const changedBy = (
  changes: readonly ((keys: Layout, at: number, other: string) => Layout)[],
  keys: Layout,
): fc.Arbitrary<Layout> =>
  fc
    .tuple(fc.constantFrom(...changes), fc.nat({ max: Math.max(0, keys.length - 1) }), key)
    .map(([change, at, other]) => change(keys, at, other));

/** A row's keys: mostly those of the table. */
const rowKeys = (table: Layout): fc.Arbitrary<Layout> =>
  fc.oneof(
    { weight: 60, arbitrary: fc.constant(table) },
    { weight: 25, arbitrary: changedBy(CHANGES, table) },
    { weight: 4, arbitrary: layout },
    { weight: 1, arbitrary: changedBy(MISTAKES, table) },
  );

const SCALARS = [
  "00",
  "1903e8",
  "f4",
  "f6",
  "fb3ff199999999999a",
  "f98000",
  "60",
  "6161",
  "63e6b0b4",
  "40",
  "420102",
  "80",
  "a0",
];

const NULL = bytesOf("f6");

const scalar: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.constantFrom(...SCALARS.map(bytesOf), timeItem(bytesOf("00"))),
  fc
    .oneof(fc.string({ maxLength: 20 }), fc.string({ unit: "binary", maxLength: 10 }))
    .filter((text) => !text.startsWith("\ufeff"))
    .map(textItem),
  fc.uint8Array({ maxLength: 10 }).map((bytes) => joined(head(2, bytes.length), bytes)),
);

/** A map whose value at one place is given; the others are small. */
const mapOf = (keys: Layout, at: number, inner: Uint8Array, others: readonly Uint8Array[]): Uint8Array =>
  mapItem(
    ...keys.map((one, i) => {
      const value = i === at % keys.length ? inner : others[i % others.length];
      return [textItem(one), value ?? NULL] as const;
    }),
  );

/**
 * The rows of a table, among its values other tables: so that maps of the same layout are beside, below and above each other.
 */
const rows = (tables: readonly Layout[], depth: number): fc.Arbitrary<Uint8Array> => {
  const row = fc.constantFrom(...tables).chain(rowKeys);
  const inner =
    depth === 0
      ? scalar
      : fc.oneof({ weight: 3, arbitrary: scalar }, { weight: 1, arbitrary: rows(tables, depth - 1) });
  const map = fc
    .tuple(row, fc.nat({ max: 40 }), inner, fc.array(scalar, { maxLength: 2 }))
    .map(([keys, at, found, others]) => mapOf(keys, at, found, others));
  return fc.oneof(
    map,
    fc.array(map, { maxLength: 4 }).map((maps) => arrayItem(...maps)),
  );
};

/** The bytes of one item: maps of a few layouts, in arrays and in each other. Some of them are outside the profile. */
export const tables: fc.Arbitrary<Uint8Array> = fc
  .array(layout, { minLength: 1, maxLength: 3 })
  .chain((found) => fc.array(rows(found, 2), { minLength: 1, maxLength: 4 }))
  .map((parts) => arrayItem(...parts));

/** One byte or two of the sample changed, moved, missing or too many. */
const DAMAGES: readonly ((bytes: number[], at: number, byte: number) => void)[] = [
  (bytes, at) => (bytes[at] = ((bytes[at] ?? 0) + 1) % 256),
  (bytes, at, byte) => (bytes[at] = (bytes[at] ?? 0) ^ (1 << (byte % 8))),
  (bytes, at, byte) => (bytes[at] = byte),
  (bytes, at, byte) => (bytes[at] = bytes[byte % bytes.length] ?? 0),
  (bytes, at) => bytes.splice(at, 1),
  (bytes, at, byte) => bytes.splice(at, 0, byte),
];

/** The same bytes with one or two mistakes. */
export const damaged = (samples: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> => {
  const place = fc.tuple(fc.constantFrom(...DAMAGES), fc.nat(), fc.nat({ max: 255 }));
  return fc.tuple(samples, fc.array(place, { minLength: 1, maxLength: 2 })).map(([sample, places]) => {
    const bytes = [...sample];
    for (const [damage, at, byte] of places) damage(bytes, at % bytes.length, byte);
    return Uint8Array.from(bytes);
  });
};
