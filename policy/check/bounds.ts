import { type Catalogue, isLive, type MethodEntry, type Shape } from "../../catalogue/catalogue.ts";
import type { Place, Problem } from "../../yaml/problem.ts";
import { parameterName } from "../decide/args.ts";
import { Coverage } from "../decide/coverage.ts";
import { couldFit } from "../decide/fits.ts";
import type { ArgsTree, Constraint, FieldTree, GrantTree, PolicyTree } from "../syntax/tree.ts";

/**
 * Reports grants whose arguments nothing bounds: neither the grant, nor the shape that the method declares. One finding a
 * grant, at the part of `args` that says so.
 */
export function checkBounds(policy: PolicyTree, catalogue: Catalogue): Problem[] {
  const coverage = new Coverage(catalogue);
  return [...policy.grants.values(), ...policy.shadow.values()].flatMap((grant) => {
    const methods = [...coverage.of(grant).values()].map(({ method }) => method);
    const open = methods.flatMap((method) => openParameters(grant.args, method));
    const [first] = open;
    return first === undefined ? [] : [unbounded(grant, first, open.length)];
  });
}

/** A parameter whose size nothing bounds. */
interface Open {
  readonly name: string;
  readonly method: string;
  readonly what: "any data" | "a list of any length";
  readonly at: Place;
}

function unbounded({ id }: GrantTree, { name, method, what, at }: Open, count: number): Problem {
  const more = count === 1 ? "" : ` (and of ${count - 1} more parameters)`;
  return {
    code: "P405",
    severity: "note",
    at,
    text: `'${id}' does not bound the size of '${name}' of ${method}, which is ${what}${more}`,
    hint: what === "any data" ? "say what it may be" : "bound it: {list: {of: string, len: 0..100}}",
  };
}

function openParameters(args: ArgsTree | undefined, { name: method, params }: MethodEntry): Open[] {
  if (args === undefined || args.kind === "none") return [];
  return params.flatMap(({ name, shape }) => {
    if (isLive(shape)) return [];
    const field = args.kind === "record" ? fieldOf(args, name, params) : undefined;
    // A record without the parameter lets no call pass that sends it.
    if (args.kind === "record" && field === undefined) return [];
    const what = openness(shape, field?.constraint ?? ANY);
    return what === undefined ? [] : [{ name, method, what, at: field?.at ?? args.at }];
  });
}

function fieldOf(
  { fields, others }: Extract<ArgsTree, { kind: "record" }>,
  name: string,
  params: MethodEntry["params"],
): FieldTree | undefined {
  return fields.find(({ key }) => parameterName(key, params) === name) ?? others;
}

const ANY: Constraint = { kind: "any" };
const ANY_SHAPE: Shape = { type: "any" };

/** What is unbounded about values that are of a shape and match a constraint. Scalars have the size of a message at the most. */
function openness(shape: Shape, constraint: Constraint): Open["what"] | undefined {
  if (constraint.kind === "any") return opennessOfShape(shape);
  if (constraint.kind === "one_of") return firstOf(constraint.alternatives, (one) => openness(shape, one));
  if (shape.type === "one_of") {
    const possible = shape.shapes.filter((one) => couldFit(constraint, one));
    return firstOf(possible, (one) => openness(one, constraint));
  }
  if (constraint.kind === "list") {
    const list = shape.type === "list" ? shape : undefined;
    if (!Number.isFinite(constraint.max) && list?.maxItems === undefined) return "a list of any length";
    return openness(list?.of ?? ANY_SHAPE, constraint.of);
  }
  if (constraint.kind !== "map") return undefined;
  const { fields, others } = constraint;
  return firstOf(others === undefined ? fields : [...fields, others], ({ key, constraint: inner }) =>
    openness(shapeOfKey(shape, key), inner),
  );
}

function opennessOfShape(shape: Shape): Open["what"] | undefined {
  if (shape.type === "any") return "any data";
  if (shape.type === "list")
    return shape.maxItems === undefined ? "a list of any length" : opennessOfShape(shape.of);
  if (shape.type === "one_of") return firstOf(shape.shapes, opennessOfShape);
  if (shape.type !== "map") return undefined;
  const inner = shape.fields.map((field) => field.shape);
  return firstOf(shape.others === undefined ? inner : [...inner, shape.others], opennessOfShape);
}

/** The shape of what a map has under a key; any data where the shape does not say. */
function shapeOfKey(shape: Shape, key: string): Shape {
  if (shape.type !== "map") return ANY_SHAPE;
  return shape.fields.find(({ name }) => name === key)?.shape ?? shape.others ?? ANY_SHAPE;
}

function firstOf<T, R>(all: readonly T[], look: (one: T) => R | undefined): R | undefined {
  for (const one of all) {
    const found = look(one);
    if (found !== undefined) return found;
  }
  return undefined;
}
