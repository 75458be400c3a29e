import * as fc from "fast-check";
import { formatPublicKey } from "../../../certs/public-key.ts";
import {
  covers,
  type Model,
  type ModelAuthority,
  type ModelCall,
  type ModelGrant,
  type ModelIdentity,
  type ModelMethod,
  type ModelPeer,
  type ModelPrincipal,
  type ModelWindow,
} from "../reference.ts";
import { bound, keyLine, publicKey } from "../support.ts";
import { constraint, constraintOf, fieldsOf, mapValues } from "./model-constraints.ts";
import { NETWORKS, peer } from "./model-peers.ts";
import { anyArgument } from "./model-values.ts";

export type { ModelCall } from "../reference.ts";
export { CONSTRAINTS, constraintOf, glob, pathGlob, patternText, regex } from "./model-constraints.ts";
export { anyValue } from "./model-values.ts";

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
  { name: "log.open", params: ["a"], reserved: false, returns: "cursor" },
  { name: "log.tail", params: ["a", "unit"], reserved: false, returns: "stream" },
  { name: "log.watch", params: ["a"], reserved: false, returns: "callback" },
  { name: "cursor.next", params: ["a"], reserved: false },
];

/** The names of the different kinds overlap: none of them may be taken for another. */
export const ROLES = ["viewer", "operator", "constructor", "toString"];
export const IDENTITIES = ["alice", "bob", "hasOwnProperty"];
export const AUTHORITIES = ["fleet-ca", "bob"];
const CERTIFICATES = ["web-7", "web-8", "db-1", "alice"];
/** Neither an identity nor an authority of any policy. */
export const STRANGER = "mallory";

/** The key of an identity, for `publicKey`; the stranger has one that no policy knows. */
export const identityKeyNumber = (name: string): number => IDENTITIES.indexOf(name) + 1;

/** The key of an authority, for `publicKey`; the stranger has one that no policy knows. */
export const authorityKeyNumber = (name: string): number => AUTHORITIES.indexOf(name) + 101;

const NARROW = [
  ...METHODS.map(({ name }) => name),
  "math.*",
  "math.*.add",
  "math.*.**",
  "math.deep.*",
  "rpcd.*",
  "rpcd.**",
  "service.*",
  "mat.**",
];
const WIDE = ["**", "math.**", "log.*", "log.**"];

const pattern = fc.oneof(fc.constantFrom(...NARROW), fc.constantFrom(...WIDE));

/** The methods above, and a name for each way in which a pattern may reach further than they do. */
const REACHED: readonly ModelMethod[] = [
  ...METHODS,
  ...[
    "x",
    "math.x",
    "math.x.x",
    "math.x.add",
    "math.x.x.add",
    "math.deep.x",
    "mat.x",
    "service.x",
    "log.x",
    "log.x.x",
  ].map((name) => ({ name, params: [], reserved: false })),
];

const INSTANTS = [
  Date.UTC(2026, 0, 1),
  Date.UTC(2026, 5, 1, 12, 30, 15, 250),
  Date.UTC(2026, 11, 31, 23, 59, 59),
] as const;
const [FIRST, SECOND, THIRD] = INSTANTS;

const window = fc.constantFrom<ModelWindow>(
  { since: FIRST },
  { since: SECOND },
  { since: THIRD },
  { until: FIRST },
  { until: SECOND },
  { until: THIRD },
  { since: FIRST, until: SECOND },
  { since: FIRST, until: THIRD },
  { since: SECOND, until: THIRD },
);

/** Bytes, as a file writes them. */
const REQUEST_LIMITS = new Map([
  [1024, "1KiB"],
  [2048, "2KiB"],
]);

const argsRecord = fc
  .uniqueArray(
    fc.tuple(fc.constantFrom("a", "b", "c", "unit", "0", "1", "7", "*"), fc.boolean(), constraint),
    { minLength: 1, maxLength: 3, selector: ([key]) => key },
  )
  .map(fieldsOf);

