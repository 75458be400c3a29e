import * as fc from "fast-check";
import type { Model, ModelCall, ModelConstraint, ModelGrant, ModelMethod } from "../reference.ts";
import { bound, NOW_MS } from "../support.ts";
import { constraint } from "./model-constraints.ts";
import { anyArgument } from "./model-values.ts";

/** Random assertions, and policies and calls so small that they touch them. */

/** What no grant may allow, as it stands in a file. */
export interface ModelNever {
  readonly call: readonly string[];
  readonly args?: Readonly<Record<string, ModelConstraint>>;
  readonly unless?: readonly string[];
}

/** Few, with patterns that reach several of them: what is granted and what is forbidden are to meet. */
export const FEW_METHODS: readonly ModelMethod[] = [
  { name: "svc.get", params: ["a", "b"], reserved: false },
  { name: "svc.put", params: ["b", "a"], reserved: false },
  { name: "svc.disk.put", params: ["a"], reserved: false },
  { name: "svc.hidden", params: ["a"], reserved: true },
  { name: "rpcd.stop", params: ["a"], reserved: false },
];
const pattern = fc.constantFrom(
  "**",
  "svc.**",
  "svc.*",
  "svc.*.put",
  "rpcd.*",
  ...FEW_METHODS.map(({ name }) => name),
);

const range = fc.tuple(fc.constantFrom(0, 1, 2), fc.constantFrom(2, 3)).map(([min, max]) => ({ min, max }));
const small: fc.Arbitrary<ModelConstraint> = fc.oneof(
  range.map((ends): ModelConstraint => ({ kind: "int", ...ends })),
  range.map((ends): ModelConstraint => ({ kind: "string", ...ends })),
  fc
    .subarray<unknown>([1, 2, "web", "api"], { minLength: 2 })
    .map((values): ModelConstraint => ({ kind: "enum", values })),
  fc.constantFrom<ModelConstraint>("any", "int", "string", { kind: "glob", patterns: ["w*"] }),
);
const held = fc.oneof(
  { weight: 4, arbitrary: small },
  {
    weight: 1,
    arbitrary: fc
      .array(small, { minLength: 2, maxLength: 2 })
      .map((alternatives): ModelConstraint => ({ kind: "one_of", alternatives })),
  },
  { weight: 1, arbitrary: constraint },
);

const fields = (keys: readonly string[]): fc.Arbitrary<Readonly<Record<string, ModelConstraint>>> =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...keys), held), {
      minLength: 1,
      maxLength: 2,
      selector: ([name]) => name.replace("?", ""),
    })
    .map((all) => Object.fromEntries(all));

const NAMED = ["viewer", "operator", "id:alice", "id:fleet-ca/web-7"];
const subject = fc.constantFrom("everyone", "everyone", ...NAMED);

const grant: fc.Arbitrary<ModelGrant> = fc.record({
  to: fc.array(subject, { minLength: 1, maxLength: 2 }),
  call: fc.array(pattern, { minLength: 1, maxLength: 2 }),
  except: fc.oneof(fc.constant([]), fc.array(pattern, { maxLength: 1 })),
  args: fc.oneof(
    fc.constantFrom<ModelGrant["args"]>("any", "any", "none"),
    fields(["a", "a?", "b?", "0?", "1?", "*"]),
  ),
});

/** Without conditions, which assertions do not look at. */
export const bareModel: fc.Arbitrary<Model> = fc.record({
  roles: fc.constantFrom({ viewer: [], operator: [] }, { viewer: [], operator: ["viewer"] }),
  identities: fc.record({
    alice: fc.record({ roles: fc.subarray(["viewer", "operator"]) }),
    bob: fc.record({ roles: fc.subarray(["viewer", "operator"]) }),
  }),
  authorities: fc.record({
    "fleet-ca": fc.record({ names: fc.constant(["web-*"]), roles: fc.subarray(["viewer", "operator"]) }),
  }),
  revoked: fc.constant([]),
  grants: fc
    .array(grant, { minLength: 1, maxLength: 3 })
    .map((all) => Object.fromEntries(all.map((one, i) => [`g${i}`, one]))),
});

export const never: fc.Arbitrary<ModelNever> = fc.record(
  {
    call: fc.array(pattern, { minLength: 1, maxLength: 2 }),
    args: fields(["a", "b", "0", "a?", "b?", "1?"]),
    unless: fc.subarray(NAMED, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: ["call"] },
);

const principal = fc.oneof(
  fc.record({ kind: fc.constant("identity" as const), name: fc.constantFrom("alice", "bob") }),
  fc.record({
    kind: fc.constant("certificate" as const),
    authority: fc.constant("fleet-ca"),
    name: fc.constantFrom("web-7", "web-8"),
    roles: fc.subarray(["viewer", "operator"]),
  }),
);

const value = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<unknown>(0, 1, 2, 2, 3, 4, "", "w", "web", "web", "api", null) },
  { weight: 1, arbitrary: anyArgument },
);

/** Of what the constraints above are about, now and then anything. */
export const bareCall: fc.Arbitrary<ModelCall> = fc
  .constantFrom(...FEW_METHODS.slice(0, 2), ...FEW_METHODS)
  .chain((method) =>
    fc.record({
      principal,
      method: fc.constant(method),
      args: fc
        .tuple(fc.oneof(fc.constant(method.params), fc.subarray([...method.params])), value, value)
        .map(([names, ...values]) => bound(Object.fromEntries(names.map((name, i) => [name, values[i]])))),
      peer: fc.constant({ via: "unix" as const }),
      nowMs: fc.constant(NOW_MS),
      requestBytes: fc.constant(0),
    }),
  );
