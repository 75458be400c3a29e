import { LiveReference } from "../../catalogue/live-reference.ts";
import { isPlainList, isPlainMap } from "../base/data.ts";
import { describeValue } from "../base/describe.ts";
import type { Constraint } from "../syntax/tree.ts";
import { compileConstraint } from "./constraint.ts";
import { constraintWords } from "./constraint-words.ts";

/** Where a value is not what it should be: the value itself, or the first part of it that is not. */
export interface Misfit {
  /** Places in lists and keys of maps, from the outside in. */
  readonly steps: readonly (string | number)[];
  /** Whether the last step is a key that there is not. */
  readonly missing: boolean;
  readonly want: string;
  readonly got: string;
}

/** Why the value does not satisfy the constraint. Only for a value that does not. */
export function misfitOf(constraint: Constraint, value: unknown): Misfit {
  return (
    inside(constraint, value) ?? {
      steps: [],
      missing: false,
      want: wantOf(constraint, value),
      got: describeValue(value),
    }
  );
}

/** `any` sounds as if it covered everything. */
function wantOf(constraint: Constraint, value: unknown): string {
  const words = constraintWords(constraint);
  return constraint.kind === "any" && value instanceof LiveReference
    ? `${words} (any covers data only; write ${value.kind})`
    : words;
}

function inside(constraint: Constraint, value: unknown): Misfit | undefined {
  if (constraint.kind === "list") return inList(constraint, value);
  if (constraint.kind === "map") return inMap(constraint, value);
  if (constraint.kind !== "one_of") return undefined;
  // Where one alternative only gets as far as the inside of the value, that is the one that was meant.
  const [only, ...rest] = constraint.alternatives
    .map((alternative) => inside(alternative, value))
    .filter((misfit) => misfit !== undefined);
  return rest.length === 0 ? only : undefined;
}

function inList({ of, min, max }: Extract<Constraint, { kind: "list" }>, value: unknown): Misfit | undefined {
  if (!isPlainList(value) || value.length < min || value.length > max) return undefined;
  const test = compileConstraint(of);
  for (let i = 0; i < value.length; i++) if (!test(value[i])) return beneath(i, of, value[i]);
  return undefined;
}

function inMap({ fields, others }: Extract<Constraint, { kind: "map" }>, value: unknown): Misfit | undefined {
  if (typeof value !== "object" || value === null || !isPlainMap(value)) return undefined;
  for (const { key, optional, constraint } of fields) {
    if (Object.hasOwn(value, key)) {
      if (!compileConstraint(constraint)(value[key])) return beneath(key, constraint, value[key]);
    } else if (!optional) {
      return { steps: [key], missing: true, want: constraintWords(constraint), got: "nothing" };
    }
  }
  const names = new Set(fields.map(({ key }) => key));
  for (const key of Object.keys(value)) {
    if (names.has(key)) continue;
    if (others === undefined) {
      return { steps: [key], missing: false, want: "no such key", got: describeValue(value[key]) };
    }
    if (!compileConstraint(others.constraint)(value[key])) return beneath(key, others.constraint, value[key]);
  }
  return undefined;
}

function beneath(step: string | number, constraint: Constraint, value: unknown): Misfit {
  const misfit = misfitOf(constraint, value);
  return { ...misfit, steps: [step, ...misfit.steps] };
}
