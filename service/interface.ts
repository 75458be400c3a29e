import type { StandardSchemaV1 } from "@standard-schema/spec";
import { isMethodName, METHOD_NAME_RULE } from "../base/names.ts";
import { isPlainObject } from "../base/plain-object.ts";
import type {
  Callback,
  Declared,
  Disposing,
  ErrorSchemas,
  Interface,
  InterfaceMethods,
  LiveObject,
  NoErrors,
  Param,
  Run,
  Signature,
  Stream,
} from "./declared.ts";
import { checkCallable } from "./live.ts";
import { method } from "./method.ts";

/** How a daemon knows one, whichever copy of this package made it. */
const LIVE_OBJECT = Symbol.for("rpcd.LiveObject");

/** Declares a method of an interface: as `method({ … })`, without `run`. */
export function signature<
  const Params extends readonly Param[],
  R extends StandardSchemaV1,
  const Errors extends ErrorSchemas = NoErrors,
>(
  declared: Declared<Params, Errors> & { readonly returns: R },
): Signature<Params, StandardSchemaV1.InferOutput<R>, NoInfer<Errors>>;
export function signature<
  const Params extends readonly Param[],
  L extends Callback | Stream | Interface,
  const Errors extends ErrorSchemas = NoErrors,
>(declared: Declared<Params, Errors> & { readonly returns: L }): Signature<Params, L, NoInfer<Errors>>;
export function signature<
  const Params extends readonly Param[],
  const Errors extends ErrorSchemas = NoErrors,
>(declared: Declared<Params, Errors>): Signature<Params, unknown, NoInfer<Errors>>;
export function signature<const Params extends readonly Param[]>(
  declared: Declared<Params>,
): Signature<Params> {
  if ("run" in declared)
    throw new TypeError("a signature has no run: the object that it is called on has it");
  return method({
    ...declared,
    run: () => {
      throw new Error("a method of an object was called without one");
    },
  });
}

/**
 * Defines an interface: `const cursor = defineInterface("cursor", { next: signature({ … }) })`. A method returns one of its
 * objects with `returns: cursor` and `cursor.make({ next: … })`.
 *
 * @throws TypeError if a name can be no method's name
 */
export function defineInterface<const Name extends string, const M extends InterfaceMethods>(
  name: Name,
  methods: M,
): Interface<M, Name> {
  if (!isMethodName(name)) throw new TypeError(`'${name}' names no interface: ${METHOD_NAME_RULE}`);
  if (name === "rpcd" || name.startsWith("rpcd."))
    throw new TypeError(`'${name}': names under 'rpcd' are the daemon's own`);
  if (!isPlainObject(methods) || Object.keys(methods).length === 0)
    throw new TypeError(
      `the interface '${name}' needs an object of its methods, each made by signature({ … })`,
    );
  for (const key of Object.keys(methods)) {
    checkCallable(key);
    if (!isMethodName(`${name}.${key}`))
      throw new TypeError(`'${name}.${key}' names no method: ${METHOD_NAME_RULE}`);
  }
  return {
    live: "interface",
    name,
    methods,
    make: (implementation) => liveObject(name, Object.keys(methods), implementation),
  };
}

/** @throws TypeError if a function is missing */
export function liveObject<M extends InterfaceMethods>(
  name: string,
  methods: readonly string[],
  implementation: object & Disposing,
): LiveObject<M> {
  const functions: Record<string, Run> = Object.create(null);
  for (const key of methods) {
    const run: unknown = Reflect.get(implementation, key);
    if (typeof run !== "function") throw new TypeError(`an object of '${name}' has no function '${key}'`);
    functions[key] = (args, context): unknown => Reflect.apply(run, implementation, [args, context]);
  }
  const made: LiveObject<M> & { readonly [LIVE_OBJECT]: true } = {
    interface: name,
    functions,
    implementation,
    [LIVE_OBJECT]: true,
  };
  return made;
}

export function isLiveObject(found: unknown): found is LiveObject {
  return typeof found === "object" && found !== null && LIVE_OBJECT in found;
}
