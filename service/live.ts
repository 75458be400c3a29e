import { assertNever } from "../base/assert-never.ts";
import { FORBIDDEN_KEYS, isMethodName, METHOD_NAME_RULE } from "../base/names.ts";
import type { LiveShape, Shape } from "../catalogue/catalogue.ts";
import type { Callback, Live, RemoteObject, Schema, Signatures, Stream } from "./declared.ts";

/**
 * Declares a function that is passed by reference. Its owner runs it; its answers are checked here.
 *
 * @param parts - the schemas of its arguments, by position, and of what it gives; nothing means any data
 */
export function callback<
  const Args extends readonly Schema[] = readonly Schema[],
  R extends Schema = Schema,
>({ args, returns }: { readonly args?: Args; readonly returns?: R } = {}): Callback<Args, R> {
  if (args !== undefined && !Array.isArray(args))
    throw new TypeError("the args of a callback are a list of schemas");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- where nothing is said Args is the general list
  return { live: "callback", args: args ?? ([] as unknown as Args), returns };
}

/** Declares items that come one after the other: `stream(z.string())` for the lines of a text, `stream("bytes")`. */
export function stream(of: "bytes"): Stream<Schema<Uint8Array>>;
export function stream<S extends Schema>(of: S): Stream<S>;
export function stream(of: Schema | "bytes"): Stream {
  if (of !== "bytes" && (typeof of !== "object" || of === null) && typeof of !== "function")
    throw new TypeError('a stream needs the schema of its items, or "bytes"');
  return { live: "stream", of };
}

/** Declares an object that is passed by reference: `object({ methods: { close: callback() } })`. */
export function object<const M extends Signatures>({ methods }: { readonly methods: M }): RemoteObject<M> {
  const names = Object.keys(methods);
  if (names.length === 0) throw new TypeError("an object that is passed has to have a method");
  for (const name of names) checkCallable(name);
  return { live: "object", methods };
}

/** @throws TypeError for a name that can be no method, or that JavaScript itself would ask an object for */
export function checkCallable(name: string): void {
  if (!isMethodName(name) || name.includes(".") || FORBIDDEN_KEYS.has(name))
    throw new TypeError(`'${name}' names no method of an object: ${METHOD_NAME_RULE}, without dots`);
}

/** A callback's arguments have no names of their own; where a returned one is called, they are known by these. */
export function argumentName(i: number): string {
  return `arg${i + 1}`;
}

/** Whether it stands for something live, and is no schema. */
export function isLiveType(found: unknown): found is Live {
  return typeof found === "object" && found !== null && "live" in found && typeof found.live === "string";
}

/** What the catalogue says of it. @param shapeOf - reads the shape of a schema */
export function liveShape(type: Live, shapeOf: (schema: Schema) => Shape): LiveShape {
  switch (type.live) {
    case "callback":
      return {
        type: "callback",
        args: type.args.map(shapeOf),
        returns: type.returns === undefined ? { type: "any" } : shapeOf(type.returns),
      };
    case "stream":
      return { type: "stream", of: type.of === "bytes" ? { type: "bytes" } : shapeOf(type.of) };
    case "object":
      return { type: "object", methods: Object.keys(type.methods) };
    case "interface":
      return { type: "object", methods: Object.keys(type.methods), interface: type.name };
    default:
      return assertNever(type, "a reference");
  }
}