const subject = fc.oneof(
  fc.constant("everyone"),
  fc.constantFrom(...ROLES),
  fc.constantFrom(
    ...IDENTITIES.map((name) => `id:${name}`),
    ...AUTHORITIES.map((name) => `id:${name}/web-7`),
  ),
);

const coverage = fc.record(
  {
    to: fc.array(subject, { minLength: 1, maxLength: 2 }),
    call: fc.array(pattern, { minLength: 1, maxLength: 3 }),
    except: fc.oneof(fc.constant([]), fc.array(fc.constantFrom(...NARROW, ...WIDE), { maxLength: 2 })),
    args: fc.oneof(fc.constantFrom<ModelGrant["args"]>("none", "any", "any"), argsRecord),
    returns: fc.subarray(["cursor", "stream", "callback"], { minLength: 1 }),
  },
  { requiredKeys: ["to", "call", "except", "args"] },
);

const conditions = fc.record(
  {
    via: fc.subarray<ModelPeer["via"]>(["unix", "tls", "stream"], { minLength: 1 }),
    from: fc.array(fc.constantFrom(...NETWORKS), { minLength: 1, maxLength: 2 }),
    valid: window,
    limits: fc.constantFrom(...REQUEST_LIMITS.keys()).map((request) => ({ request })),
  },
  { requiredKeys: [] },
);

/** Half of the grants set no conditions, or few calls would be allowed. */
export const grant: fc.Arbitrary<ModelGrant> = fc
  .tuple(coverage, fc.oneof(fc.constant({}), conditions))
  .map(([covered, held]): ModelGrant => ({ ...covered, ...held }))
  .filter(canMatch);

/** Whether some call can match: a file with a grant that none can is refused (P501). */
function canMatch(one: ModelGrant): boolean {
  const isAddressless = one.via?.every((via) => via === "unix") ?? false;
  return REACHED.some((method) => covers(one, method)) && !(isAddressless && one.from !== undefined);
}

/** A role includes only roles before it, so there is no circle. */
const roles = fc
  .tuple(
    ...ROLES.map((_, i) => (i === 0 ? fc.constant([]) : fc.subarray(ROLES.slice(0, i), { maxLength: 1 }))),
  )
  .map((includes) => Object.fromEntries(ROLES.map((name, i) => [name, includes[i] ?? []])));

const oneOfFour = <T extends object>(one: fc.Arbitrary<T>): fc.Arbitrary<Partial<T>> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: one });

const identity: fc.Arbitrary<ModelIdentity> = fc
  .tuple(fc.subarray(ROLES, { maxLength: 2 }), oneOfFour(fc.record({ valid: window })))
  .map(([held, validity]) => ({ roles: held, ...validity }));

/** Wide, for most certificates of the calls are to be good; and all have `web-7`, which grants name. */
const authority: fc.Arbitrary<ModelAuthority> = fc.record({
  names: fc.constantFrom(["**"], ["*"], ["web-?", "db-*"], ["web-7", "alice"], ["*-7"]),
  roles: fc.oneof(
    { weight: 3, arbitrary: fc.constant(ROLES) },
    { weight: 1, arbitrary: fc.subarray(ROLES, { minLength: 1 }) },
  ),
});

