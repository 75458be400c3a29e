import * as fc from "fast-check";
import { formatPublicKey } from "../../base/public-key.ts";
import { type ModelRegex, regexText } from "./naive-patterns.ts";
import type { Model, ModelConstraint, ModelGrant, ModelMethod } from "./reference.ts";
import { bound, publicKey } from "./support.ts";

/** Random policies and calls, small enough that they meet. */

export const METHODS: readonly ModelMethod[] = [
  { name: "add", params: ["a", "b"], reserved: false },
  { name: "math", params: [], reserved: false },
  { name: "math.add", params: ["a", "b", "c"], reserved: false },
  { name: "math.mul", params: ["b", "a"], reserved: false },
  { name: "math.deep.add", params: ["a"], reserved: false },
  { name: "math.deep.er.add", params: ["c", "a"], reserved: false },
  { name: "math.secret", params: ["a"], reserved: true },
  { name: "rpcd.status", params: [], reserved: false },
  { name: "service.deploy", params: ["unit", "a"], reserved: false },
];

export const ROLES = ["viewer", "operator", "constructor", "toString"];
export const IDENTITIES = ["alice", "bob", "hasOwnProperty"];

const KEYS = new Map(IDENTITIES.map((name, i) => [name, formatPublicKey(publicKey(i + 1))]));

const PATTERNS = [
  ...METHODS.map(({ name }) => name),
  "**",
  "math.*",
  "math.**",
  "math.*.add",
  "math.*.**",
  "math.deep.*",
  "rpcd.*",
  "rpcd.**",
  "service.*",
  "math.secret",
  "mat.**",
];

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
/** Three stars in a row are refused. */
export const glob = fc
  .array(globPart, { maxLength: 5 })
  .map((parts) => parts.join("").replace(/\*{3,}/g, "**"));
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

const mapKey = fc.constantFrom("a", "team", "length", "0", "a b", "");

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

const fieldsOf = (
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

/** Constraints by their kinds, as deep as a file may be. */
export const CONSTRAINTS: Readonly<Record<string, fc.Arbitrary<ModelConstraint>>> = {
  ...LEAVES,
  list: listOf(fc.oneof(flat, collection)),
  map: mapOf(fc.oneof(flat, collection)),
  one_of: alternativesOf(fc.oneof(leaf, collection)),
};

const constraint = fc.oneof({ weight: 2, arbitrary: leaf }, ...Object.values(CONSTRAINTS));

const record = fc
  .uniqueArray(
    fc.tuple(fc.constantFrom("a", "b", "c", "unit", "0", "1", "7", "*"), fc.boolean(), constraint),
    { minLength: 1, maxLength: 3, selector: ([key]) => key },
  )
  .map(fieldsOf);

export const grant: fc.Arbitrary<ModelGrant> = fc.record({
  to: fc.array(fc.constantFrom(...ROLES, "everyone", "everyone", ...IDENTITIES.map((name) => `id:${name}`)), {
    minLength: 1,
    maxLength: 2,
  }),
  call: fc.array(fc.constantFrom(...PATTERNS), { minLength: 1, maxLength: 3 }),
  except: fc.oneof(fc.constant([]), fc.array(fc.constantFrom(...PATTERNS), { maxLength: 2 })),
  args: fc.oneof(fc.constantFrom<ModelGrant["args"]>("none", "any"), record, record),
});

/** A role includes only roles before it, so there is no circle. */
const roles = fc
  .tuple(
    ...ROLES.map((_, i) => (i === 0 ? fc.constant([]) : fc.subarray(ROLES.slice(0, i), { maxLength: 1 }))),
  )
  .map((includes) => Object.fromEntries(ROLES.map((name, i) => [name, includes[i] ?? []])));

const identities = fc
  .tuple(...IDENTITIES.map(() => fc.subarray(ROLES, { maxLength: 2 })))
  .map((held) => Object.fromEntries(IDENTITIES.map((name, i) => [name, held[i] ?? []])));

export const model: fc.Arbitrary<Model> = fc.record({
  roles,
  identities,
  grants: fc
    .array(grant, { minLength: 1, maxLength: 5 })
    .map((grants) => Object.fromEntries(grants.map((one, i) => [`g${i}`, one]))),
});

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

const flatValue = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<unknown>(...NUMBERS, ...EXTREMES, ...TEXTS, ...DATA, ...NO_DATA) },
  { weight: 1, arbitrary: patternText },
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

export interface ModelCall {
  readonly identity: string;
  readonly method: ModelMethod;
  readonly args: Readonly<Record<string, unknown>>;
}

export const call: fc.Arbitrary<ModelCall> = fc
  .record({ identity: fc.constantFrom(...IDENTITIES), method: fc.constantFrom(...METHODS) })
  .chain(({ identity, method }) =>
    fc
      .tuple(
        fc.subarray([...method.params]),
        fc.option(fc.constantFrom("a", "unit", "7", "extra"), { nil: undefined, freq: 8 }),
        fc.array(anyValue, { minLength: 4, maxLength: 4 }),
      )
      .map(([names, other, values]) => {
        const all = other === undefined ? names : [...names, other];
        return { identity, method, args: bound(Object.fromEntries(all.map((name, i) => [name, values[i]]))) };
      }),
  );

/** The policy as a file. JSON is YAML, and quotes every text. */
export function fileOf({ roles: includes, identities: held, grants }: Model): string {
  return JSON.stringify({
    policy: 1,
    roles: mapValues(includes, (names) => ({ includes: names })),
    identities: mapValues(held, (names, name) => ({ keys: [KEYS.get(name)], roles: names })),
    grants: mapValues(grants, ({ args, ...rest }) => ({
      ...rest,
      args: typeof args === "string" ? args : mapValues(args, constraintOf),
    })),
  });
}

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
    default:
      throw new Error("no such constraint");
  }
}

function rangeText({ min, max }: { readonly min?: number; readonly max?: number }): string | undefined {
  return min === undefined && max === undefined ? undefined : `${min ?? ""}..${max ?? ""}`;
}

function mapValues<V, W>(
  map: Readonly<Record<string, V>>,
  change: (value: V, key: string) => W,
): Readonly<Record<string, W>> {
  return Object.fromEntries(Object.entries(map).map(([key, one]) => [key, change(one, key)]));
}
