import * as fc from "fast-check";
import { type ModelRegex, regexText } from "../patterns/naive-patterns.ts";
import type { ModelConstraint } from "./naive-values.ts";

/** Random constraints and patterns over few values, and how they are written in a file. */

const end = fc.constantFrom(-5, -1, 0, 1, 2, 3, 5);

const ends = (kind: "int" | "number" | "length"): fc.Arbitrary<{ min?: number; max?: number }> =>
  fc.tuple(fc.option(end, { nil: undefined }), fc.option(end, { nil: undefined })).map(([one, other]) => {
    const [a, b] = [one, other].map((drawn) =>
      drawn === undefined || kind === "int" ? drawn : kind === "length" ? Math.abs(drawn) : drawn / 2,
    );
    const [min, max] = a !== undefined && b !== undefined && a > b ? [b, a] : [a, b];
    return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
  });

const member = fc.constantFrom<unknown>("web", "api", "3", "", "null", 3, 0, -1, 0.5, true, false, null);

/** Characters at the edges of what patterns tell apart. */
const PATTERN_CHARACTERS = ["a", "b", "/", ".", "-", "3", "\t", "\u007f", "é", "\ud7ff", "\ue000", "😀"];
const patternCharacter = fc.constantFrom(...PATTERN_CHARACTERS.slice(0, 7), "é", "😀");

const classItem = fc
  .tuple(patternCharacter, patternCharacter)
  .map(([a, b]): [string, string] => ((a.codePointAt(0) ?? 0) <= (b.codePointAt(0) ?? 0) ? [a, b] : [b, a]));

/** Small regular expressions over a few characters, with all that the language has in them. */
export const regex: fc.Arbitrary<ModelRegex> = fc.letrec<{ regex: ModelRegex }>((tie) => ({
  regex: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.oneof(
      patternCharacter.map((char): ModelRegex => ({ kind: "char", char })),
      fc.constantFrom<ModelRegex>({ kind: "dot" }, { kind: "digit" }, { kind: "word" }),
      fc
        .tuple(fc.boolean(), fc.array(classItem, { minLength: 1, maxLength: 3 }))
        .map(([negated, items]): ModelRegex => ({ kind: "class", negated, items })),
    ),
    fc.array(tie("regex"), { maxLength: 3 }).map((parts): ModelRegex => ({ kind: "sequence", parts })),
    fc
      .array(tie("regex"), { minLength: 2, maxLength: 3 })
      .map((options): ModelRegex => ({ kind: "choice", options })),
    fc.tuple(tie("regex"), fc.nat({ max: 2 }), fc.option(fc.nat({ max: 2 }), { nil: undefined })).map(
      ([of, min, more]): ModelRegex => ({
        kind: "repeat",
        of,
        min,
        ...(more === undefined ? {} : { max: min + more }),
      }),
    ),
  ),
})).regex;

const globPart = fc.constantFrom("*", "**", "?", "a", "b", "/", ".", "é", "😀");
/** Three stars in a row are refused, and so are segments `.` and `..`. */
export const glob = fc
  .array(globPart, { maxLength: 5 })
  .map((parts) => parts.join("").replace(/\*{3,}/g, "**"))
  .filter((text) => !text.split("/").some((segment) => segment === "." || segment === ".."));
const pathSegment = fc.constantFrom("*", "**", "?", "a", "b", "a*", ".*", ".?", "..?", "...", "?.a", "é");
export const pathGlob = fc
  .array(pathSegment, { minLength: 1, maxLength: 3 })
  .map((segments) => `/${segments.join("/")}`);

/** Short texts of the characters that the patterns above are made of. */
export const patternText = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: patternCharacter },
      { weight: 1, arbitrary: fc.constantFrom(...PATTERN_CHARACTERS) },
    ),
    {
      maxLength: 6,
    },
  )
  .map((characters) => characters.join(""));

/** Keys of maps, with and without a meaning elsewhere. */
export const mapKey = fc.constantFrom("a", "team", "length", "0", "a b", "");

const some = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { minLength: 1, maxLength: 2 });

const LEAVES = {
  any: fc.constant<ModelConstraint>("any"),
  bool: fc.constant<ModelConstraint>("bool"),
  null: fc.constant<ModelConstraint>("null"),
  time: fc.constant<ModelConstraint>("time"),
  int: ends("int").map((range): ModelConstraint => ({ kind: "int", ...range })),
  number: ends("number").map((range): ModelConstraint => ({ kind: "number", ...range })),
  string: ends("length").map((range): ModelConstraint => ({ kind: "string", ...range })),
  bytes: ends("length").map((range): ModelConstraint => ({ kind: "bytes", ...range })),
  enum: fc
    .array(member, { minLength: 1, maxLength: 4 })
    .map((values): ModelConstraint => ({ kind: "enum", values })),
  re: some(regex).map((patterns): ModelConstraint => ({ kind: "re", patterns })),
  glob: some(glob).map((patterns): ModelConstraint => ({ kind: "glob", patterns })),
  path: some(pathGlob).map((patterns): ModelConstraint => ({ kind: "path", patterns })),
};