const named = <T>(names: readonly string[], one: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.record(Object.fromEntries(names.map((name) => [name, one])));

export const model: fc.Arbitrary<Model> = fc.record({
  roles,
  identities: named(IDENTITIES, identity),
  authorities: named(AUTHORITIES, authority),
  revoked: fc.oneof(
    { weight: 5, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.subarray(IDENTITIES, { minLength: 1, maxLength: 2 }) },
  ),
  grants: fc
    .array(grant, { minLength: 3, maxLength: 8 })
    .map((grants) => Object.fromEntries(grants.map((one, i) => [`g${i}`, one]))),
});

const certificateOf = (authorities: readonly string[]): fc.Arbitrary<ModelPrincipal> =>
  fc.record({
    kind: fc.constant("certificate"),
    authority: fc.constantFrom(...authorities),
    name: fc.constantFrom("web-7", "web-7", "web-7", ...CERTIFICATES),
    roles: fc.subarray(ROLES, { maxLength: 2 }),
  });

const identityOf = (names: readonly string[]): fc.Arbitrary<ModelPrincipal> =>
  fc.record({ kind: fc.constant("identity"), name: fc.constantFrom(...names) });

const principal = fc.oneof(
  { weight: 12, arbitrary: identityOf(IDENTITIES) },
  { weight: 12, arbitrary: certificateOf(AUTHORITIES) },
  { weight: 1, arbitrary: fc.oneof(identityOf([STRANGER]), certificateOf([STRANGER])) },
);

const argsOf = (method: ModelMethod): fc.Arbitrary<ModelCall["args"]> =>
  fc
    .tuple(
      fc.subarray([...method.params]),
      fc.option(fc.constantFrom("a", "unit", "7", "extra"), { nil: undefined, freq: 8 }),
      fc.array(anyArgument, { minLength: 4, maxLength: 4 }),
    )
    .map(([names, other, values]) => {
      const all = other === undefined ? names : [...names, other];
      return bound(Object.fromEntries(all.map((name, i) => [name, values[i]])));
    });

/** Calls at the bounds that the policies above set. */
export const call: fc.Arbitrary<ModelCall> = fc.constantFrom(...METHODS).chain((method) =>
  fc.record({
    principal,
    method: fc.constant(method),
    args: argsOf(method),
    peer,
    nowMs: fc.constantFrom(...INSTANTS.flatMap((instant) => [instant - 1, instant])),
    requestBytes: fc.constantFrom(
      ...[...REQUEST_LIMITS.keys()].flatMap((limit) => [limit - 1, limit, limit + 1]),
    ),
  }),
);

/** The policy as a file. JSON is YAML, and quotes every text. */
export function fileOf({ roles: includes, identities, authorities, revoked, grants, shadow }: Model): string {
  return JSON.stringify({
    policy: 1,
    roles: mapValues(includes, (names) => ({ includes: names })),
    identities: mapValues(identities, ({ roles: held, valid }, name) => ({
      keys: [formatPublicKey(publicKey(identityKeyNumber(name)))],
      roles: held,
      valid: valid && windowText(valid, { since: 120, until: -330 }),
    })),
    authorities: mapValues(authorities, ({ names, roles: asserted }, name) => ({
      keys: [keyLine(authorityKeyNumber(name))],
      names,
      roles: asserted,
    })),
    // The same key with another comment is the same key.
    revoked: revoked.map((name) => keyLine(identityKeyNumber(name))),
    grants: mapValues(grants, grantText),
    shadow: shadow && mapValues(shadow, grantText),
  });
}

function grantText({ args, valid, limits, ...rest }: ModelGrant): unknown {
  return {
    ...rest,
    args: typeof args === "string" ? args : mapValues(args, constraintOf),
    valid: valid && windowText(valid, { since: 0, until: 120 }),
    limits: limits && mapValues(limits, (request) => REQUEST_LIMITS.get(request)),
  };
}

/** Each place has an offset of its own, in minutes, so that one instant is written in many ways. */
function windowText({ since, until }: ModelWindow, offsets: { since: number; until: number }): unknown {
  return {
    since: since === undefined ? undefined : timeText(since, offsets.since),
    until: until === undefined ? undefined : timeText(until, offsets.until),
  };
}

/** RFC 3339, with a fraction only where there is one. */
function timeText(epochMs: number, offsetMinutes: number): string {
  const local = new Date(epochMs + offsetMinutes * 60_000).toISOString().slice(0, -1).replace(".000", "");
  if (offsetMinutes === 0) return `${local}Z`;
  const [hours, minutes] = [Math.floor(Math.abs(offsetMinutes) / 60), Math.abs(offsetMinutes) % 60];
  const digits = [hours, minutes].map((part) => String(part).padStart(2, "0")).join(":");
  return `${local}${offsetMinutes < 0 ? "-" : "+"}${digits}`;
}
