import type { Message } from "../../wire/message.ts";

const value = (found: unknown): Message => ({ kind: "value", id: 1, value: found });

const entries = (count: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));

/** Values from the daemon, one or two for each rule of the cost (docs/protocol.md, section 3). */
export const COST_MESSAGES: Readonly<Record<string, Message>> = {
  "value list of rows: a new layout, then a known one": value([
    { id: 1, name: "ada" },
    { id: 2, name: "ben" },
    { id: 3, name: "eve" },
  ]),
  "value list of rows, other keys between them": value([{ a: 1 }, { b: 1 }, { a: 1 }]),
  "value list of rows, the same keys in another order between them": value([
    { a: 1, b: 2 },
    { b: 2, a: 1 },
    { a: 1, b: 2 },
  ]),
  "value list of rows, a larger map between them": value([{ a: 1 }, { a: 1, b: 2 }, { a: 1 }]),
  "value list of rows, deeper ones between them": value([{ a: 1 }, [{ a: 1 }, { b: 1 }], { a: 1 }]),
  "value list of rows that hold rows": value([{ a: { a: 1 } }, { a: { a: 1 } }]),
  "value list of rows that differ in the last key: all keys are new": value([
    { grün: 1, a: 2 },
    { grün: 1, b: 2 },
  ]),
  "value list of empty maps": value([{}, {}]),
  "value list of rows of 16 entries: the second is known": value([entries(16), entries(16)]),
  "value list of rows of 17 entries: none is known": value([entries(17), entries(17)]),
  "value text of ASCII to its edge": value("a\u007f"),
  "value text beyond ASCII: each byte counts twice": value("a\u0080"),
  "value map with a key beyond ASCII, in a new and in a known layout": value([{ grün: 0 }, { grün: 0 }]),
  "value map with the key 0": value({ 0: 0 }),
  "value map with the index 3400": value({ 3400: 0 }),
  "value map with the index 3401, which is too large to count": value({ 3401: 0 }),
  "value map with indexes: the largest to 3400 counts": value({ 5: 0, 1023: 1, 3401: 2, name: 3 }),
  "value map with the largest index": value({ 4294967294: 0 }),
  "value map with a number that is no index": value({ 4294967295: 0 }),
  "value map with keys that are no indexes": value({ "00": 0, "01": 1, "-1": 2, "1.0": 3, "": 4 }),
  "value list of rows with an index: it counts in each": value([{ 7: 0 }, { 7: 0 }]),
};
