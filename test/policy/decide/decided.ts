import * as fc from "fast-check";
import type { LiveShape } from "../../../catalogue/catalogue.ts";
import { fingerprint } from "../../../certs/public-key.ts";
import { Candidates } from "../../../policy/decide/candidates.ts";
import type { Policy } from "../../../policy/decide/compile.ts";
import type { Decision } from "../../../policy/decide/compiled-grant.ts";
import { decide } from "../../../policy/decide/decide.ts";
import type { Peer } from "../../../policy/decide/grant-index.ts";
import type { Principal } from "../../../policy/decide/principals.ts";
import { addressOf } from "../../../policy/syntax/cidr.ts";
import { ALWAYS } from "../../../policy/syntax/window.ts";
import { knows, type Model, mayCall } from "../reference.ts";
import { catalogueOf, method, param, publicKey } from "../support.ts";
import { call, identityKeyNumber, METHODS, type ModelCall, STRANGER } from "./models.ts";

/** A random call, decided twice: by the engine, and by the plain reading of the language. */

/** The methods of random calls. */
export const CATALOGUE = catalogueOf(
  ...METHODS.map(({ name, params, reserved, returns }) => ({
    ...method(
      name,
      params.map((one) => param(one)),
      reserved,
    ),
    ...(returns === undefined ? {} : { returns: liveShape(returns) }),
  })),
);

export const calls = (count: number): fc.Arbitrary<ModelCall[]> =>
  fc.array(call, { minLength: count, maxLength: count });

/** Whom the policy knows, by a key or by a certificate; otherwise why it does not. */
export function principalOf(policy: Policy, { principal, nowMs }: ModelCall): Principal | string {
  const key = principal.name === STRANGER ? 99 : identityKeyNumber(principal.name);
  const found =
    principal.kind === "certificate"
      ? policy.principalOfCertificate(principal.authority, principal.name, principal.roles, ALWAYS)
      : policy.principalOfKey(fingerprint(publicKey(key)), nowMs);
  return found.ok ? found.principal : found.reason;
}

export const peerOf = ({ peer: { via, address } }: ModelCall): Peer => ({
  via,
  address: address === undefined ? undefined : addressOf(address),
});

export const candidatesOf = (policy: Policy, one: ModelCall): Candidates => {
  const principal = principalOf(policy, one);
  if (typeof principal === "string") return new Candidates([]);
  const table = policy.table(principal, peerOf(one), CATALOGUE, one.nowMs);
  return table.rows.get(one.method.name) ?? new Candidates([]);
};

export const answer = (policy: Policy, one: ModelCall): Decision =>
  decide(candidatesOf(policy, one), one.args, one.requestBytes);

export const allows = (policy: Policy, one: ModelCall): boolean => answer(policy, one).allowed;

/** What the plain reading says. */
export const expectedOf = (one: Model, each: ModelCall): boolean =>
  knows(one, each.principal, each.nowMs) === "good" && mayCall(one, each);

/** What a method that returns something live says of it, by the word that a grant has for it. */
function liveShape(returns: string): LiveShape {
  if (returns === "stream") return { type: "stream", of: { type: "any" } };
  if (returns === "callback") return { type: "callback", args: [], returns: { type: "any" } };
  return { type: "object", methods: ["next"], interface: returns };
}
