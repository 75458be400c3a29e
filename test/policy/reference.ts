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
  | { readonly kind: "int" | "number" | "string"; readonly min?: number; readonly max?: number }
  | { readonly kind: "enum"; readonly values: readonly unknown[] };

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
  const names = Object.keys(args);
  if (rule === "none") return names.length === 0;
  if (rule === "any") return names.every((name) => isPlain(args[name]));
  const listed = Object.entries(rule)
    .filter(([key]) => key !== "*")
    .map(([text, constraint]) => {
      const key = text.replace("?", "");
      const name = /^[0-9]+$/.test(key) ? (params[Number(key)] ?? key) : key;
      return { name, constraint, optional: text.endsWith("?") };
    });
  const others = rule["*"];
  return (
    listed.every(({ name, constraint, optional }) =>
      names.includes(name) ? fits(constraint, args[name]) : optional,
    ) &&
    names
      .filter((name) => !listed.some((field) => field.name === name))
      .every((name) => others !== undefined && fits(others, args[name]))
  );
}

function fits(constraint: ModelConstraint, value: unknown): boolean {
  if (typeof constraint === "string") {
    if (constraint === "any") return isPlain(value);
    if (constraint === "null") return value === null;
    if (constraint === "bool") return value === true || value === false;
    return fits({ kind: constraint }, value);
  }
  if (constraint.kind === "enum") {
    // Zero is one value, whatever its sign.
    return constraint.values.some((member) => typeof member === typeof value && member === value);
  }
  const { kind, min = -Infinity, max = Infinity } = constraint;
  if (kind === "string") {
    if (typeof value !== "string") return false;
    const length = Array.from(value).length;
    return min <= length && length <= max;
  }
  if (typeof value !== "number" || Number.isNaN(value) || Math.abs(value) === Infinity) return false;
  if (kind === "int" && (Math.floor(value) !== value || Math.abs(value) > 2 ** 53 - 1)) return false;
  return min <= value && value <= max;
}

function isPlain(value: unknown): boolean {
  if (value === null || typeof value === "boolean" || typeof value === "string") return true;
  if (typeof value === "number") return value - value === 0;
  if (typeof value !== "object") return false;
  if (value instanceof Uint8Array || value instanceof Date) return true;
  if (Array.isArray(value)) return value.every(isPlain);
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === null || prototype === Object.prototype) && Object.values(value).every(isPlain);
}
