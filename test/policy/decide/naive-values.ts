import { LiveReference } from "../../../catalogue/live-reference.ts";
import { globMatches, type ModelRegex, pathMatches, regexMatches } from "../patterns/naive-patterns.ts";

/** A constraint of a value. An end that is missing is open. */
export type ModelConstraint =
  | "int"
  | "number"
  | "bool"
  | "null"
  | "string"
  | "any"
  | "bytes"
  | "time"
  | {
      readonly kind: "int" | "number" | "string" | "bytes";
      readonly min?: number;
      readonly max?: number;
    }
  | { readonly kind: "enum"; readonly values: readonly unknown[] }
  | { readonly kind: "re"; readonly patterns: readonly ModelRegex[] }
  | { readonly kind: "glob" | "path"; readonly patterns: readonly string[] }
  | { readonly kind: "list"; readonly of: ModelConstraint; readonly min?: number; readonly max?: number }
  /** `key`, `key?` or `*`, as in the arguments of a grant */
  | { readonly kind: "map"; readonly fields: Readonly<Record<string, ModelConstraint>> }
  | { readonly kind: "one_of"; readonly alternatives: readonly ModelConstraint[] }
  | ModelReference;

/**
 * A reference is bound while it is used and not when it is matched, so the bounds stand here as they stand in the
 * file. Only an argument, or one of its alternatives, is a reference.
 */
type ModelReference =
  | { readonly kind: "callback"; readonly calls?: number; readonly for?: string; readonly share?: boolean }
  | { readonly kind: "stream"; readonly bytes?: string; readonly for?: string; readonly share?: boolean }
  | {
      readonly kind: "object";
      readonly methods: readonly string[];
      readonly calls?: number;
      readonly for?: string;
      readonly share?: boolean;
    };

/** Whether a value is what a constraint asks for. */
export function fits(constraint: ModelConstraint, value: unknown): boolean {
  if (typeof constraint === "string") {
    if (constraint === "any") return isPlain(value);
    if (constraint === "null") return value === null;
    if (constraint === "bool") return value === true || value === false;
    if (constraint === "time") return value instanceof Date && value.getTime() === value.getTime();
    return fits({ kind: constraint }, value);
  }
  switch (constraint.kind) {
    case "enum":
      // Zero is one value, whatever its sign.
      return constraint.values.some((member) => typeof member === typeof value && member === value);
    case "one_of":
      return constraint.alternatives.some((alternative) => fits(alternative, value));
    case "re":
      return isShortText(value) && constraint.patterns.some((pattern) => regexMatches(pattern, value));
    case "glob":
      return isShortText(value) && constraint.patterns.some((pattern) => globMatches(pattern, value));
    case "path":
      return isShortText(value) && constraint.patterns.some((pattern) => pathMatches(pattern, value));
    case "map":
      return isRecord(value) && recordFits(constraint.fields, (key) => key, value);
    case "list":
      return (
        Array.isArray(value) &&
        Object.getPrototypeOf(value) === Array.prototype &&
        lies(value.length, constraint) &&
        Array.from(value).every((element) => fits(constraint.of, element))
      );
    case "bytes":
      return value instanceof Uint8Array && lies(value.byteLength, constraint);
    case "string":
      return typeof value === "string" && lies(Array.from(value).length, constraint);
    case "int":
      return (
        isFiniteNumber(value) &&
        Math.floor(value) === value &&
        Math.abs(value) < 2 ** 53 &&
        lies(value, constraint)
      );
    case "number":
      return isFiniteNumber(value) && lies(value, constraint);
    case "callback":
    case "stream":
    case "object":
      return value instanceof LiveReference && value.kind === constraint.kind;
    default:
      throw new Error(`no such constraint: ${JSON.stringify(constraint)}`);
  }
}

/**
 * Whether each entry is listed and fits, and whether all are there that have to be.
 *
 * @param nameOf - the name that a key of the rule stands for
 */
export function recordFits(
  rule: Readonly<Record<string, ModelConstraint>>,
  nameOf: (key: string) => string,
  record: Readonly<Record<string, unknown>>,
): boolean {
  const names = Object.keys(record);
  const listed = Object.entries(rule)
    .filter(([key]) => key !== "*")
    .map(([text, constraint]) => {
      const name = nameOf(text.endsWith("?") ? text.slice(0, -1) : text);
      return { name, constraint, optional: text.endsWith("?") };
    });
  const others = Object.entries(rule).find(([key]) => key === "*")?.[1];
  return (
    listed.every(({ name, constraint, optional }) =>
      names.includes(name) ? fits(constraint, record[name]) : optional,
    ) &&
    names
      .filter((name) => !listed.some((field) => field.name === name))
      .every((name) => others !== undefined && fits(others, record[name]))
  );
}

function lies(size: number, { min = -Infinity, max = Infinity }: { min?: number; max?: number }): boolean {
  return min <= size && size <= max;
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === "number" && value - value === 0;
}

function isShortText(value: unknown): value is string {
  return typeof value === "string" && Array.from(value).length <= 65_536;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** Whether it is data at every depth, as `any` asks. */
export function isPlain(value: unknown): boolean {
  if (value === null || typeof value === "boolean" || typeof value === "string") return true;
  if (typeof value === "number") return value - value === 0;
  if (typeof value !== "object") return false;
  if (value instanceof LiveReference) return false;
  if (value instanceof Uint8Array || fits("time", value)) return true;
  if (Array.isArray(value))
    return Array.from(value).every(isPlain) && Object.getPrototypeOf(value) === Array.prototype;
  return isRecord(value) && Object.values(value).every(isPlain);
}
