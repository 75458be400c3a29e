import type { NameTree } from "../../yaml/name-tree.ts";
import type { Principal } from "../decide/principals.ts";
import { flatten, heldRoles } from "../decide/roles.ts";
import { isFor } from "../decide/subject.ts";
import type { GrantTree, PolicyTree, SubjectTree } from "../syntax/tree.ts";

/** Somebody whom the grant is for and whom the assertion does not leave out, in words. */
export function somebody(
  policy: PolicyTree,
  { to }: GrantTree,
  unless: readonly SubjectTree[],
): string | undefined {
  const isMeant = (principal: Pick<Principal, "name" | "roles">): boolean =>
    to.some((subject) => isFor(subject, principal)) && !unless.some((subject) => isFor(subject, principal));
  const allOf = (roles: readonly NameTree[]): readonly string[] => [
    ...flatten(
      roles.map(({ name }) => name),
      policy.roles,
    ),
  ];
  for (const { name, roles } of policy.identities.values())
    if (isMeant({ name: `id:${name}`, roles: allOf(roles) })) return `id:${name}`;
  const certificates = to.filter(({ kind }) => kind === "certificate").map(({ name }) => name);
  for (const { name: authority, roles } of policy.authorities.values()) {
    // One that is named nowhere, and those that the grant names.
    const names = ["", ...certificates.filter((name) => name.startsWith(`${authority}/`))];
    // A certificate with one role: with more of them it would only be left out more easily. Or with none.
    for (const asserted of [[], ...roles.map((role) => [role])]) {
      const held = allOf(asserted);
      const found = names.find((name) => isMeant({ name: `id:${name}`, roles: held }));
      if (found === undefined) continue;
      const words = asserted.map((role) => ` with the role '${role.name}'`).join("");
      return found === "" ? `certificates of '${authority}'${words}` : `id:${found}`;
    }
  }
  return undefined;
}

/** Whether somebody could come whom the grant is for by this subject, and whom the assertion does not leave out. */
export function couldBeMeant(
  { roles, identities, authorities }: PolicyTree,
  { kind, name }: SubjectTree,
  unless: readonly SubjectTree[],
): boolean {
  if (kind !== "role" && kind !== "everyone") return false;
  const held = heldRoles({ roles, identities, authorities });
  // What somebody has already was looked at: they are left out, or break it.
  if (kind === "everyone" ? identities.size + authorities.size > 0 : held.has(name)) return false;
  const newcomer = { name: "", roles: kind === "role" ? [...flatten([name], roles)] : [] };
  return !unless.some((subject) => isFor(subject, newcomer));
}
