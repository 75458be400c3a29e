import type { NameTree } from "../../yaml/name-tree.ts";
import type { PolicyTree, RoleTree } from "../syntax/tree.ts";

/** The roles and all that they include, at any depth; undeclared ones are left out. In no special order. */
export function flatten(roles: Iterable<string>, declared: PolicyTree["roles"]): Set<string> {
  const reached = new Set<string>();
  const waiting = [...roles];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const role = declared.get(name);
    if (role === undefined || reached.has(name)) continue;
    reached.add(name);
    for (const included of role.includes) waiting.push(included.name);
  }
  return reached;
}

/** The roles that somebody holds, by an identity or by a certificate, through includes too. */
export function heldRoles({
  roles,
  identities,
  authorities,
}: Pick<PolicyTree, "roles" | "identities" | "authorities">): ReadonlySet<string> {
  const holders = [...identities.values(), ...authorities.values()];
  return flatten(
    holders.flatMap((holder) => holder.roles.map(({ name }) => name)),
    roles,
  );
}

/** A chain of roles, each including the next and the last the first; and the entry that closes it. */
export interface Cycle {
  readonly roles: readonly string[];
  readonly closedBy: NameTree;
}

/**
 * Every entry that includes a role which leads back to it. With a stack of our own: a chain of roles may
 * be as long as the file.
 */
export function cycles(declared: PolicyTree["roles"]): Cycle[] {
  const found: Cycle[] = [];
  const done = new Set<string>();
  for (const start of declared.values()) {
    const path: { readonly role: RoleTree; next: number }[] = [];
    const onPath = new Map<string, number>();
    const enter = (role: RoleTree): void => {
      onPath.set(role.name, path.length);
      path.push({ role, next: 0 });
    };
    if (!done.has(start.name)) enter(start);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const include = top.role.includes[top.next++];
      if (include === undefined) {
        done.add(top.role.name);
        onPath.delete(top.role.name);
        path.pop();
        continue;
      }
      const since = onPath.get(include.name);
      const role = declared.get(include.name);
      if (since !== undefined) {
        found.push({ roles: path.slice(since).map((step) => step.role.name), closedBy: include });
      } else if (role !== undefined && !done.has(include.name)) {
        enter(role);
      }
    }
  }
  return found;
}
