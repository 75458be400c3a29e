import type { EnumValue, Shape } from "../base/catalogue.ts";
import { compileConstraint } from "./constraint.ts";
import type { Constraint } from "./tree.ts";

/**
 * Whether some value could be both: what a parameter takes and what a constraint allows. By their types;
 * true where it is not plain that there is none.
 */
export function couldFit(constraint: Constraint, shape: Shape): boolean {
  if (constraint.kind === "any" || shape.type === "any") return true;
  if (shape.type === "one_of") return shape.shapes.some((one) => couldFit(constraint, one));
  if (shape.type === "enum") return shape.values.some(compileConstraint(constraint));
  if (constraint.kind === "enum") return constraint.values.some((value) => valueFits(value, shape));
  if (constraint.kind === "int" || constraint.kind === "number")
    return shape.type === "int" || shape.type === "number";
  return constraint.kind === shape.type;
}

function valueFits(value: EnumValue, { type }: Shape): boolean {
  if (typeof value === "number") return type === "number" || (type === "int" && Number.isSafeInteger(value));
  if (typeof value === "string") return type === "string";
  return type === (value === null ? "null" : "bool");
}
