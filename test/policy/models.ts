import * as fc from "fast-check";
import { formatPublicKey } from "../../base/public-key.ts";
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

const range = (kind: "int" | "number" | "string"): fc.Arbitrary<ModelConstraint> =>
  fc.tuple(fc.option(end, { nil: undefined }), fc.option(end, { nil: undefined })).map(([one, other]) => {
    const ends = [one, other].map((drawn) =>
      drawn === undefined || kind === "int" ? drawn : kind === "string" ? Math.abs(drawn) : drawn / 2,
    );
    const [a, b] = ends;
    const [min, max] = a !== undefined && b !== undefined && a > b ? [b, a] : [a, b];
    return { kind, ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
  });

const member = fc.constantFrom<unknown>("web", "api", "3", "", "null", 3, 0, -1, 0.5, true, false, null);

const constraint: fc.Arbitrary<ModelConstraint> = fc.oneof(
  fc.constantFrom<ModelConstraint>("int", "number", "bool", "null", "string", "any"),
  range("int"),
  range("number"),
  range("string"),
  fc.array(member, { minLength: 1, maxLength: 4 }).map((values) => ({ kind: "enum" as const, values })),
);

const record = fc
  .uniqueArray(
    fc.tuple(fc.constantFrom("a", "b", "c", "unit", "0", "1", "7", "*"), fc.boolean(), constraint),
    { minLength: 1, maxLength: 3, selector: ([key]) => key },
  )
  .map((fields) =>
    Object.fromEntries(fields.map(([key, optional, c]) => [optional && key !== "*" ? `${key}?` : key, c])),
  );

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
];

/** Values at the bounds that the constraints above draw, and their look-alikes. */
const value = fc.constantFrom<unknown>(...NUMBERS, ...EXTREMES, ...TEXTS, ...DATA, ...NO_DATA);

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
        fc.array(value, { minLength: 4, maxLength: 4 }),
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

function constraintOf(written: ModelConstraint): unknown {
  if (typeof written === "string") return written;
  if (written.kind === "enum") return { enum: written.values };
  const { kind, min, max } = written;
  return min === undefined && max === undefined ? kind : { [kind]: `${min ?? ""}..${max ?? ""}` };
}

function mapValues<V, W>(
  map: Readonly<Record<string, V>>,
  change: (value: V, key: string) => W,
): Readonly<Record<string, W>> {
  return Object.fromEntries(Object.entries(map).map(([key, one]) => [key, change(one, key)]));
}
