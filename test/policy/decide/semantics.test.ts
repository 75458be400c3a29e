import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import type { Decision } from "../../../policy/decide/compiled-grant.ts";
import { decide, deniedPaths, nearestMiss } from "../../../policy/decide/decide.ts";
import { explain } from "../../../policy/explain/explain.ts";
import { loadPolicy } from "../../../policy/load/load.ts";
import { fits, knows, type Model, type ModelIdentity } from "../reference.ts";
import { bound, NOW_MS, policyOf } from "../support.ts";
import {
  allows,
  answer,
  CATALOGUE,
  calls,
  candidatesOf,
  expectedOf,
  peerOf,
  principalOf,
} from "./decided.ts";
import {
  anyValue,
  CONSTRAINTS,
  constraintOf,
  fileOf,
  grant,
  IDENTITIES,
  type ModelCall,
  model,
  ROLES,
} from "./models.ts";

/** Pairs of a policy and a call that are held against the naive evaluator; continuous integration asks for more. */
const PAIRS = Number(process.env["RPCD_POLICY_PAIRS"] ?? 3_000);
/** Of the properties beside that. */
const RUNS = Math.max(100, PAIRS / 400);

const FIRST_CALL: ModelCall = {
  principal: { kind: "identity", name: "alice" },
  method: { name: "add", params: ["a", "b"], reserved: false },
  args: {},
  peer: { via: "unix" },
  nowMs: NOW_MS,
  requestBytes: 0,
};

/** A file in which everyone may call the first method with an `a` of that constraint. */
const fileWith = (written: unknown): string =>
  fileOf({
    roles: {},
    identities: { alice: { roles: [] } },
    authorities: {},
    revoked: [],
    grants: {},
  }).replace(
    '"grants":{}',
    () => `"grants":{"g":{"to":"everyone","call":"add","args":${JSON.stringify({ a: written })}}}`,
  );

/** Which grant decides, or why none does. */
const words = (decision: Decision): string => (decision.allowed ? decision.grant.id : decision.why);

