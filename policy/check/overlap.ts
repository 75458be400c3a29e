import { compileConstraint } from "../decide/constraint.ts";
import { type Automaton, type Dfa, TEXT_MAX_CODE_POINTS } from "../patterns/dfa.ts";
import { intersect } from "../patterns/intersect.ts";
import type { Work } from "../patterns/work.ts";
import { type Constraint, type FieldTree, isReference } from "../syntax/tree.ts";

/** Whether some value is both, as far as can be told with the work that there is. */
export type Overlap = "yes" | "no" | "unknown";

/**
 * Whether some value satisfies both constraints. `no` is a proof; `yes` is exact but for the length that a message may
 * have; `unknown` is said only where the product of two automata needs more room or work than there is.
 */
export function overlap(a: Constraint, b: Constraint, work: Work): Overlap {
  if (a.kind === "one_of") return some(a.alternatives, (one) => overlap(one, b, work));
  if (b.kind === "one_of") return some(b.alternatives, (one) => overlap(a, one, work));
  if (a.kind === "enum") return yesIf(a.values.some(compileConstraint(b)));
  if (b.kind === "enum") return yesIf(b.values.some(compileConstraint(a)));
  if (isReference(a) || isReference(b)) return yesIf(a.kind === b.kind);
  if (a.kind === "any") return canBe(b, work);
  if (b.kind === "any") return canBe(a, work);
  if (isNumeric(a)) return isNumeric(b) ? numbersMeet(a, b) : "no";
  if (isPattern(a)) return isPattern(b) ? patternsMeet(a.dfa, b.dfa, work) : patternFits(a.dfa, b, work);
  if (isPattern(b)) return patternFits(b.dfa, a, work);
  if (a.kind === "list" && b.kind === "list") return listsMeet(a, b, work);
  if (a.kind === "map" && b.kind === "map") return mapsMeet(a, b, work);
  if (a.kind === "string" && b.kind === "string") return lengthsMeet(a, b);
  if (a.kind === "bytes" && b.kind === "bytes") return lengthsMeet(a, b);
  return yesIf(a.kind === b.kind);
}

/** Whether a constraint admits any value at all. */
export function canBe(constraint: Constraint, work: Work): Overlap {
  return overlap(constraint, constraint.kind === "any" ? { kind: "null" } : constraint, work);
}

/** Whether a constraint admits one value. */
export function admits(constraint: Constraint, value: unknown): boolean {
  return compileConstraint(constraint)(value);
}

/** One `yes` settles it; a doubt is kept where there is none. */
export function some<T>(all: readonly T[], ask: (one: T) => Overlap): Overlap {
  let found: Overlap = "no";
  for (const one of all) {
    const answer = ask(one);
    if (answer === "yes") return "yes";
    if (answer === "unknown") found = "unknown";
  }
  return found;
}

/** One `no` settles it. */
export function every<T>(all: readonly T[], ask: (one: T) => Overlap): Overlap {
  let found: Overlap = "yes";
  for (const one of all) {
    const answer = ask(one);
    if (answer === "no") return "no";
    if (answer === "unknown") found = "unknown";
  }
  return found;
}

export function yesIf(condition: boolean): Overlap {
  return condition ? "yes" : "no";
}

type Of<K extends Constraint["kind"]> = Extract<Constraint, { kind: K }>;

function isPattern(constraint: Constraint): constraint is Of<"re" | "glob" | "path"> {
  return constraint.kind === "re" || constraint.kind === "glob" || constraint.kind === "path";
}

function isNumeric(constraint: Constraint): constraint is Of<"int" | "number"> {
  return constraint.kind === "int" || constraint.kind === "number";
}

/** Whether a number lies in both: a whole one, where one of them asks for that. */
function numbersMeet(a: Of<"int" | "number">, b: Of<"int" | "number">): Overlap {
  const [low, high] = [Math.max(a.min, b.min), Math.min(a.max, b.max)];
  if (a.kind === "number" && b.kind === "number") return yesIf(low <= high);
  const [first, last] = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
  return yesIf(Math.max(Math.ceil(low), first) <= Math.min(Math.floor(high), last));
}

interface Lengths {
  readonly min: number;
  readonly max: number;
}

function lengthsMeet(a: Lengths, b: Lengths): Overlap {
  return yesIf(Math.max(a.min, b.min) <= Math.min(a.max, b.max));
}

function patternsMeet(a: Dfa, b: Dfa, work: Work): Overlap {
  if (a === b) return yesIf(reaches(a));
  const both = intersect(a, b, work);
  return both === undefined ? "unknown" : yesIf(reaches(both));
}

/** All states of an automaton that was made here can be reached. */
function reaches({ accepting }: Automaton): boolean {
  return accepting.includes(1);
}

/** Whether the automaton accepts a text of such a length. */
function patternFits(dfa: Dfa, other: Constraint, work: Work): Overlap {
  if (other.kind !== "string") return "no";
  if (!reaches(dfa)) return "no";
  if (other.min === 0 && other.max === Number.POSITIVE_INFINITY) return "yes";
  // Which states texts of each length end in, one length after the other.
  let states = new Set([0]);
  const seen = new Set<string>();
  for (let length = 0; length <= Math.min(other.max, TEXT_MAX_CODE_POINTS); length++) {
    if (length >= other.min) {
      for (const state of states) if (dfa.accepting[state] === 1) return "yes";
      // With nothing more to come but what was there: no longer text ends in a state that accepts.
      const key = [...states].toSorted((a, b) => a - b).join(" ");
      if (seen.has(key)) return "no";
      seen.add(key);
    }
    if (!work.spend(states.size * dfa.width + 1)) return "unknown";
    const next = new Set<number>();
    for (const state of states)
      for (let symbol = 0; symbol < dfa.width; symbol++) {
        const to = dfa.next[state * dfa.width + symbol] ?? 0;
        if (to !== dfa.dead) next.add(to);
      }
    if (next.size === 0) return "no";
    states = next;
  }
  return "no";
}

function listsMeet(a: Of<"list">, b: Of<"list">, work: Work): Overlap {
  if (lengthsMeet(a, b) === "no") return "no";
  return Math.max(a.min, b.min) === 0 ? "yes" : overlap(a.of, b.of, work);
}

function mapsMeet(a: Of<"map">, b: Of<"map">, work: Work): Overlap {
  const required = [...a.fields, ...b.fields].filter(({ optional }) => !optional).map(({ key }) => key);
  const of = ({ fields, others }: Of<"map">, name: string): Constraint | undefined =>
    (fields.find(({ key }: FieldTree) => key === name) ?? others)?.constraint;
  return every([...new Set(required)], (name) => {
    const [inA, inB] = [of(a, name), of(b, name)];
    return inA === undefined || inB === undefined ? "no" : overlap(inA, inB, work);
  });
}
