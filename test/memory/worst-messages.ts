import { arrayItem, bytesOf, doubleItem, head, joined, mapItem, textItem } from "../wire/cbor-items.ts";

/** Items of a message, below the limit. */
const ITEMS = 9_900;

const NULL = bytesOf("f6");

const times = (count: number, make: (i: number) => Uint8Array): Uint8Array =>
  arrayItem(...Array.from({ length: Math.floor(count) }, (_, i) => make(i)));

let made = 0;
/** A key that no message has had before. */
const freshKey = (length: number): string => {
  made++;
  return `k${made.toString(36)}`.padEnd(length, "_");
};

const large = (value: bigint): Uint8Array => {
  const bytes = new Uint8Array(9);
  bytes[0] = 0x1b;
  new DataView(bytes.buffer).setBigUint64(1, value);
  return bytes;
};

const byteString = (length: number): Uint8Array => joined(head(2, length), new Uint8Array(length));

/** Maps of so many entries under keys that nothing had before, as many as go into a message. */
const freshMaps = (entries: number, keyBytes: number, value = NULL): Uint8Array =>
  times(ITEMS / (1 + entries), () =>
    mapItem(...Array.from({ length: entries }, () => [textItem(freshKey(keyBytes)), value] as const)),
  );

const shuffled = (texts: readonly string[]): string[] =>
  texts
    .map((text) => ({ text, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ text }) => text);

const LETTERS = "abcdefghijklmnop".split("");

/** Maps of the same few keys, each time others of them in another order. */
const shuffledMaps = (entries: number): Uint8Array =>
  times(ITEMS / (1 + entries), () =>
    mapItem(
      ...shuffled(LETTERS)
        .slice(0, entries)
        .map((key) => [textItem(key), NULL] as const),
    ),
  );

/** Maps of one layout. */
const rows = (entries: number, value: Uint8Array): Uint8Array =>
  times(ITEMS / (1 + entries), () =>
    mapItem(...Array.from({ length: entries }, (_, i) => [textItem(`column${i}`), value] as const)),
  );

/** Maps whose only keys look like these indexes. */
const indexed = (count: number, ...indexes: readonly number[]): Uint8Array =>
  times(count, () => mapItem(...indexes.map((index) => [textItem(`${index}`), NULL] as const)));

