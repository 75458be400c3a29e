import type { Parameter } from "../base/catalogue.ts";
import { compileConstraint, constraintWords, type Test } from "./constraint.ts";
import type { Place } from "./problem.ts";
import type { ArgsTree, Constraint, FieldTree } from "./tree.ts";

/**
 * The arguments of a call after positions and names were bound to the method's parameters: a record
 * without a prototype, from a parameter's name to the value as the peer sent it. What was not sent is no
 * key of it.
 */
export type BoundArgs = Readonly<Record<string, unknown>>;

/** What a grant says of the arguments of one method: `none` and `any` are records too. */
export interface ArgsRule {
  readonly at: Place;
  readonly listed: readonly Listed[];
  /** The names in {@link listed}. */
  readonly names: ReadonlySet<string>;
  /** What arguments that are not listed must be; nothing where there may be none. */
  readonly others: Condition | undefined;
}

interface Condition {
  readonly at: Place;
  readonly test: Test;
  /** What is wanted, in the words of the policy. */
  readonly want: string;
}

interface Listed extends Condition {
  readonly name: string;
  readonly optional: boolean;
}

const ANY: Constraint = { kind: "any" };

/** Compiles the record of a grant for one method, whose parameters say which position has which name. */
export function compileArgs(args: ArgsTree, params: readonly Parameter[]): ArgsRule {
  if (args.kind !== "record") {
    const others = args.kind === "any" ? condition(ANY, args.at) : undefined;
    return { at: args.at, listed: [], names: new Set(), others };
  }
  const listed = args.fields.map((field) => ({
    name: parameterName(field.key, params),
    optional: field.optional,
    ...condition(field.constraint, field.at),
  }));
  const others = args.others === undefined ? undefined : condition(args.others.constraint, args.others.at);
  return { at: args.at, listed, names: new Set(listed.map(({ name }) => name)), others };
}

/** The parameter that a key of a record means: position and name are one argument. */
export function parameterName(key: FieldTree["key"], params: readonly Parameter[]): string {
  // Names begin with a letter, so digits are a position. One beyond the parameters names nothing.
  return /^[0-9]/.test(key) ? (params[Number(key)]?.name ?? key) : key;
}

/** Whether the arguments are what the rule says. The arguments' own keys only; no object is made. */
export function argsMatch({ listed, names, others }: ArgsRule, args: BoundArgs): boolean {
  for (const { name, optional, test } of listed) {
    if (Object.hasOwn(args, name)) {
      if (!test(args[name])) return false;
    } else if (!optional) {
      return false;
    }
  }
  for (const name in args) {
    if (!names.has(name) && !(others?.test(args[name]) ?? false)) return false;
  }
  return true;
}

function condition(constraint: Constraint, at: Place): Condition {
  return { at, test: compileConstraint(constraint), want: constraintWords(constraint) };
}
