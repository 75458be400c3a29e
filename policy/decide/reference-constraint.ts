import type { LiveReference } from "../../catalogue/live-reference.ts";
import { type Constraint, isReference, type ReferenceConstraint } from "../syntax/tree.ts";
import type { CompiledGrant } from "./compiled-grant.ts";

/** What the grant says may be done with a reference that it has admitted as this argument: the first alternative of its kind. */
export function referenceConstraint(
  { rule }: CompiledGrant,
  argument: string,
  { kind }: LiveReference,
): ReferenceConstraint | undefined {
  const { constraint } = rule.listed.find(({ name }) => name === argument) ?? rule.others ?? {};
  return constraint === undefined ? undefined : ofKind(constraint, kind);
}

function ofKind(constraint: Constraint, kind: LiveReference["kind"]): ReferenceConstraint | undefined {
  if (constraint.kind === "one_of") {
    for (const one of constraint.alternatives) {
      const found = ofKind(one, kind);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return isReference(constraint) && constraint.kind === kind ? constraint : undefined;
}
