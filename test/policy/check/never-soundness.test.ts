import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { Fault } from "../../../base/fault.ts";
import { bindArguments } from "../../../catalogue/bind.ts";
import type { Catalogue } from "../../../catalogue/catalogue.ts";
import { fingerprint } from "../../../certs/public-key.ts";
import { checkNever } from "../../../policy/check/never.ts";
import type { Policy } from "../../../policy/decide/compile.ts";
import { decide } from "../../../policy/decide/decide.ts";
import { loadPolicy } from "../../../policy/load/load.ts";
import { parsePolicy } from "../../../policy/syntax/parse.ts";
import { ALWAYS } from "../../../policy/syntax/window.ts";
import { readYaml } from "../../../yaml/read.ts";
import { constraintOf, mapValues } from "../decide/model-constraints.ts";
import { bareCall, bareModel, FEW_METHODS, type ModelNever, never } from "../decide/model-never.ts";
import { fileOf, identityKeyNumber } from "../decide/models.ts";
import { fits, type Model, type ModelCall, type ModelConstraint } from "../reference.ts";
import { bytes, catalogueOf, method, NOW_MS, PEER, param, publicKey } from "../support.ts";

/** The plain reading: what is named is there and fits, and who calls is not left out. */
function forbids(
  { roles, identities }: Model,
  rule: ModelNever,
  one: ModelCall,
  catalogue: Catalogue,
): boolean {
  const { name, params } = one.method;
  const entry = catalogue.get(name);
  const isMatched = ([written, fitting]: [string, ModelConstraint]): boolean => {
    const text = written.replace("?", "");
    const argument = /^[0-9]/.test(text) ? (params[Number(text)] ?? text) : text;
    if (Object.hasOwn(one.args, argument)) return fits(fitting, one.args[argument]);
    const parameter = entry?.params.find((each) => each.name === argument);
    if (parameter !== undefined && Object.hasOwn(parameter, "default"))
      return fits(fitting, parameter.default);
    return written.endsWith("?");
  };
  const who = one.principal;
  const isIdentity = who.kind === "identity";
  const principal = isIdentity ? who.name : `${who.authority}/${who.name}`;
  const held = isIdentity ? (identities[who.name]?.roles ?? []) : who.roles;
  const holds = (role: string, wanted: string): boolean =>
    role === wanted || (roles[role] ?? []).some((included) => holds(included, wanted));
  return (
    rule.call.some((pattern) => matches(pattern.split("."), name.split("."))) &&
    Object.entries(rule.args ?? {}).every(isMatched) &&
    !(rule.unless ?? []).some((left) => left === `id:${principal}` || held.some((role) => holds(role, left)))
  );
}

function matches([first, ...pattern]: readonly string[], [segment, ...rest]: readonly string[]): boolean {
  if (first === undefined || segment === undefined) return first === segment;
  return first === "**" || ((first === "*" || first === segment) && matches(pattern, rest));
}

function fileWith(one: Model, { args, ...rule }: ModelNever): Uint8Array {
  const written = { ...rule, ...(args === undefined ? {} : { args: mapValues(args, constraintOf) }) };
  return bytes(fileOf(one).replace(/}$/, () => `,"never":${JSON.stringify({ n: written })}}`));
}

function allows(
  policy: Policy,
  { principal: who, method: { name }, args }: ModelCall,
  catalogue: Catalogue,
): boolean {
  const found =
    who.kind === "certificate"
      ? policy.principalOfCertificate(who.authority, who.name, who.roles, ALWAYS)
      : policy.principalOfKey(fingerprint(publicKey(identityKeyNumber(who.name))), NOW_MS);
  return (
    found.ok && decide(policy.table(found.principal, PEER, catalogue, NOW_MS).rows.get(name), args).allowed
  );
}

/** No parameter is required, and none has a default: the same that is known where no catalogue is. */
const PLAIN = catalogueOf(
  ...FEW_METHODS.map(({ name, params, reserved }) =>
    method(
      name,
      params.map((one) => param(one, { optional: true })),
      reserved,
    ),
  ),
);

/** The first parameter of each method is required, the second has a default that the constraints above are about. */
const RICH = catalogueOf(
  ...FEW_METHODS.map(({ name, params, reserved }) =>
    method(
      name,
      params.map((one, i) => param(one, i === 0 ? {} : { optional: true, default: one === "a" ? 2 : "web" })),
      reserved,
    ),
  ),
);

/** Pairs of a file and a call. */
const CALLS = 25;
const FILES = 400;

describe("an assertion", () => {
  const ways = [
    ["where no method is known", PLAIN, (file: Uint8Array) => loadPolicy(file, undefined, NOW_MS).problems],
    [
      "where the methods are known",
      RICH,
      (file: Uint8Array) => checkNever(parsePolicy(readYaml(file).root).tree, RICH),
    ],
  ] as const;
  for (const [where, catalogue, problemsOf] of ways) {
    test(`keeps out every file that allows a call which it forbids, ${where}`, (t) => {
      const count = { pairs: 0, broken: 0, refused: 0, kept: 0, allowed: 0 };
      const several = fc.array(bareCall, { minLength: CALLS, maxLength: CALLS });
      fc.assert(
        fc.property(bareModel, never, several, (one, rule, calls) => {
          // A grant that allows nothing keeps a file out before anything is asserted.
          const { policy } = loadPolicy(bytes(fileOf(one)), undefined, NOW_MS);
          fc.pre(policy !== undefined);
          const codes = problemsOf(fileWith(one, rule)).filter(({ severity }) => severity === "error");
          assert.ok(codes.every(({ code }) => code === "P602" || code === "P510"));
          // What an assertion says changes no decision, so the file without it decides.
          count[codes.length > 0 ? "refused" : "kept"]++;
          let isBroken = false;
          for (const each of calls) {
            const entry = catalogue.get(each.method.name);
            if (entry === undefined || bindArguments(entry, [], each.args) instanceof Fault) continue;
            count.pairs++;
            if (!allows(policy, each, catalogue)) continue;
            count.allowed++;
            if (!forbids(one, rule, each, catalogue)) continue;
            isBroken = true;
            if (codes.length === 0)
              assert.deepEqual({ file: fileWith(one, rule).toString(), ...each }, "refused");
          }
          if (isBroken) count.broken++;
        }),
        { seed: 9, numRuns: FILES },
      );
      t.diagnostic(JSON.stringify(count));
      // All has to occur often, or it says nothing.
      assert.ok(
        count.pairs >= 2000 && count.broken >= FILES / 10 && count.kept >= FILES / 10,
        JSON.stringify(count),
      );
    });
  }
});