describe("the compiled policy", () => {
  test("allows exactly what the plain reading of the language allows", (t) => {
    let allowed = 0;
    fc.assert(
      fc.property(model, calls(100), (one, several) => {
        const policy = policyOf(fileOf(one));
        for (const each of several) {
          const expected = expectedOf(one, each);
          assert.deepEqual({ ...each, allowed: allows(policy, each) }, { ...each, allowed: expected });
          if (expected) allowed++;
        }
      }),
      { numRuns: PAIRS / 100 },
    );
    t.diagnostic(`${PAIRS} pairs, ${allowed} allowed`);
    // Both answers have to occur often, or the agreement says nothing.
    assert.ok(allowed > PAIRS / 40, `${allowed} of ${PAIRS} allowed`);
  });

  test("knows exactly whom the plain reading knows, and for the same reason not", () => {
    const reasons = new Map([
      ["unknown_key", "unknown"],
      ["unknown_authority", "unknown"],
      ["revoked", "revoked"],
      ["expired", "expired"],
      ["name_exceeded", "exceeded"],
      ["roles_exceeded", "exceeded"],
    ]);
    const seen = new Set<string>();
    fc.assert(
      fc.property(model, calls(50), (one, several) => {
        const policy = policyOf(fileOf(one));
        for (const each of several) {
          const found = principalOf(policy, each);
          const expected = knows(one, each.principal, each.nowMs);
          assert.equal(typeof found === "string" ? reasons.get(found) : "good", expected);
          seen.add(expected);
        }
      }),
      { numRuns: RUNS },
    );
    assert.equal(seen.size, 5);
  });

  test("is explained as it is decided, by a grant that admits the call", () => {
    fc.assert(
      fc.property(model, calls(30), (one, several) => {
        const policy = policyOf(fileOf(one));
        for (const each of several) {
          const principal = principalOf(policy, each);
          if (typeof principal === "string") continue;
          const record = explain(
            policy,
            { method: each.method.name, positional: [], named: each.args },
            { principal, peer: peerOf(each), nowMs: each.nowMs, bytes: each.requestBytes },
            CATALOGUE,
          );
          // Arguments that the method does not have are refused before any grant is asked.
          if (record.binding !== undefined) continue;
          const decision = answer(policy, each);
          assert.equal(record.decision === "allow", decision.allowed);
          const grants = record.candidates.filter(({ conditions }) => conditions.every(({ holds }) => holds));
          if (decision.allowed) assert.ok(grants.some((found) => found.grant === decision.grant.id));
          else assert.deepEqual(grants, []);
        }
      }),
      { numRuns: RUNS },
    );
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
        { numRuns: RUNS },
      );
      // Both answers have to occur, or the agreement says nothing.
      const of = 100 * RUNS;
      assert.ok(allowed > of / 1_000 && allowed < (of * 9) / 10, `${allowed} of ${of} allowed`);
    });
  }

  test("names the nearest miss exactly where the arguments are why it denies", () => {
    fc.assert(
      fc.property(model, calls(30), (one, several) => {
        const policy = policyOf(fileOf(one));
        for (const each of several) {
          const candidates = candidatesOf(policy, each);
          const denied = !decide(candidates, each.args).allowed;
          assert.equal(nearestMiss(candidates, each.args) !== undefined, denied && candidates.all.length > 0);
          if (!denied) assert.deepEqual(deniedPaths(candidates, each.args), []);
        }
      }),
      { numRuns: RUNS },
    );
  });

  // M1 and M3 of the language's description.
  test("never denies what it allowed when a grant is added, nor allows more when one is taken away", () => {
    fc.assert(
      fc.property(model, grant, calls(60), (less, added, several) => {
        const more: Model = { ...less, grants: { ...less.grants, added } };
        assertWider(less, more, several);
      }),
      { numRuns: RUNS },
    );
  });

  test("never denies what it allowed when an identity gets a role", () => {
    const role = fc.constantFrom(...ROLES);
    fc.assert(
      fc.property(model, fc.constantFrom(...IDENTITIES), role, calls(60), (less, name, added, several) => {
        const identity = less.identities[name];
        if (identity === undefined) return;
        const richer: ModelIdentity = { ...identity, roles: [...identity.roles, added] };
        assertWider(less, { ...less, identities: { ...less.identities, [name]: richer } }, several);
      }),
      { numRuns: RUNS },
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
      { numRuns: RUNS },
    );
  });

  // M2
  test("decides the same, by the same grant, in whatever order the file is written", () => {
    const shuffled = fc.tuple(fc.nat(), model);
    fc.assert(
      fc.property(shuffled, calls(60), ([seed, one], several) => {
        const other = permuted(one, seed);
        const [policy, permutation] = [policyOf(fileOf(one)), policyOf(fileOf(other))];
        for (const each of several)
          assert.deepEqual(words(answer(policy, each)), words(answer(permutation, each)));
      }),
      { numRuns: RUNS },
    );
  });

  // M4
  test("is not changed by shadow grants, whatever they say", () => {
    fc.assert(
      fc.property(model, grant, calls(60), (one, shadow, several) => {
        const [without, beside] = [
          policyOf(fileOf(one)),
          policyOf(fileOf({ ...one, shadow: { shadow, other: { ...shadow, args: "any" } } })),
        ];
        for (const each of several)
          assert.deepEqual(words(answer(without, each)), words(answer(beside, each)));
      }),
      { numRuns: RUNS },
    );
  });

  test("is not changed by assertions and tests that hold", () => {
    const beside = {
      never: { zz: { call: "zz.never" } },
      tests: [{ as: "alice", deny: ["zz.never()"], at: "2026-06-01T12:00:00Z" }],
    };
    fc.assert(
      fc.property(model, calls(60), (one, several) => {
        const without = fileOf(one);
        const text = without.replace(/}$/, () => `,${JSON.stringify(beside).slice(1)}`);
        const { policy } = loadPolicy(Buffer.from(text), undefined, NOW_MS);
        // A grant for every method breaks the assertion: then there is nothing to compare.
        fc.pre(policy !== undefined);
        const alone = policyOf(without);
        for (const each of several) assert.deepEqual(words(answer(policy, each)), words(answer(alone, each)));
      }),
      { numRuns: RUNS },
    );
  });
});

function assertWider(less: Model, more: Model, several: readonly ModelCall[]): void {
  const [narrow, wide] = [policyOf(fileOf(less)), policyOf(fileOf(more))];
  for (const each of several) assert.ok(!allows(narrow, each) || allows(wide, each));
}

/** Turns every list and every map of the model around, and then a little more. */
function permuted({ roles, identities, authorities, revoked, grants }: Model, seed: number): Model {
  const turn = <T>(list: readonly T[]): T[] => {
    const at = list.length === 0 ? 0 : seed % list.length;
    return [...list.slice(at), ...list.slice(0, at)].toReversed();
  };
  const turnMap = <V>(map: Readonly<Record<string, V>>, change: (value: V) => V): Record<string, V> =>
    Object.fromEntries(turn(Object.entries(map)).map(([key, value]) => [key, change(value)]));
  return {
    revoked: turn(revoked),
    roles: turnMap(roles, turn),
    identities: turnMap(identities, (one) => ({ ...one, roles: turn(one.roles) })),
    authorities: turnMap(authorities, (one) => ({ names: turn(one.names), roles: turn(one.roles) })),
    grants: turnMap(grants, ({ args, ...one }) => ({
      ...one,
      args: typeof args === "string" ? args : turnMap(args, (field) => field),
      except: turn(one.except),
      call: turn(one.call),
      to: turn(one.to),
      ...(one.from === undefined ? {} : { from: turn(one.from) }),
      ...(one.via === undefined ? {} : { via: turn(one.via) }),
    })),
  };
}
