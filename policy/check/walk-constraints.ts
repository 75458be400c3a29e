import type { Constraint, FieldTree, GrantTree, PolicyTree } from "../syntax/tree.ts";

/** Every grant, on trial or not. */
export function allGrants({ grants, shadow }: PolicyTree): readonly GrantTree[] {
  return [...grants.values(), ...shadow.values()];
}

/** The arguments that a grant lists, and what it says of the others. */
export function argumentsOf({ args }: GrantTree): readonly FieldTree[] {
  if (args?.kind !== "record") return [];
  return args.others === undefined ? args.fields : [...args.fields, args.others];
}

/** A constraint, then all that are in it: alternatives, elements of lists, values of maps. */
export function* constraintsIn(constraint: Constraint): Iterable<Constraint> {
  yield constraint;
  if (constraint.kind === "one_of")
    for (const alternative of constraint.alternatives) yield* constraintsIn(alternative);
  else if (constraint.kind === "list") yield* constraintsIn(constraint.of);
  else if (constraint.kind === "map")
    for (const { constraint: inner } of [
      ...constraint.fields,
      ...(constraint.others === undefined ? [] : [constraint.others]),
    ])
      yield* constraintsIn(inner);
}
