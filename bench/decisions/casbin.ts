import { type Enforcer, newEnforcer, newModelFromString } from "casbin";
import type { WrittenGrant } from "./world.ts";

/** Role based access control with patterns of names, as casbin's own examples write it. It has no arguments to look at. */
const MODEL = `
[request_definition]
r = sub, obj

[policy_definition]
p = sub, obj

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = g(r.sub, p.sub) && keyMatch(r.obj, p.obj)
`;

/** The same roles and the same patterns: a rule for each role and pattern of each grant. */
export async function casbinOf(
  grants: readonly WrittenGrant[],
  principals: ReadonlyMap<string, readonly string[]>,
): Promise<Enforcer> {
  const enforcer = await newEnforcer(newModelFromString(MODEL));
  const rules = new Set(
    grants.flatMap(({ roles, patterns }) =>
      roles.flatMap((role) => patterns.map((pattern) => `${role} ${pattern.replace(/\.\*\*?$/, ".*")}`)),
    ),
  );
  await enforcer.addPolicies([...rules].map((rule) => rule.split(" ")));
  await enforcer.addGroupingPolicies(
    [...principals].flatMap(([name, roles]) => roles.map((role) => [name, role])),
  );
  return enforcer;
}
