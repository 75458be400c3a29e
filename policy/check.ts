import type { Catalogue } from "../base/catalogue.ts";
import { checkCatalogue } from "./check-catalogue.ts";
import { closest } from "./closest.ts";
import { inOrder, type Place, type Problem } from "./problem.ts";
import { cycles, flatten } from "./roles.ts";
import type { GrantTree, IdentityTree, KeyTree, NameTree, PolicyTree } from "./tree.ts";

/**
 * Reports every problem of a policy that parsed. All of them, in the order of the text: whoever mends a
 * policy wants to see them at once. Without an error in the list the policy may be compiled.
 *
 * @param catalogue - where it is known, methods and arguments are held against it too
 */
export function check(policy: PolicyTree, catalogue?: Catalogue): Problem[] {
  return inOrder([
    ...undeclaredIncludes(policy),
    ...[...policy.identities.values()].flatMap((identity) => [...undeclaredRoles(identity, policy)]),
    ...[...policy.grants.values()].flatMap((grant) => [...undeclaredSubjects(grant, policy)]),
    ...roleCycles(policy),
    ...sharedKeys(policy),
    ...unusedRoles(policy),
    ...(catalogue === undefined ? [] : checkCatalogue(policy, catalogue)),
  ]);
}

function* undeclaredIncludes(policy: PolicyTree): Iterable<Problem> {
  for (const { includes } of policy.roles.values()) {
    for (const include of includes) {
      if (!policy.roles.has(include.name)) yield undeclared("role", include, policy);
    }
  }
}

function* undeclaredRoles({ roles }: IdentityTree, policy: PolicyTree): Iterable<Problem> {
  for (const role of roles) {
    if (!policy.roles.has(role.name)) yield undeclared("role", role, policy);
  }
}

function* undeclaredSubjects({ to }: GrantTree, policy: PolicyTree): Iterable<Problem> {
  for (const subject of to) {
    if (subject.kind === "role" && !policy.roles.has(subject.name)) yield undeclared("role", subject, policy);
    if (subject.kind === "identity" && !policy.identities.has(subject.name)) {
      yield undeclared("identity", subject, policy);
    }
  }
}

function undeclared(kind: "role" | "identity", { name, at }: NameTree, policy: PolicyTree): Problem {
  const declared = kind === "role" ? policy.roles : policy.identities;
  const section = kind === "role" ? policy.rolesAt : policy.identitiesAt;
  const related =
    section === undefined ? {} : { related: [{ at: section, text: `${plural(kind)} are declared` }] };
  const hint = undeclaredHint(kind, name, declared.keys(), policy);
  return { code: "P301", severity: "error", at, text: `${kind} '${name}' is not declared`, hint, ...related };
}

function undeclaredHint(kind: string, name: string, declared: Iterable<string>, policy: PolicyTree): string {
  if (kind === "role" && policy.identities.has(name)) return `for the identity write id:${name}`;
  const near = closest(name, declared);
  return near === undefined ? `declare it under '${plural(kind)}'` : `did you mean '${near}'?`;
}

function plural(kind: string): string {
  return kind === "role" ? "roles" : "identities";
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

function* sharedKeys({ identities }: PolicyTree): Iterable<Problem> {
  const seen = new Map<string, { readonly identity: string; readonly at: Place }>();
  for (const { name, keys } of identities.values()) {
    for (const key of keys) {
      const first = seen.get(key.fingerprint);
      if (first === undefined) seen.set(key.fingerprint, { identity: name, at: key.at });
      else yield sharedKey(key, name, first);
    }
  }
}

function sharedKey(key: KeyTree, name: string, first: { identity: string; at: Place }): Problem {
  const same = first.identity === name;
  const text = same
    ? `the key ${key.fingerprint} stands twice under '${name}'`
    : `the key ${key.fingerprint} belongs to '${first.identity}' already: a key stands for one identity`;
  const related = [{ at: first.at, text: "the first one is" }];
  return { code: "P303", severity: "error", at: key.at, text, hint: "remove one of the two", related };
}

/** Held counts through includes: a role that only builds up others is in use when one of them is. */
function* unusedRoles({ roles, identities, grants }: PolicyTree): Iterable<Problem> {
  const held = flatten(
    [...identities.values()].flatMap((identity) => identity.roles.map(({ name }) => name)),
    roles,
  );
  const granted = new Set<string>();
  for (const { to } of grants.values()) {
    for (const { kind, name } of to) if (kind === "role") granted.add(name);
  }
  for (const { name, at } of roles.values()) {
    if (held.has(name) || granted.has(name)) continue;
    const text = `role '${name}' is neither held by an identity nor named by a grant`;
    yield { code: "P304", severity: "warning", at, text, hint: "remove it, or use it" };
  }
}
