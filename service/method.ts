import type { StandardSchemaV1 } from "@standard-schema/spec";
import { EFFECTS, type Effect, type Shape } from "../base/catalogue.ts";
import { ARGUMENT_NAME_RULE, isArgumentName } from "../base/names.ts";
import type { Context } from "./context.ts";

/** A schema of any library that speaks Standard Schema: zod, valibot, arktype and others. */
export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>;

/** A parameter of a method. Its place in the list is its position. */
export interface Param<Name extends string = string, S extends Schema = Schema> {
  readonly name: Name;
  readonly schema: S;
  readonly shape: Shape | undefined;
}

const SHAPE_WORDS = ["any", "bool", "bytes", "int", "null", "number", "string", "time"] as const;

export interface ParamOptions {
  /** What a value looks like, in the words of the policy, where the schema cannot say it by itself. */
  readonly shape?: Shape | (typeof SHAPE_WORDS)[number];
}

/**
 * Declares a parameter. The schema only checks: a value that it would change (a coercion, a trimmed text, a
 * stripped key) is refused, since the policy looked at what was sent. A default for an absent argument is
 * the one exception; it must be a constant.
 */
export function param<const Name extends string, S extends Schema>(
  name: Name,
  schema: S,
  { shape }: ParamOptions = {},
): Param<Name, S> {
  if (!isArgumentName(name)) throw new TypeError(`'${name}' names no parameter: ${ARGUMENT_NAME_RULE}`);
  // From here on what TypeScript would have said, for those who write without it.
  if (typeof schema !== "object" && typeof schema !== "function")
    throw new TypeError(`parameter '${name}' has no schema`);
  if (typeof shape === "string" && !SHAPE_WORDS.includes(shape)) {
    throw new TypeError(`parameter '${name}': '${shape}' is no shape; one of ${SHAPE_WORDS.join(", ")}`);
  }
  return { name, schema, shape: typeof shape === "string" ? { type: shape } : shape };
}

/** What `run` is given: the arguments by their names, checked. */
export type ArgumentsOf<Params extends readonly Param[]> = {
  readonly [P in Params[number] as P["name"]]: StandardSchemaV1.InferOutput<P["schema"]>;
};

/** A method as its service defines it. `Result` is what its caller gets. */
export interface Method<Params extends readonly Param[] = readonly Param[], Result = unknown> {
  readonly doc: string;
  readonly params: Params;
  readonly returns: Schema | undefined;
  readonly effect: Effect;
  readonly idempotent: boolean;
  readonly errors: Readonly<Record<string, Schema>>;
  readonly reserved: boolean;
  // A method, not a property, so that a method of known parameters is one of unknown parameters too.
  run(args: ArgumentsOf<Params>, context: Context): unknown;
  /** Never there at run time: it carries the type of the result to the client's proxy. */
  readonly result?: Result;
}

interface Declared<Params extends readonly Param[]> {
  /** One sentence for people: `rpcctl ls` and `describe` print it. */
  readonly doc?: string;
  /** A list: its order is the positional order. */
  readonly params: Params;
  /** What a call may change; `write` where nothing is said. */
  readonly effect?: Effect;
  /** Whether calling twice is as good as calling once; `false` where nothing is said. */
  readonly idempotent?: boolean;
  /** The reasons with which `run` may throw an RpcFault, each with the schema of its data. */
  readonly errors?: Readonly<Record<string, Schema>>;
  /** A reserved method is granted by its exact name only, never by a wildcard. */
  readonly reserved?: boolean;
}

/** Declares a method whose result is checked against a schema. */
export function method<const Params extends readonly Param[], R extends Schema>(
  declared: Declared<Params> & {
    readonly returns: R;
    run(
      args: ArgumentsOf<Params>,
      context: Context,
    ): StandardSchemaV1.InferInput<R> | Promise<StandardSchemaV1.InferInput<R>>;
  },
): Method<Params, StandardSchemaV1.InferOutput<R>>;
/** Declares a method whose result may be any data. */
export function method<const Params extends readonly Param[], Result>(
  declared: Declared<Params> & { run(args: ArgumentsOf<Params>, context: Context): Result },
): Method<Params, Awaited<Result>>;
export function method<const Params extends readonly Param[]>(
  declared: Declared<Params> & {
    readonly returns?: Schema;
    run(args: ArgumentsOf<Params>, context: Context): unknown;
  },
): Method<Params> {
  checkDeclared(declared);
  const names = declared.params.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new TypeError(`two parameters bear the name '${twice}'`);
  return {
    doc: declared.doc ?? "",
    params: declared.params,
    returns: declared.returns,
    effect: declared.effect ?? "write",
    idempotent: declared.idempotent ?? false,
    errors: declared.errors ?? {},
    reserved: declared.reserved ?? false,
    run: (args, context) => declared.run(args, context),
  };
}

const DECLARED = ["doc", "params", "returns", "effect", "idempotent", "errors", "reserved", "run"];

/** What TypeScript says to those who use it. @throws TypeError */
function checkDeclared(declared: Declared<readonly Param[]> & { run: unknown }): void {
  const extra = Object.keys(declared).find((key) => !DECLARED.includes(key));
  if (extra !== undefined) throw new TypeError(`a method has no '${extra}'; it has ${DECLARED.join(", ")}`);
  if (!Array.isArray(declared.params)) throw new TypeError("a method needs params: a list, [] for none");
  if (typeof declared.run !== "function") throw new TypeError("a method needs run: a function");
  const { effect } = declared;
  if (effect !== undefined && !EFFECTS.includes(effect)) {
    throw new TypeError(`'${effect}' is no effect; one of ${EFFECTS.join(", ")}`);
  }
}
