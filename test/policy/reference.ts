import { globMatches, type ModelRegex, pathMatches, regexMatches } from "./naive-patterns.ts";

/**
 * The policy language once more, straight from its description and as plainly as possible: no tables, no
 * classes, no compiling, nothing shared with the rest. What both say is held against each other.
 */
export interface Model {
  readonly roles: Readonly<Record<string, readonly string[]>>;
  readonly identities: Readonly<Record<string, readonly string[]>>;
  readonly grants: Readonly<Record<string, ModelGrant>>;
}

export interface ModelGrant {
  readonly to: readonly string[];
  readonly call: readonly string[];
  readonly except: readonly string[];
  readonly args: "none" | "any" | Readonly<Record<string, ModelConstraint>>;
}

/** An end that is missing is open. */
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
  | { readonly kind: "one_of"; readonly alternatives: readonly ModelConstraint[] };

export interface ModelMethod {
  readonly name: string;
  readonly params: readonly string[];
  readonly reserved: boolean;
}

/** Whether the identity may call the method with the arguments. */
export function mayCall(
  { roles, identities, grants }: Model,
  identity: string,
  method: ModelMethod,
  args: Readonly<Record<string, unknown>>,
): boolean {
  const holds = (role: string, wanted: string): boolean =>
    role === wanted || (roles[role] ?? []).some((included) => holds(included, wanted));
  const isFor = (subject: string): boolean =>
    subject === "everyone" ||
    subject === `id:${identity}` ||
    (identities[identity] ?? []).some((role) => holds(role, subject));
  return Object.values(grants).some(
    (grant) =>
      grant.to.some(isFor) &&
      grant.call.some((pattern) => reaches(pattern, method)) &&
      !grant.except.some((pattern) => matches(pattern.split("."), method.name.split("."))) &&
      argsFit(grant.args, method.params, args),
  );
}

function reaches(pattern: string, { name, reserved }: ModelMethod): boolean {
  if (reserved || name.startsWith("rpcd.")) return pattern === name;
  return matches(pattern.split("."), name.split("."));
}

function matches([first, ...pattern]: readonly string[], [segment, ...rest]: readonly string[]): boolean {
  if (first === undefined || segment === undefined) return first === segment;
  if (first === "**") return true;
  return (first === "*" || first === segment) && matches(pattern, rest);
}

function argsFit(
  rule: ModelGrant["args"],
  params: readonly string[],
  args: Readonly<Record<string, unknown>>,
): boolean {
  if (rule === "none") return Object.keys(args).length === 0;
  if (rule === "any") return Object.values(args).every(isPlain);
  const nameOf = (key: string): string => (/^[0-9]+$/.test(key) ? (params[Number(key)] ?? key) : key);
  return recordFits(rule, nameOf, args);
}

function recordFits(
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
    default:
      throw new Error(`no such constraint: ${JSON.stringify(constraint)}`);
  }
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

function isPlain(value: unknown): boolean {
  if (value === null || typeof value === "boolean" || typeof value === "string") return true;
  if (typeof value === "number") return value - value === 0;
  if (typeof value !== "object") return false;
  if (value instanceof Uint8Array || fits("time", value)) return true;
  if (Array.isArray(value))
    return Array.from(value).every(isPlain) && Object.getPrototypeOf(value) === Array.prototype;
  return isRecord(value) && Object.values(value).every(isPlain);
}
