import type { Parameter } from "../../catalogue/catalogue.ts";
import type { Place } from "../../yaml/problem.ts";
import { type RecordRule, recordMatches, recordRule, type Test } from "../base/record.ts";
import type { ArgsTree, Constraint, FieldTree } from "../syntax/tree.ts";
import { compileConstraint } from "./constraint.ts";

/**
 * The arguments of a call after positions and names were bound to the method's parameters: a record
 * without a prototype, from a parameter's name to the value as the peer sent it. What was not sent is no
 * key of it.
 */
export type BoundArgs = Readonly<Record<string, unknown>>;

/** What a grant says of the arguments of one method: `none` and `any` are records too. */
export interface ArgsRule extends RecordRule<Condition> {
  readonly at: Place;
}

/** What an argument must be. */
export interface Condition {
  readonly at: Place;
  readonly test: Test;
  readonly constraint: Constraint;
}

const ANY: Constraint = { kind: "any" };

/** Compiles the record of a grant for one method, whose parameters say which position has which name. */
export function compileArgs(args: ArgsTree, params: readonly Parameter[]): ArgsRule {
  if (args.kind !== "record") {
    const others = args.kind === "any" ? condition(ANY, args.at) : undefined;
    return { at: args.at, ...recordRule([], others) };
  }
  const listed = args.fields.map((field) => ({
    name: parameterName(field.key, params),
    optional: field.optional,
    ...condition(field.constraint, field.at),
  }));
  const others = args.others === undefined ? undefined : condition(args.others.constraint, args.others.at);
  return { at: args.at, ...recordRule(listed, others) };
}

/** The parameter that a key of a record means: position and name are one argument. */
export function parameterName(key: FieldTree["key"], params: readonly Parameter[]): string {
  // A position beyond the parameters names nothing.
  return isPosition(key) ? (params[Number(key)]?.name ?? key) : key;
}

/** Whether a key of a record is a position: names begin with a letter. */
export function isPosition(key: FieldTree["key"]): boolean {
  return /^[0-9]/.test(key);
}

/** Whether the arguments are what the rule says. */
export function argsMatch(rule: ArgsRule, args: BoundArgs): boolean {
  return recordMatches(rule, args);
}

function condition(constraint: Constraint, at: Place): Condition {
  return { at, test: compileConstraint(constraint), constraint };
}
