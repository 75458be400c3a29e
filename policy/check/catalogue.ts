import { closest } from "../../base/closest.ts";
import {
  type Catalogue,
  isLive,
  type MethodEntry,
  type Parameter,
  shapeWords,
} from "../../catalogue/catalogue.ts";
import type { Problem } from "../../yaml/problem.ts";
import { listWords } from "../../yaml/reader.ts";
import { renaming } from "../../yaml/renaming.ts";
import { describeValue } from "../base/describe.ts";
import { isPosition, parameterName } from "../decide/args.ts";
import { compileConstraint } from "../decide/constraint.ts";
import { constraintWords } from "../decide/constraint-words.ts";
import { Coverage, type Covered } from "../decide/coverage.ts";
import { couldFit } from "../decide/fits.ts";
import { covers, type Pattern } from "../syntax/pattern.ts";
import {
  type ArgsTree,
  type FieldTree,
  isReference,
  type NeverTree,
  type PolicyTree,
} from "../syntax/tree.ts";
import { checkReferences, referenceWords } from "./references.ts";
import { allGrants } from "./walk-constraints.ts";

/** Holds the methods and arguments that the grants name against those that there are. */
export function checkCatalogue(policy: PolicyTree, catalogue: Catalogue): Problem[] {
  const coverage = new Coverage(catalogue);
  return [
    ...allGrants(policy).flatMap((grant) => [
      ...unknownMethods([...grant.call, ...grant.except], catalogue),
      ...checkArgs(grant.args, [...coverage.of(grant).values()]),
      ...checkReferences(grant, coverage),
    ]),
    ...[...policy.never.values()].flatMap((never) => [
      ...unknownMethods(never.call, catalogue),
      ...assertedParameters(never, catalogue),
    ]),
  ];
}

/** An assertion about a parameter that no method has could never trigger. */
function assertedParameters({ call, args = [] }: NeverTree, catalogue: Catalogue): readonly Problem[] {
  const methods = [...catalogue.values()].filter(({ name }) => call.some((pattern) => covers(pattern, name)));
  if (methods.length === 0) return [];
  return [...unknownParameters(args, methods, []).values(), ...boundTwice(args, methods)];
}

function* unknownMethods(patterns: readonly Pattern[], catalogue: Catalogue): Iterable<Problem> {
  for (const { text: name, at, reach } of patterns) {
    if (reach !== "exact" || catalogue.has(name)) continue;
    const near = closest(name, catalogue.keys());
    const hint = near === undefined ? "the daemon has no method of that name" : `did you mean '${near}'?`;
    yield { code: "P307", severity: "warning", at, text: `there is no method '${name}'`, hint };
  }
}

/** What is wrong with the arguments of one grant. A method that is named exactly must be able to match. */
function checkArgs(args: ArgsTree | undefined, covered: readonly Covered[]): Problem[] {
  if (args === undefined || args.kind === "any") return [];
  const methods = covered.map(({ method }) => method);
  const exact = covered.filter(({ reach }) => reach === "exact").map(({ method }) => method);
  const fields = args.kind === "record" ? args.fields : [];
  const unknown = unknownParameters(fields, methods, exact);
  return [
    ...unknown.values(),
    ...boundTwice(fields, methods),
    ...fields.flatMap((field) => conflict(field, exact)),
    ...(unknown.size > 0 ? [] : exact.flatMap((method) => missing(args, method))),
    ...defaultsOutside(args, methods),
  ];
}

/**
 * One record may serve several methods: a field is wrong if none of them has it, or if it is required and
 * a method that is named exactly has it not.
 */
function unknownParameters(
  fields: readonly FieldTree[],
  methods: readonly MethodEntry[],
  exact: readonly MethodEntry[],
): Map<FieldTree, Problem> {
  const unknown = new Map<FieldTree, Problem>();
  for (const field of fields) {
    const lacking = (method: MethodEntry): boolean => parameterOf(field, method) === undefined;
    const method = methods.every(lacking) ? methods[0] : field.optional ? undefined : exact.find(lacking);
    if (method !== undefined) unknown.set(field, unknownParameter(field, method));
  }
  return unknown;
}

