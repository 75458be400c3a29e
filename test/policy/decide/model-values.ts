import * as fc from "fast-check";
import { LiveReference } from "../../../catalogue/live-reference.ts";
import { bound } from "../support.ts";
import { mapKey, patternText } from "./model-constraints.ts";

/** Random values of arguments: what may come, and what looks like it. */

class Thing {
  readonly a = 1;
}

const NUMBERS = [-6, -5, -2.5, -1, -0.5, -0, 0, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4, 5, 6];
const EXTREMES = [2 ** 53 - 1, 2 ** 53, -(2 ** 53), 1e300, Number.NaN, Number.POSITIVE_INFINITY];
const TEXTS = [
  "",
  "a",
  "ab",
  "abc",
  "abcde",
  "abcdef",
  "😀",
  "😀😀😀",
  "\ud800",
  "web",
  "api",
  "3",
  "null",
  "true",
  "/a",
  "/a/b",
  "/a/",
  "/..",
  "a\n",
  "e\u0301",
];
const DATA = [
  true,
  false,
  null,
  [],
  {},
  [1, [null]],
  { a: { b: "c" } },
  { kind: "callback" },
  Uint8Array.of(1),
  Buffer.from("abcde"),
  new Uint8Array(6),
  new Date(0),
  bound({}),
];
const NO_DATA = [
  3n,
  undefined,
  Symbol("s"),
  () => 0,
  [() => 0],
  { a: undefined },
  new Map(),
  new Thing(),
  [Number.NaN],
  Array(2),
  new (class Sub extends Array {})(),
  new Date(Number.NaN),
  new Uint16Array(3),
];

const reference = fc
  .constantFrom<LiveReference["kind"]>("callback", "stream", "object")
  .map((kind) => new LiveReference(kind));

const flatValue = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<unknown>(...NUMBERS, ...EXTREMES, ...TEXTS, ...DATA, ...NO_DATA) },
  { weight: 1, arbitrary: patternText },
  { weight: 1, arbitrary: reference },
  // Of a type that few values have: without this hardly any would fit a constraint of that type.
  {
    weight: 1,
    arbitrary: fc.constantFrom(null, true, false, new Date(0), Uint8Array.of(1), new Uint8Array(6)),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "/a",
      "/b",
      "/.a",
      "/...",
      "/a/b",
      "/b/a/aa",
      "/é",
      "/a/é",
      "/a\n",
      "/a//b",
      "/./a",
    ),
  },
);

/** Values at the bounds that the constraints above draw, and their look-alikes. */
export const anyValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2, depthSize: "small" },
    flatValue,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.tuple(fc.nat({ max: 6 }), tie("value")).map(([length, one]) => Array(length).fill(one)),
    fc
      .tuple(
        fc.uniqueArray(fc.oneof(mapKey, fc.constantFrom("*", "a?")), { maxLength: 3 }),
        tie("value"),
        tie("value"),
      )
      .map(([keys, first, rest]) =>
        bound(Object.fromEntries(keys.map((key, i) => [key, i === 0 ? first : rest]))),
      ),
  ),
})).value;

/** The same, with references where they are most often allowed: as arguments. */
export const anyArgument = fc.oneof({ weight: 5, arbitrary: anyValue }, { weight: 1, arbitrary: reference });
