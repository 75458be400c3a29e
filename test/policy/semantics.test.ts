import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import type { Policy } from "../../policy/compile.ts";
import { type Decision, decide, deniedPaths, nearestMiss } from "../../policy/decide.ts";
import {
  anyValue,
  CONSTRAINTS,
  call,
  constraintOf,
  fileOf,
  grant,
  IDENTITIES,
  METHODS,
  type ModelCall,
  model,
  ROLES,
} from "./models.ts";
import { fits, type Model, mayCall } from "./reference.ts";
import { bound, catalogueOf, method, param, policyOf, publicKey } from "./support.ts";

const CATALOGUE = catalogueOf(
  ...METHODS.map(({ name, params, reserved }) =>
    method(
      name,
      params.map((one) => param(one)),
      reserved,
    ),
  ),
);

const candidatesOf = (policy: Policy, { identity, method: { name } }: ModelCall) => {
  const principal = policy.principalOf(publicKey(IDENTITIES.indexOf(identity) + 1));
  assert.ok(principal !== undefined);
  assert.equal(principal.identity, identity);
  return policy.table(principal, CATALOGUE).get(name) ?? [];
};

const FIRST_CALL: ModelCall = {
  identity: "alice",
  method: { name: "add", params: ["a", "b"], reserved: false },
  args: {},
};

/** A file in which everyone may call the first method with an `a` of that constraint. */
const fileWith = (written: unknown): string =>
  fileOf({ roles: {}, identities: { alice: [] }, grants: {} }).replace(
    '"grants":{}',
    () => `"grants":{"g":{"to":"everyone","call":"add","args":${JSON.stringify({ a: written })}}}`,
  );

const answer = (policy: Policy, one: ModelCall): Decision => decide(candidatesOf(policy, one), one.args);

const allows = (policy: Policy, one: ModelCall): boolean => answer(policy, one).allowed;

const calls = (count: number): fc.Arbitrary<ModelCall[]> =>
  fc.array(call, { minLength: count, maxLength: count });

describe("the compiled policy", () => {
  test("allows exactly what the plain reading of the language allows", () => {
    let allowed = 0;
    fc.assert(
      fc.property(model, calls(100), (one, several) => {
        const policy = policyOf(fileOf(one));
        for (const each of several) {
          const expected = mayCall(one, each.identity, each.method, each.args);
          assert.deepEqual({ ...each, allowed: allows(policy, each) }, { ...each, allowed: expected });
          if (expected) allowed++;
        }
      }),
      { numRuns: 400 },
    );
    // Both answers have to occur often, or the agreement says nothing.
    assert.ok(allowed > 2000, `${allowed} of 40000 allowed`);
  });

  for (const [kind, constraint] of Object.entries(CONSTRAINTS)) {
    test(`holds values against a constraint of kind ${kind} as the plain reading does`, () => {
      let allowed = 0;
      fc.assert(
        fc.property(constraint, fc.array(anyValue, { minLength: 100, maxLength: 100 }), (one, values) => {
          const grants = candidatesOf(policyOf(fileWith(constraintOf(one))), FIRST_CALL);
          for (const a of values) {
            const expected = fits(one, a);
            assert.deepEqual([one, a, decide(grants, bound({ a })).allowed], [one, a, expected]);
            if (expected) allowed++;
          }
        }),
        { numRuns: 100 },
      );
      // Both answers have to occur, or the agreement says nothing.
      assert.ok(allowed > 10 && allowed < 9000, `${allowed} of 10000 allowed`);
    });
  }

  test("names the nearest miss exactly where it denies and there is a candidate", () => {
    fc.assert(
      fc.property(model, calls(30), (one, several) => {
        const policy = policyOf(fileOf(one));
        for (const each of several) {
          const candidates = candidatesOf(policy, each);
          const denied = !decide(candidates, each.args).allowed;
          assert.equal(nearestMiss(candidates, each.args) !== undefined, denied && candidates.length > 0);
          if (!denied) assert.deepEqual(deniedPaths(candidates, each.args), []);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("never denies what it allowed when a grant is added, nor allows more when one is taken away", () => {
    fc.assert(
      fc.property(model, grant, calls(60), (less, added, several) => {
        const more: Model = { ...less, grants: { ...less.grants, added } };
        assertWider(less, more, several);
      }),
      { numRuns: 200 },
    );
  });

  test("never denies what it allowed when an identity gets a role", () => {
    const role = fc.constantFrom(...ROLES);
    fc.assert(
      fc.property(
        model,
        fc.constantFrom(...IDENTITIES),
        role,
        calls(60),
        (less, identity, added, several) => {
          const roles = [...(less.identities[identity] ?? []), added];
          assertWider(less, { ...less, identities: { ...less.identities, [identity]: roles } }, several);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("never denies what it allowed when a role includes another", () => {
    const last = ROLES.at(-1) ?? "";
    const role = fc.constantFrom(...ROLES.slice(0, -1));
    fc.assert(
      fc.property(model, role, calls(60), (less, added, several) => {
        const includes = [...(less.roles[last] ?? []), added];
        assertWider(less, { ...less, roles: { ...less.roles, [last]: includes } }, several);
      }),
      { numRuns: 200 },
    );
  });

  test("decides the same, by the same grant, in whatever order the file is written", () => {
    const shuffled = fc.tuple(fc.nat(), model);
    fc.assert(
      fc.property(shuffled, calls(60), ([seed, one], several) => {
        const other = permuted(one, seed);
        const [policy, permutation] = [policyOf(fileOf(one)), policyOf(fileOf(other))];
        for (const each of several) assert.deepEqual(answer(policy, each), answer(permutation, each));
      }),
      { numRuns: 200 },
    );
  });
});

function assertWider(less: Model, more: Model, several: readonly ModelCall[]): void {
  const [narrow, wide] = [policyOf(fileOf(less)), policyOf(fileOf(more))];
  for (const each of several) assert.ok(!allows(narrow, each) || allows(wide, each));
}

/** Turns every list and every map of the model around, and then a little more. */
function permuted({ roles, identities, grants }: Model, seed: number): Model {
  const turn = <T>(list: readonly T[]): T[] => {
    const at = list.length === 0 ? 0 : seed % list.length;
    return [...list.slice(at), ...list.slice(0, at)].toReversed();
  };
  const turnMap = <V>(map: Readonly<Record<string, V>>, change: (value: V) => V): Record<string, V> =>
    Object.fromEntries(turn(Object.entries(map)).map(([key, value]) => [key, change(value)]));
  return {
    roles: turnMap(roles, turn),
    identities: turnMap(identities, turn),
    grants: turnMap(grants, ({ to, call: patterns, except, args }) => ({
      args: typeof args === "string" ? args : turnMap(args, (one) => one),
      except: turn(except),
      call: turn(patterns),
      to: turn(to),
    })),
  };
}
