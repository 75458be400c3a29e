import { assertNever } from "../base/assert-never.ts";
import { clipText } from "../base/text.ts";
import { type Field, type Shape, shapeWords } from "./catalogue.ts";

/** UTF-16 units of a shape's words in a problem: an enum may have a thousand values. */
const WORDS_MAX_CHARS = 120;

/** A shape, prepared once. `words` are the shape's words, cut to a bounded length. */
export type Check =
  | { readonly kind: "any" }
  | { readonly kind: "scalar"; readonly words: string; readonly test: (value: unknown) => boolean }
  | {
      readonly kind: "list";
      readonly words: string;
      readonly of: Check;
      readonly min: number;
      readonly max: number;
    }
  | {
      readonly kind: "map";
      readonly words: string;
      readonly fields: ReadonlyMap<string, Check>;
      readonly names: readonly string[];
      readonly required: readonly string[];
      /** What other keys have; `undefined` where there are no others. */
      readonly others: Check | undefined;
    }
  | { readonly kind: "one_of"; readonly words: string; readonly checks: readonly Check[] };

export const ANY: Check = { kind: "any" };

/** Prepares a shape for checks of values. What accepts every value is {@link ANY} itself. */
export function compileShape(shape: Shape): Check {
  const words = clipText(shapeWords(shape), WORDS_MAX_CHARS);
  const scalar = (test: (value: unknown) => boolean): Check => ({ kind: "scalar", words, test });
  switch (shape.type) {
    case "any":
      return ANY;
    case "bool":
      return scalar((value) => typeof value === "boolean");
    case "null":
      return scalar((value) => value === null);
    case "bytes":
      return scalar((value) => value instanceof Uint8Array);
    case "time":
      return scalar((value) => value instanceof Date);
    case "int": {
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = shape;
      // Not only the safe ones: some libraries take 2^53 as a whole number.
      return scalar((value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max);
    }
    case "number": {
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = shape;
      return scalar((value) => typeof value === "number" && value >= min && value <= max);
    }
    case "string": {
      const { minLength: min = 0, maxLength: max = Number.POSITIVE_INFINITY } = shape;
      return scalar((value) => typeof value === "string" && value.length >= min && isAtMostLong(value, max));
    }
    case "enum": {
      const values: ReadonlySet<unknown> = new Set(shape.values);
      return scalar((value) => values.has(value));
    }
    case "list": {
      const { of, minItems: min = 0, maxItems: max = Number.POSITIVE_INFINITY } = shape;
      return { kind: "list", words, of: compileShape(of), min, max };
    }
    case "map":
      return mapCheck(words, shape.fields, shape.others);
    case "one_of": {
      const checks = shape.shapes.map(compileShape);
      return checks.includes(ANY) ? ANY : { kind: "one_of", words, checks };
    }
    default:
      return assertNever(shape, "a shape");
  }
}

function mapCheck(words: string, fields: readonly Field[], others: Shape | undefined): Check {
  const checks = new Map(fields.map(({ name, shape }) => [name, compileShape(shape)]));
  return {
    kind: "map",
    words,
    fields: checks,
    names: fields.map(({ name }) => name),
    // A schema that takes any value may take an absent one too, although its library calls the key required.
    required: fields
      .filter(({ name, optional }) => !optional && checks.get(name) !== ANY)
      .map(({ name }) => name),
    others: others === undefined ? undefined : compileShape(others),
  };
}

/** Whether a text has at most so many code points. It has at least half as many as UTF-16 units, and at most as many. */
function isAtMostLong(text: string, maxPoints: number): boolean {
  if (text.length <= maxPoints) return true;
  if (text.length > 2 * maxPoints) return false;
  let points = text.length;
  for (let i = 0; i + 1 < text.length && points > maxPoints; i++) {
    if (!isHigh(text.charCodeAt(i)) || !isLow(text.charCodeAt(i + 1))) continue;
    points--;
    i++;
  }
  return points <= maxPoints;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
