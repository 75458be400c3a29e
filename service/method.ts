import type { StandardSchemaV1 } from "@standard-schema/spec";
import { EFFECTS, type Effect, type Shape } from "../base/catalogue.ts";
import { ARGUMENT_NAME_RULE, isArgumentName } from "../base/names.ts";
import type { Context } from "./context.ts";
import type { ImplementationOf, Interface, LiveObject } from "./interface.ts";
import {
  type Callback,
  type FunctionOf,
  isLiveType,
  type Live,
  type ObjectOf,
  type RemoteObject,
  type Stream,
} from "./live.ts";

/** A schema of any library that speaks Standard Schema: zod, valibot, arktype and others. */
export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>;

/** A parameter of a method. Its place in the list is its position. */
export interface Param<Name extends string = string, S extends Schema | Live = Schema | Live> {
  readonly name: Name;
  /** or what stands in its place where the argument is passed by reference */
  readonly schema: S;
  readonly shape: Shape | undefined;
  /** whether the call may leave it out, where it is passed by reference */
  readonly optional: boolean;
  /** whether what was passed may be passed on to another client, as far as the policy lets */
  readonly share: boolean;
}

const SHAPE_WORDS = ["any", "bool", "bytes", "int", "null", "number", "string", "time"] as const;

export interface ParamOptions {
  /** What a value looks like, in the words of the policy, where the schema cannot say it by itself. */
  readonly shape?: Shape | (typeof SHAPE_WORDS)[number];
  /** Of what is passed by reference: whether it may be left out. A schema says so by itself. */
  readonly optional?: boolean;
  /** Of what is passed by reference: whether it may be returned to another client. The grant has to say so too. */
  readonly share?: boolean;
}

/**
 * Declares a parameter. The schema only checks: a value that it would change (a coercion, a trimmed text, a
 * stripped key) is refused, since the policy looked at what was sent. A default for an absent argument is
 * the one exception; it must be a constant.
 */
export function param<const Name extends string, S extends Schema | Live>(
  name: Name,
  schema: S,
  { shape, optional = false, share = false }: ParamOptions = {},
): Param<Name, S> {
  if (!isArgumentName(name)) throw new TypeError(`'${name}' names no parameter: ${ARGUMENT_NAME_RULE}`);
  // From here on what TypeScript would have said, for those who write without it.
  if (typeof schema !== "object" && typeof schema !== "function")
    throw new TypeError(`parameter '${name}' has no schema`);
  if (typeof shape === "string" && !SHAPE_WORDS.includes(shape)) {
    throw new TypeError(`parameter '${name}': '${shape}' is no shape; one of ${SHAPE_WORDS.join(", ")}`);
  }
  if (!isLiveType(schema) && (optional || share))
    throw new TypeError(
      `parameter '${name}' is data: its schema says whether it may be left out, and it is shared as it is`,
    );
  if (isLiveType(schema) && shape !== undefined)
    throw new TypeError(`parameter '${name}' is passed by reference: it has a shape already`);
  return { name, schema, shape: typeof shape === "string" ? { type: shape } : shape, optional, share };
}

/** What a handler gets for what is passed by reference. */
type LiveValueOf<L> =
  L extends Callback<infer _Args, infer _R>
    ? FunctionOf<L>
    : L extends Stream<infer S>
      ? AsyncIterableIterator<StandardSchemaV1.InferOutput<S>>
      : L extends RemoteObject<infer M>
        ? ObjectOf<M>
        : L extends Interface<infer M>
          ? ImplementationOf<M>
          : never;

/** What a handler has to return where its result is passed by reference. */
export type LiveResultOf<L> =
  L extends Callback<infer _Args, infer _R>
    ? (...args: never[]) => unknown
    : L extends Stream<infer S>
      ? AsyncIterable<StandardSchemaV1.InferInput<S>> | Iterable<StandardSchemaV1.InferInput<S>>
      : L extends Interface<infer M>
        ? LiveObject<M> | ImplementationOf<M>
        : never;

/** What `run` is given: the arguments by their names, checked. */
export type ArgumentsOf<Params extends readonly Param[]> = {
  readonly [P in Params[number] as P["name"]]: P["schema"] extends Live
    ? LiveValueOf<P["schema"]>
    : P["schema"] extends Schema
      ? StandardSchemaV1.InferOutput<P["schema"]>
      : never;
};

/** A method as its service defines it. `Result` is what its caller gets. */
export interface Method<Params extends readonly Param[] = readonly Param[], Result = unknown> {
  readonly doc: string;
  readonly params: Params;
  readonly returns: Schema | Callback | Stream | Interface | undefined;
  readonly effect: Effect;
  readonly idempotent: boolean;
  readonly errors: Readonly<Record<string, Schema>>;
  readonly reserved: boolean;
  // A method, not a property, so that a method of known parameters is one of unknown parameters too.
  run(args: ArgumentsOf<Params>, context: Context): unknown;
  /** Never there at run time: it carries the type of the result to the client's proxy. */
  readonly result?: Result;
}

export interface Declared<Params extends readonly Param[]> {
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

/** Declares a method whose result is passed by reference: items, a function, or an object of an interface. */
export function method<const Params extends readonly Param[], L extends Callback | Stream | Interface>(
  declared: Declared<Params> & {
    readonly returns: L;
    run(args: ArgumentsOf<Params>, context: Context): LiveResultOf<L> | Promise<LiveResultOf<L>>;
  },
): Method<Params, L>;
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
    readonly returns?: Schema | Callback | Stream | Interface;
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
function checkDeclared(declared: Declared<readonly Param[]> & { returns?: unknown; run: unknown }): void {
  const extra = Object.keys(declared).find((key) => !DECLARED.includes(key));
  if (extra !== undefined) throw new TypeError(`a method has no '${extra}'; it has ${DECLARED.join(", ")}`);
  if (!Array.isArray(declared.params)) throw new TypeError("a method needs params: a list, [] for none");
  if (typeof declared.run !== "function") throw new TypeError("a method needs run: a function");
  const { returns } = declared;
  if (isLiveType(returns) && returns.live === "object")
    throw new TypeError("an object that a method returns needs an interface: defineInterface(…)");
  const { effect } = declared;
  if (effect !== undefined && !EFFECTS.includes(effect)) {
    throw new TypeError(`'${effect}' is no effect; one of ${EFFECTS.join(", ")}`);
  }
}
