import { assertNever } from "../../base/assert-never.ts";
import { compileConstraint } from "../decide/constraint.ts";
import { intersect } from "../patterns/intersect.ts";
import type { Work } from "../patterns/work.ts";
import { covers, type Pattern } from "../syntax/pattern.ts";
import { type ArgsTree, type Constraint, type FieldTree, isReference } from "../syntax/tree.ts";
import { canBe, every, type Overlap, some, yesIf } from "./overlap.ts";

/*
 * Whether all that one thing allows another allows too. `yes` is a proof; `no` may also stand where the proof is not found,
 * in a union of alternatives, say; `unknown` where there is not enough work.
 */

/** Whether every name that `inner` covers `outer` covers too. */
export function patternIncludes(outer: Pattern, inner: Pattern): boolean {
  if (inner.reach === "exact") return covers(outer, inner.text);
  if (outer.reach === "exact") return false;
  const [many, fixed] = [outer.reach === "many", outer.segments.length - (outer.reach === "many" ? 1 : 0)];
  const innerFixed = inner.segments.length - (inner.reach === "many" ? 1 : 0);
  // `a.**` covers `a.x` and longer ones: all that `a.x.*`, `a.*` and `a.x.**` cover.
  if (
    many
      ? innerFixed + (inner.reach === "many" ? 1 : 0) <= fixed
      : inner.reach === "many" || innerFixed !== fixed
  )
    return false;
  return outer.segments
    .slice(0, fixed)
    .every((segment, i) => segment === "*" || segment === inner.segments[i]);
}

/** Whether every value that satisfies `inner` satisfies `outer`. */
export function includes(outer: Constraint, inner: Constraint, work: Work): Overlap {
  if (canBe(inner, work) === "no") return "yes";
  if (inner.kind === "one_of") return every(inner.alternatives, (one) => includes(outer, one, work));
  if (outer.kind === "one_of") return some(outer.alternatives, (one) => includes(one, inner, work));
  if (inner.kind === "enum") return yesIf(inner.values.every(compileConstraint(outer)));
  if (isReference(inner) || isReference(outer)) return yesIf(isEqualReference(outer, inner));
  if (outer.kind === "any") return "yes";
  switch (inner.kind) {
    case "int":
      return yesIf((outer.kind === "int" || outer.kind === "number") && within(inner, outer));
    case "number":
      return yesIf(outer.kind === "number" && within(inner, outer));
    case "string":
      if (outer.kind === "re" || outer.kind === "glob" || outer.kind === "path") return "no";
      return yesIf(outer.kind === "string" && within(inner, outer));
    case "bytes":
      return yesIf(outer.kind === "bytes" && within(inner, outer));
    case "re":
    case "glob":
    case "path":
      return textIncludes(outer, inner, work);
    case "list":
      if (outer.kind !== "list" || !within(inner, outer)) return "no";
      return inner.max === 0 ? "yes" : includes(outer.of, inner.of, work);
    case "map":
      return outer.kind === "map" ? recordIncludes(outer, inner, work) : "no";
    case "any":
    case "bool":
    case "null":
    case "time":
      return yesIf(inner.kind === outer.kind);
    default:
      return assertNever(inner, "a constraint");
  }
}

/** Whether `outer` admits all arguments that `inner` does. */
export function argsInclude(outer: ArgsTree | undefined, inner: ArgsTree | undefined, work: Work): Overlap {
  if (outer === undefined || inner === undefined) return "no";
  return recordIncludes(recordOf(outer), recordOf(inner), work);
}

interface Rec {
  readonly fields: readonly FieldTree[];
  readonly others: FieldTree | undefined;
}

function recordOf(args: ArgsTree): Rec {
  if (args.kind === "record") return args;
  const any: FieldTree = { key: "*", at: args.at, optional: true, constraint: { kind: "any" } };
  return { fields: [], others: args.kind === "any" ? any : undefined };
}

function recordIncludes(outer: Rec, inner: Rec, work: Work): Overlap {
  const of = ({ fields, others }: Rec, name: string): FieldTree | undefined =>
    fields.find(({ key }) => key === name) ?? others;
  const names = [...new Set([...outer.fields, ...inner.fields].map(({ key }) => key))];
  const listed = every(names, (name) => {
    const [wide, narrow] = [of(outer, name), of(inner, name)];
    const isAbsentIn = narrow === undefined || narrow.optional || narrow.key === "*";
    // It may be missing in a record that the inner one admits, and the outer one asks for it.
    if (isAbsentIn && wide !== undefined && !wide.optional && wide.key !== "*") return "no";
    if (narrow === undefined) return "yes";
    return wide === undefined
      ? yesIf(canBe(narrow.constraint, work) === "no")
      : includes(wide.constraint, narrow.constraint, work);
  });
  if (listed === "no" || inner.others === undefined) return listed;
  if (outer.others === undefined) return "no";
  const rest = includes(outer.others.constraint, inner.others.constraint, work);
  return every([listed, rest], (one) => one);
}

function textIncludes(
  outer: Constraint,
  inner: Extract<Constraint, { kind: "re" | "glob" | "path" }>,
  work: Work,
): Overlap {
  if (outer.kind === "string") return yesIf(outer.min === 0 && outer.max === Number.POSITIVE_INFINITY);
  if (outer.kind !== "re" && outer.kind !== "glob" && outer.kind !== "path") return "no";
  if (outer.dfa === inner.dfa) return "yes";
  // The tables are total: the complement is the same with the ends turned around.
  const outside = { ...outer.dfa, accepting: outer.dfa.accepting.map((end) => 1 - end) };
  const beyond = intersect(inner.dfa, outside, work);
  return beyond === undefined ? "unknown" : yesIf(!beyond.accepting.includes(1));
}

function within(
  inner: { readonly min: number; readonly max: number },
  outer: { readonly min: number; readonly max: number },
): boolean {
  return outer.min <= inner.min && inner.max <= outer.max;
}

/** Bounds are not compared: equal ones are enough for what is asked here. */
function isEqualReference(a: Constraint, b: Constraint): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
