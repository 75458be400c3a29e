import type { StandardSchemaV1 } from "@standard-schema/spec";
import { isMethodName, METHOD_NAME_RULE } from "../base/names.ts";
import { isPlainObject } from "../base/plain-object.ts";
import type { Context } from "./context.ts";
import { checkCallable } from "./live.ts";
import { type ArgumentsOf, type Declared, type Method, method, type Param } from "./method.ts";

/** A method of an object: as a method of a service, but run by the object that it is called on. */
export type Signature<Params extends readonly Param[] = readonly Param[], Result = unknown> = Method<
  Params,
  Result
>;

export type InterfaceMethods = Readonly<Record<string, Signature>>;

/** What an object has to be able to do to be one of an interface. Each method by a function of its own. */
export type ImplementationOf<M extends InterfaceMethods> = {
  readonly [K in keyof M]: M[K] extends Method<infer Params, infer Result>
    ? (args: ArgumentsOf<Params>, context: Context) => Result | Promise<Result>
    : never;
};

/** What is called once, when nobody can call the object any longer. */
export interface Disposing {
  [Symbol.dispose]?(): void;
  [Symbol.asyncDispose]?(): Promise<void>;
}

/**
 * Objects that a daemon returns and that are called from afar. Each call on one is held against the policy as
 * `interface.method`.
 */
export interface Interface<M extends InterfaceMethods = InterfaceMethods> {
  readonly live: "interface";
  readonly name: string;
  readonly methods: M;
  /** Makes an object of it: what a handler returns. Functions that the interface does not list cannot be called. */
  make(implementation: ImplementationOf<M> & Disposing): LiveObject<M>;
}

const LIVE_OBJECT = Symbol.for("rpcd.LiveObject");

type Run = (args: unknown, context: Context) => unknown;

/** An object of an interface, ready to be returned. */
export interface LiveObject<M extends InterfaceMethods = InterfaceMethods> {
  readonly interface: string;
  /** without a prototype: a peer's word is looked up in it */
  readonly functions: Readonly<Record<string, Run>>;
  readonly implementation: object & Disposing;
  /** Never there at run time: whose objects it is of. */
  readonly methods?: M;
  readonly [LIVE_OBJECT]: true;
}

/** Declares a method of an interface: as `method({ … })`, without `run`. */
export function signature<const Params extends readonly Param[], R extends StandardSchemaV1>(
  declared: Declared<Params> & { readonly returns: R },
): Signature<Params, StandardSchemaV1.InferOutput<R>>;
export function signature<const Params extends readonly Param[]>(
  declared: Declared<Params>,
): Signature<Params, unknown>;
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
export function defineInterface<const M extends InterfaceMethods>(name: string, methods: M): Interface<M> {
  if (!isMethodName(name)) throw new TypeError(`'${name}' names no interface: ${METHOD_NAME_RULE}`);
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
  return { interface: name, functions, implementation, [LIVE_OBJECT]: true };
}

export function isLiveObject(found: unknown): found is LiveObject {
  return typeof found === "object" && found !== null && LIVE_OBJECT in found && found[LIVE_OBJECT] === true;
}
