import type { SubjectTree } from "../syntax/tree.ts";
import type { Principal } from "./principals.ts";

/** Whether a grant that names this subject is for the principal. */
export function isFor(
  { kind, name }: SubjectTree,
  { name: own, roles }: Pick<Principal, "name" | "roles">,
): boolean {
  if (kind === "everyone") return true;
  return kind === "role" ? roles.includes(name) : own === `id:${name}`;
}

/** As it is written in a policy. */
export function subjectText({ kind, name }: SubjectTree): string {
  return kind === "identity" || kind === "certificate" ? `id:${name}` : name;
}