function unknownParameter({ key, at }: FieldTree, { name, params }: MethodEntry): Problem {
  const names = params.map((param) => param.name);
  const text = isPosition(key)
    ? `${name} has ${params.length} parameters, counted from 0, and no position ${key}`
    : `${name} has no parameter '${key}'`;
  const near = closest(key, names);
  const known = names.length === 0 ? "it has none" : `it has ${listWords(names)}`;
  const hint = near === undefined ? known : `did you mean '${near}'?`;
  return { code: "P309", severity: "error", at, text, hint, ...renaming(key, near) };
}

/** A position and a name that mean one parameter: two constraints, and nobody knows which was meant. */
function boundTwice(fields: readonly FieldTree[], methods: readonly MethodEntry[]): Problem[] {
  const problems = new Map<FieldTree, Problem>();
  for (const { name: method, params } of methods) {
    const seen = new Map<string, FieldTree>();
    for (const field of fields) {
      const name = parameterName(field.key, params);
      const first = seen.get(name);
      seen.set(name, first ?? field);
      if (first === undefined || problems.has(field)) continue;
      const text = `'${first.key}' and '${field.key}' are the same parameter of ${method}`;
      const related = [{ at: first.at, text: "the first one is" }];
      const hint = "use the position or the name, not both";
      problems.set(field, { code: "P312", severity: "error", at: field.at, text, hint, related });
    }
  }
  return [...problems.values()];
}

function conflict(field: FieldTree, exact: readonly MethodEntry[]): Problem[] {
  for (const method of exact) {
    const param = parameterOf(field, method);
    if (param === undefined || couldFit(field.constraint, param.shape)) continue;
    const text = `'${param.name}' of ${method.name} is ${shapeWords(param.shape)}, which is never ${constraintWords(field.constraint)}`;
    const hint =
      isLive(param.shape) && !isReference(field.constraint)
        ? `no call can match, for data is no reference: write ${referenceWords(param.shape)}`
        : "no call can match: change the constraint";
    return [{ code: "P310", severity: "error", at: field.at, text, hint }];
  }
  return [];
}

function missing(args: ArgsTree, { name: method, params }: MethodEntry): Problem[] {
  if (args.kind === "record" && args.others !== undefined) return [];
  const listed = new Set(
    args.kind === "record" ? args.fields.map(({ key }) => parameterName(key, params)) : [],
  );
  const lacking = params
    .filter(({ name, optional }) => !optional && !listed.has(name))
    .map(({ name }) => `'${name}'`);
  if (lacking.length === 0) return [];
  const text = `${method} cannot be called without ${listWords(lacking)}, and the arguments here do not allow that`;
  return [
    { code: "P311", severity: "error", at: args.at, text, hint: "no call can match: say what it may be" },
  ];
}

/** An argument that may be absent stands for its default then, whatever the constraint says of present ones. */
function defaultsOutside(args: ArgsTree, methods: readonly MethodEntry[]): Problem[] {
  if (args.kind !== "record") return [];
  const problems = new Map<FieldTree, Problem>();
  for (const method of methods) {
    for (const param of method.params) {
      if (!Object.hasOwn(param, "default")) continue;
      const field =
        args.fields.find(({ key }) => parameterName(key, method.params) === param.name) ?? args.others;
      if (field === undefined || !field.optional || problems.has(field)) continue;
      if (!compileConstraint(field.constraint)(param.default))
        problems.set(field, outside(field, param, method));
    }
  }
  return [...problems.values()];
}

function outside(
  { key, at, constraint }: FieldTree,
  { name, default: value }: Parameter,
  method: MethodEntry,
): Problem {
  const absent = `'${name}' may be absent, and ${method.name} then takes ${describeValue(value)}`;
  const text = `${absent}, which is not ${constraintWords(constraint)}`;
  const hint = key === "*" ? `list '${name}'` : `require it: write '${key}' without '?'`;
  return { code: "P315", severity: "error", at, text, hint };
}

function parameterOf({ key }: FieldTree, { params }: MethodEntry): Parameter | undefined {
  const name = parameterName(key, params);
  return params.find((param) => param.name === name);
}