/** For each kind of item and key the message that takes the most memory for what it costs, or near it. */
export const WORST_MESSAGES: Readonly<Record<string, () => Uint8Array>> = {
  null: () => times(ITEMS, () => NULL),
  "small integers": () => times(ITEMS, () => bytesOf("01")),
  "integers of eight bytes": () => times(ITEMS, (i) => large(2n ** 40n + BigInt(i))),
  floats: () => times(ITEMS, (i) => doubleItem(i + 0.5)),
  "floats among others": () => times(ITEMS, (i) => (i % 2 === 0 ? doubleItem(i + 0.5) : NULL)),
  "empty texts": () => times(ITEMS, () => textItem("")),
  "texts of one letter": () => times(ITEMS, () => textItem("a")),
  "texts of two letters": () => times(ITEMS, () => textItem("ab")),
  "texts of nine letters": () => times(ITEMS, () => textItem("abcdefghi")),
  "texts of 20 letters": () => times(ITEMS, () => textItem("abcdefghijklmnopqrst")),
  "texts of 60 letters": () => times(ITEMS, () => textItem("x".repeat(60))),
  "texts of 90 letters": () => times(ITEMS, () => textItem("x".repeat(90))),
  "one text": () => times(1, () => textItem("x".repeat(1_000_000))),
  "short texts beyond Latin-1": () => times(ITEMS, () => textItem("\u20ac")),
  "texts of 20 letters, one of them beyond Latin-1": () =>
    times(ITEMS, () => textItem(`\u20ac${"a".repeat(17)}`)),
  "texts of 90 letters, one of them beyond Latin-1": () =>
    times(ITEMS, () => textItem(`\u20ac${"a".repeat(87)}`)),
  "one text, one letter of it beyond Latin-1": () =>
    times(1, () => textItem(`\u20ac${"x".repeat(1_000_000)}`)),
  "empty byte strings": () => times(ITEMS, () => byteString(0)),
  "byte strings of 1 byte": () => times(ITEMS, () => byteString(1)),
  "byte strings of 64 bytes": () => times(ITEMS, () => byteString(64)),
  "byte strings of 65 bytes": () => times(ITEMS, () => byteString(65)),
  "byte strings of 100 bytes": () => times(ITEMS, () => byteString(100)),
  "byte strings of 5,000 bytes": () => times(200, () => byteString(5_000)),
  "one byte string": () => times(1, () => byteString(1_000_000)),
  times: () => times(ITEMS, () => bytesOf("c101")),
  "times of fractions": () => times(ITEMS, (i) => joined(bytesOf("c1"), doubleItem(i + 0.5))),
  "empty arrays": () => times(ITEMS, () => bytesOf("80")),
  "arrays of one null": () => times(ITEMS / 2, () => bytesOf("81f6")),
  "arrays of one float": () => times(ITEMS / 2, () => arrayItem(doubleItem(1.5))),
  "empty maps": () => times(ITEMS, () => bytesOf("a0")),
  "maps of one fresh key": () => freshMaps(1, 5),
  "maps of one long fresh key": () => freshMaps(1, 64),
  "maps of one fresh key beyond Latin-1": () =>
    times(ITEMS / 2, () => mapItem([textItem(`${freshKey(60)}\u20ac`), NULL])),
  "maps of two fresh keys": () => freshMaps(2, 5),
  "maps of five fresh keys": () => freshMaps(5, 5),
  "maps of ten fresh keys": () => freshMaps(10, 5),
  "maps of 16 fresh keys": () => freshMaps(16, 5),
  "maps of 17 fresh keys": () => freshMaps(17, 5),
  "maps of 22 fresh keys": () => freshMaps(22, 5),
  "maps of 100 fresh keys": () => freshMaps(100, 5),
  "maps of 1,000 fresh keys": () => freshMaps(1_000, 5),
  "maps of five fresh keys with floats": () => freshMaps(5, 5, doubleItem(1.5)),
  "maps of two known keys, shuffled": () => shuffledMaps(2),
  "maps of four known keys, shuffled": () => shuffledMaps(4),
  "maps of twelve known keys, shuffled": () => shuffledMaps(12),
  "rows of one": () => rows(1, NULL),
  "rows of five": () => rows(5, NULL),
  "rows of five floats": () => rows(5, doubleItem(1.5)),
  "rows of eight": () => rows(8, NULL),
  "rows of 16": () => rows(16, NULL),
  "rows of 17": () => rows(17, NULL),
  "rows of 22": () => rows(22, NULL),
  "maps with the index 0": () => indexed(ITEMS / 2, 0),
  "maps with the index 20": () => indexed(ITEMS / 2, 20),
  "maps with the index 64": () => indexed(ITEMS / 2, 64),
  "maps with the index 100": () => indexed(3_000, 100),
  "maps with the index 1022": () => indexed(600, 1022),
  "maps with the indexes 1023 and 2570": () => indexed(250, 1023, 2570),
  "maps with the index 5000": () => indexed(ITEMS / 2, 5000),
  "maps with the index 4294967294": () => indexed(ITEMS / 2, 4_294_967_294),
  "maps of 20 far indexes": () =>
    times(ITEMS / 21, (i) =>
      mapItem(
        ...Array.from({ length: 20 }, (_, k) => [textItem(`${100_000 + 977 * i + 31 * k}`), NULL] as const),
      ),
    ),
  "maps of 20 indexes": () => indexed(ITEMS / 21, ...Array.from({ length: 20 }, (_, k) => k)),
};
