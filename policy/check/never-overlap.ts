import type { Parameter } from "../../catalogue/catalogue.ts";
import { isPosition, parameterName } from "../decide/args.ts";
import type { Work } from "../patterns/work.ts";
import type { ArgsTree, Constraint, FieldTree } from "../syntax/tree.ts";
import { admits, canBe, every, type Overlap, overlap, some, yesIf } from "./overlap.ts";

/** How the arguments of a grant and those of an assertion are held against each other. */
export interface Comparison {
  /** Of the method, where they are known. */
  readonly params: readonly Parameter[] | undefined;
  readonly work: Work;
  /**
   * Which absent arguments count as what the assertion names, where nobody knows what the method takes in their place: none;
   * those that the grant lists as optional; or all of them.
   */
  readonly absent: "none" | "optional" | "all";
}

const ANY: Constraint = { kind: "any" };

/** Whether some arguments are both what a grant admits and what an assertion is about. */
export function argsOverlap(
  args: ArgsTree | undefined,
  fields: readonly FieldTree[] | undefined,
  comparison: Comparison,
): Overlap {
  const { params, work } = comparison;
  // It could not be read: another error says so.
  if (args === undefined || (params !== undefined && !canBeCalled(args, params))) return "no";
  const named = fields ?? [];
  const keyOf = ({ key }: FieldTree): string => (params === undefined ? key : parameterName(key, params));
  const apart = listedIn(args).filter(
    (field) => !field.optional && !named.some((one) => keyOf(one) === keyOf(field)),
  );
  return every<FieldTree>([...named, ...apart], (field) =>
    named.includes(field) ? fieldOverlap(args, field, comparison) : canBe(field.constraint, work),
  );
}

/** The same for one argument that the assertion names: it may be there, or be absent and stand for its default. */
function fieldOverlap(
  args: ArgsTree,
  field: FieldTree,
  { params, work, absent: counted }: Comparison,
): Overlap {
  const key = params === undefined ? field.key : parameterName(field.key, params);
  const param = params?.find(({ name }) => name === key);
  const listed = listedIn(args);
  const own = listed.find((one) => (params === undefined ? one.key : parameterName(one.key, params)) === key);
  if (params === undefined && isInOtherForm(field, listed)) return "unknown";
  const others = args.kind === "record" ? args.others?.constraint : args.kind === "any" ? ANY : undefined;
  const admitted = own?.constraint ?? others;
  const hasNone = params !== undefined && param === undefined;
  const present = admitted === undefined || hasNone ? "no" : overlap(admitted, field.constraint, work);
  if (present === "yes" || !mayBeAbsent(own, param)) return present;
  const absent =
    param !== undefined && Object.hasOwn(param, "default")
      ? yesIf(admits(field.constraint, param.default))
      : yesIf(
          field.optional ||
            (!hasNone && (counted === "all" || (counted === "optional" && own?.optional === true))),
        );
  return some([present, absent], (one) => one);
}

/** Whether the grant has a position where the field has a name, or a name for its position: which, nobody knows. */
export function isInOtherForm({ key }: FieldTree, listed: readonly FieldTree[]): boolean {
  return (
    !listed.some((one) => one.key === key) && listed.some((one) => isPosition(one.key) !== isPosition(key))
  );
}

export function listedIn(args: ArgsTree | undefined): readonly FieldTree[] {
  return args?.kind === "record" ? args.fields : [];
}

/** Whether the method can be called with what the grant admits: all that it needs, and nothing that it has not. */
function canBeCalled(args: ArgsTree, params: readonly Parameter[]): boolean {
  if (args.kind === "any") return true;
  const listed = new Map(listedIn(args).map((field) => [parameterName(field.key, params), field]));
  const admitsOthers = args.kind === "record" && args.others !== undefined;
  return (
    params.every(({ name, optional }) => optional || admitsOthers || listed.has(name)) &&
    [...listed].every(([name, { optional }]) => optional || params.some((param) => param.name === name))
  );
}

function mayBeAbsent(own: FieldTree | undefined, param: Parameter | undefined): boolean {
  return (own?.optional ?? true) && (param?.optional ?? true);
}
