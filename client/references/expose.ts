import { FORBIDDEN_KEYS, isMethodName } from "../../base/names.ts";

const EXPOSED = new WeakMap<object, readonly string[]>();

/**
 * Marks an object as one that may be passed by reference, with the methods that may be called from afar: these, and no
 * others, whatever else it has. `log.watch(expose(sink, ["write", "close"]))`
 *
 * @returns the same object
 * @throws TypeError if one of the names is no function of it
 */
export function expose<T extends object>(value: T, methods: readonly (keyof T & string)[]): T {
  for (const name of methods) {
    if (!isMethodName(name) || name.includes(".") || FORBIDDEN_KEYS.has(name))
      throw new TypeError(`'${name}' cannot be called from afar`);
    if (typeof value[name] !== "function") throw new TypeError(`the object has no function '${name}'`);
  }
  EXPOSED.set(value, [...methods]);
  return value;
}

/** What of an object may be called from afar, where it was marked. */
export function exposedMethods(value: unknown): readonly string[] | undefined {
  return typeof value === "object" && value !== null ? EXPOSED.get(value) : undefined;
}
