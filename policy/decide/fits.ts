import { assertNever } from "../../base/assert-never.ts";
import { type EnumValue, type Field, isLive, type LiveShape, type Shape } from "../../catalogue/catalogue.ts";
import { type Constraint, type FieldTree, isReference, type ReferenceConstraint } from "../syntax/tree.ts";
import { compileConstraint } from "./constraint.ts";

/**
 * Whether some value could be both: what a parameter takes and what a constraint allows. By their types, bounds
 * and keys; true where it is not plain that there is none.
 */
export function couldFit(constraint: Constraint, shape: Shape | LiveShape): boolean {
  if (constraint.kind === "one_of") return constraint.alternatives.some((one) => couldFit(one, shape));
  if (isLive(shape)) return isReference(constraint) && couldBeLent(constraint, shape);
  if (shape.type === "any") return !isReference(constraint);
  if (shape.type === "one_of") return shape.shapes.some((one) => couldFit(constraint, one));
  if (shape.type === "enum") return shape.values.some(compileConstraint(constraint));
  switch (constraint.kind) {
    case "any":
      return true;
    case "enum":
      return constraint.values.some((value) => valueFits(value, shape));
    case "int":
    case "number":
      if (shape.type !== "int" && shape.type !== "number") return false;
      return meet(constraint, shape.min, shape.max, constraint.kind === "int" || shape.type === "int");
    case "string":
      return shape.type === "string" && meet(constraint, shape.minLength, shape.maxLength);
    case "re":
    case "glob":
    case "path":
      return shape.type === "string";
    case "list":
      return shape.type === "list" && listsFit(constraint, shape);
    case "map":
      return shape.type === "map" && mapsFit(constraint, shape);
    case "bool":
    case "bytes":
    case "null":
    case "time":
      return shape.type === constraint.kind;
    // A parameter of plain data takes no reference.
    case "callback":
    case "stream":
    case "object":
      return false;
    default:
      return assertNever(constraint, "a constraint");
  }
}

/** Of an object some method has to be left to call: else there is nothing that it could be passed for. */
function couldBeLent(constraint: ReferenceConstraint, shape: LiveShape): boolean {
  if (constraint.kind !== "object" || shape.type !== "object") return constraint.kind === shape.type;
  return constraint.methods.some((name) => shape.methods.includes(name));
}

function valueFits(value: EnumValue, { type }: Shape): boolean {
  if (typeof value === "number") return type === "number" || (type === "int" && Number.isSafeInteger(value));
  if (typeof value === "string") return type === "string";
  return type === (value === null ? "null" : "bool");
}

interface LengthBounds {
  readonly min: number;
  readonly max: number;
}

/** Whether a number lies within both bounds. */
function meet(
  bounds: LengthBounds,
  min: number = Number.NEGATIVE_INFINITY,
  max: number = Number.POSITIVE_INFINITY,
  whole: boolean = true,
): boolean {
  const [low, high] = [Math.max(bounds.min, min), Math.min(bounds.max, max)];
  return whole ? Math.ceil(low) <= Math.floor(high) : low <= high;
}

function listsFit(
  constraint: Extract<Constraint, { kind: "list" }>,
  shape: Extract<Shape, { type: "list" }>,
): boolean {
  if (!meet(constraint, shape.minItems, shape.maxItems)) return false;
  const mayBeEmpty = constraint.min === 0 && (shape.minItems ?? 0) === 0;
  return mayBeEmpty || couldFit(constraint.of, shape.of);
}

/** What one of the two asks for, the other has to have too. */
function mapsFit(
  { fields, others }: Extract<Constraint, { kind: "map" }>,
  shape: Extract<Shape, { type: "map" }>,
): boolean {
  const constraintOf = (name: string): Constraint | undefined =>
    (fields.find(({ key }: FieldTree) => key === name) ?? others)?.constraint;
  const shapeOf = (name: string): Shape | undefined =>
    shape.fields.find((field: Field) => field.name === name)?.shape ?? shape.others;
  const required = [
    ...fields.filter(({ optional }) => !optional).map(({ key }) => key),
    ...shape.fields.filter(({ optional }) => !optional).map(({ name }) => name),
  ];
  return required.every((name) => {
    const [inner, innerShape] = [constraintOf(name), shapeOf(name)];
    return inner !== undefined && innerShape !== undefined && couldFit(inner, innerShape);
  });
}