const leaf = fc.oneof(...Object.values(LEAVES));

/** A record of a grant or of a map: `key`, `key?` or `*`. */
export const fieldsOf = (
  fields: readonly (readonly [key: string, optional: boolean, of: ModelConstraint])[],
): Readonly<Record<string, ModelConstraint>> =>
  Object.fromEntries(fields.map(([key, optional, c]) => [optional && key !== "*" ? `${key}?` : key, c]));

const alternativesOf = (one: fc.Arbitrary<ModelConstraint>): fc.Arbitrary<ModelConstraint> =>
  fc
    .array(one, { minLength: 1, maxLength: 3 })
    .map((alternatives) => ({ kind: "one_of" as const, alternatives }));

const listOf = (of: fc.Arbitrary<ModelConstraint>): fc.Arbitrary<ModelConstraint> =>
  fc.tuple(of, ends("length")).map(([one, range]) => ({ kind: "list", of: one, ...range }));

const mapOf = (of: fc.Arbitrary<ModelConstraint>): fc.Arbitrary<ModelConstraint> =>
  fc
    .uniqueArray(fc.tuple(fc.oneof(mapKey, fc.constant("*")), fc.boolean(), of), {
      minLength: 1,
      maxLength: 3,
      selector: ([key]) => key,
    })
    .map((fields) => ({ kind: "map", fields: fieldsOf(fields) }));

const flat = fc.oneof({ weight: 3, arbitrary: leaf }, { weight: 1, arbitrary: alternativesOf(leaf) });
const collection = fc.oneof(listOf(flat), mapOf(flat));

const share = fc.constant(true);
const duration = fc.constantFrom("10m", "1h");
/** Bounds of a reference, in any mixture: each may be missing. */
const callBounds = fc.record({ calls: fc.constantFrom(1, 100), for: duration, share }, { requiredKeys: [] });
const streamBounds = fc.record(
  { bytes: fc.constantFrom("1KiB", "64MiB"), for: duration, share },
  { requiredKeys: [] },
);
const methodNames = fc.subarray(["next", "readlines", "close"], { minLength: 1 });

const REFERENCES = {
  callback: callBounds.map((bound): ModelConstraint => ({ kind: "callback", ...bound })),
  stream: streamBounds.map((bound): ModelConstraint => ({ kind: "stream", ...bound })),
  object: fc
    .tuple(methodNames, callBounds)
    .map(([methods, bound]): ModelConstraint => ({ kind: "object", methods, ...bound })),
};

const aReference = fc.oneof(...Object.values(REFERENCES));

/** Constraints of arguments by their kinds, as deep as a file may be. No list and no map holds a reference. */
export const CONSTRAINTS: Readonly<Record<string, fc.Arbitrary<ModelConstraint>>> = {
  ...LEAVES,
  list: listOf(fc.oneof(flat, collection)),
  map: mapOf(fc.oneof(flat, collection)),
  one_of: alternativesOf(
    fc.oneof({ weight: 2, arbitrary: leaf }, { weight: 2, arbitrary: collection }, aReference),
  ),
  ...REFERENCES,
};

/** Any of them, the shallow ones more often. */
export const constraint = fc.oneof(
  { weight: 2, arbitrary: leaf },
  { weight: 3, arbitrary: aReference },
  ...Object.values(CONSTRAINTS),
);

/** The constraint as it is written in a file. */
export function constraintOf(written: ModelConstraint): unknown {
  if (typeof written === "string") return written;
  switch (written.kind) {
    case "enum":
      return { enum: written.values };
    case "re":
      return { re: written.patterns.map(regexText) };
    case "glob":
    case "path":
      return { [written.kind]: written.patterns };
    case "one_of":
      return written.alternatives.map(constraintOf);
    case "map":
      return { map: mapValues(written.fields, constraintOf) };
    case "list": {
      const len = rangeText(written);
      return { list: { of: constraintOf(written.of), ...(len === undefined ? {} : { len }) } };
    }
    case "bytes":
    case "int":
    case "number":
    case "string": {
      const range = rangeText(written);
      return range === undefined ? written.kind : { [written.kind]: range };
    }
    case "callback":
    case "stream":
    case "object": {
      const { kind, ...bound } = written;
      return Object.keys(bound).length === 0 ? kind : { [kind]: bound };
    }
    default:
      throw new Error("no such constraint");
  }
}

function rangeText({ min, max }: { readonly min?: number; readonly max?: number }): string | undefined {
  return min === undefined && max === undefined ? undefined : `${min ?? ""}..${max ?? ""}`;
}

/** The map with the same keys. */
export function mapValues<V, W>(
  map: Readonly<Record<string, V>>,
  change: (value: V, key: string) => W,
): Readonly<Record<string, W>> {
  return Object.fromEntries(Object.entries(map).map(([key, one]) => [key, change(one, key)]));
}
