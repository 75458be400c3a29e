import type { Catalogue } from "../../catalogue/catalogue.ts";
import { inOrder, type Problem } from "../../yaml/problem.ts";
import { cycles, heldRoles } from "../decide/roles.ts";
import type { PolicyTree } from "../syntax/tree.ts";
import { checkCatalogue } from "./catalogue.ts";
import { checkKeys } from "./keys.ts";
import { checkNames } from "./names.ts";
import { allGrants } from "./walk-constraints.ts";

/**
 * Reports every problem of a policy that parsed. All of them, in the order of the text: whoever mends a
 * policy wants to see them at once. Without an error in the list the policy may be compiled.
 *
 * @param catalogue - where it is known, methods and arguments are held against it too
 */
export function check(policy: PolicyTree, catalogue?: Catalogue): Problem[] {
  return inOrder([
    ...checkNames(policy),
    ...roleCycles(policy),
    ...checkKeys(policy),
    ...unusedRoles(policy),
    ...unheldRoles(policy),
    ...(catalogue === undefined ? [] : checkCatalogue(policy, catalogue)),
  ]);
}

function* roleCycles({ roles }: PolicyTree): Iterable<Problem> {
  for (const { roles: chain, closedBy } of cycles(roles)) {
    const names = chain.length > 5 ? [...chain.slice(0, 4), "…", chain.at(-1) ?? ""] : chain;
    const text =
      chain.length === 1
        ? `role '${closedBy.name}' includes itself`
        : `roles include each other in a circle: ${[...names, closedBy.name].join(" → ")}`;
    yield { code: "P302", severity: "error", at: closedBy.at, text, hint: "remove one of the includes" };
  }
}

/** Held counts through includes: a role that only builds up others is in use when one of them is. */
function* unusedRoles({
  roles,
  identities,
  authorities,
  grants,
  shadow,
  never,
}: PolicyTree): Iterable<Problem> {
  const held = heldRoles({ roles, identities, authorities });
  const subjects = [
    ...[...grants.values(), ...shadow.values()].flatMap(({ to }) => to),
    ...[...never.values()].flatMap(({ unless }) => unless),
  ];
  const named = new Set(subjects.filter(({ kind }) => kind === "role").map(({ name }) => name));
  for (const { name, at } of roles.values()) {
    if (held.has(name) || named.has(name)) continue;
    const text = `role '${name}' is neither held by an identity nor named by a grant`;
    yield { code: "P304", severity: "warning", at, text, hint: "remove it, or use it" };
  }
}

/** A grant for a role that nobody holds looks as if it allowed something. */
function* unheldRoles(policy: PolicyTree): Iterable<Problem> {
  // A file for people who are still to come: each of its roles is like that.
  if (policy.identities.size + policy.authorities.size === 0) return;
  const held = heldRoles(policy);
  for (const { id, to } of allGrants(policy))
    for (const { kind, name, at } of to) {
      if (kind !== "role" || held.has(name) || !policy.roles.has(name)) continue;
      const text = `nobody holds the role '${name}', so '${id}' allows nobody anything by it`;
      const hint = "give the role to an identity or an authority, or name another one";
      yield { code: "P316", severity: "warning", at, text, hint };
    }
}
