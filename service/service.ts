import { isMethodName, METHOD_NAME_RULE } from "../base/names.ts";
import { isPlainObject } from "../base/plain-object.ts";
import type { Method } from "./declared.ts";

export type Methods = Readonly<Record<string, Method>>;

/** A service as a module exports it. */
export interface Service<M extends Methods = Methods, Name extends string = string> {
  /** Stands in front of each method's name, with a dot; empty for methods at the top. */
  readonly name: Name;
  readonly methods: M;
  /** How a daemon knows one, whichever copy of this package made it. */
  readonly [SERVICE]: true;
}

const SERVICE = Symbol.for("rpcd.service");

/**
 * Defines a service: the default export of a service module. With a name its methods are called
 * `name.method`; without one they stand at the top.
 *
 * @throws TypeError if a name can be no method's name
 */
export function defineService<const Name extends string, M extends Methods>(
  name: Name,
  methods: M,
): Service<M, Name>;
export function defineService<M extends Methods>(methods: M): Service<M, "">;
export function defineService<M extends Methods>(first: string | M, second?: M): Service<M> {
  const name = typeof first === "string" ? first : "";
  const methods = typeof first === "string" ? second : first;
  if (!isPlainObject(methods)) throw new TypeError("defineService needs an object of methods");
  if (name !== "") checkName(name);
  for (const key of Object.keys(methods)) {
    checkName(fullName(name, key));
    const method: unknown = methods[key];
    if (typeof method !== "object" || method === null || !("run" in method) || !("params" in method)) {
      throw new TypeError(`'${key}' is not what method({ … }) gives`);
    }
  }
  return { name, methods, [SERVICE]: true };
}

function checkName(name: string): void {
  if (!isMethodName(name)) throw new TypeError(`'${name}' names no method: ${METHOD_NAME_RULE}`);
  if (name === "rpcd" || name.startsWith("rpcd.")) {
    throw new TypeError(`'${name}': names under 'rpcd' are the daemon's own`);
  }
}

/** The name under which a service's method is called. */
export function fullName(service: string, method: string): string {
  return service === "" ? method : `${service}.${method}`;
}

/** Whether a module's default export is a service. */
export function isService(found: unknown): found is Service {
  return typeof found === "object" && found !== null && SERVICE in found && found[SERVICE] === true;
}
