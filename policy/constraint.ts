import type { EnumValue } from "../base/catalogue.ts";
import { isData } from "./data.ts";
import { rangeWords } from "./range.ts";
import type { Constraint } from "./tree.ts";

/** Whether a value satisfies a constraint. It makes no object and runs no code of the value's. */
export type Test = (value: unknown) => boolean;

/** The constraint as one function (docs/policy.md, "Numbers" and "Text"). */
export function compileConstraint(constraint: Constraint): Test {
  switch (constraint.kind) {
    case "any":
      return isData;
    case "bool":
      return (value) => typeof value === "boolean";
    case "null":
      return (value) => value === null;
    case "int": {
      const { min, max } = constraint;
      return (value) =>
        typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max;
    }
    case "number": {
      const { min, max } = constraint;
      return (value) => typeof value === "number" && Number.isFinite(value) && value >= min && value <= max;
    }
    case "string": {
      const { min, max } = constraint;
      return (value) => typeof value === "string" && lengthWithin(value, min, max);
    }
    case "enum": {
      // A Set compares as === does, but for NaN, which no policy can name; −0 is in it as 0.
      const values: ReadonlySet<unknown> = new Set(constraint.values);
      return (value) => values.has(value);
    }
    default:
      return unreachable(constraint);
  }
}

/** The constraint in the words of the policy: `int 1..5`, `enum "web", 3, null`. */
export function constraintWords(constraint: Constraint): string {
  switch (constraint.kind) {
    case "any":
    case "bool":
    case "null":
      return constraint.kind;
    case "int":
    case "number":
    case "string": {
      const range = rangeWords(constraint, constraint.kind === "string" ? 0 : undefined);
      return range === undefined ? constraint.kind : `${constraint.kind} ${range}`;
    }
    case "enum":
      return `enum ${enumWords(constraint.values)}`;
    default:
      return unreachable(constraint);
  }
}

/** Enough to see what kind of values they are; a list of thousands would fill the log. */
const SHOWN_MEMBERS = 8;

function enumWords(values: readonly EnumValue[]): string {
  const shown = values.slice(0, SHOWN_MEMBERS).map((value) => JSON.stringify(value));
  const more = values.length - shown.length;
  return more === 0 ? shown.join(", ") : `${shown.join(", ")}, … (${more} more)`;
}

/** Whether the length in code points lies within the bounds; a text far too long is not walked. */
function lengthWithin(text: string, min: number, max: number): boolean {
  // A code point is one or two UTF-16 units.
  if (text.length < min || text.length > 2 * max) return false;
  let length = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    if (isHigh(text.charCodeAt(i)) && isLow(text.charCodeAt(i + 1))) {
      length--;
      i++;
    }
  }
  return length >= min && length <= max;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

function unreachable(constraint: never): never {
  throw new Error(`a constraint of no known kind: ${JSON.stringify(constraint)}`);
}
