import type { Principal } from "./principals.ts";
import type { SubjectTree } from "./tree.ts";

/** Whether a grant that names this subject is for the principal. */
export function isFor({ kind, name }: SubjectTree, principal: Principal): boolean {
  if (kind === "everyone") return true;
  return kind === "role" ? principal.roles.includes(name) : principal.name === `id:${name}`;
}

/** As it is written in a policy. */
export function subjectText({ kind, name }: SubjectTree): string {
  return kind === "identity" || kind === "certificate" ? `id:${name}` : name;
}
