import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Effect, Shape } from "../catalogue/catalogue.ts";
import type { Context } from "./context.ts";

/* What a service declares, as types: they know one another, so they stand together. */

/** A schema of any library that speaks Standard Schema: zod, valibot, arktype and others. */
export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>;

/** A parameter of a method. Its place in the list is its position. */
export interface Param<
  Name extends string = string,
  S extends Schema | Live = Schema | Live,
  Optional extends boolean = boolean,
> {
  readonly name: Name;
  /** or what stands in its place where the argument is passed by reference */
  readonly schema: S;
  readonly shape: Shape | undefined;
  /** whether the call may leave it out, where it is passed by reference */
  readonly optional: Optional;
  /** whether what was passed may be passed on to another client, as far as the policy lets */
  readonly share: boolean;
}

/*
 * What stands in the place of a schema where something is passed by reference. The bytes of it never leave its owner:
 * whoever gets it may call it, read it, or call the methods that were listed, as far as the policy lets.
 */

/** A function of the other side. */
export interface Callback<Args extends readonly Schema[] = readonly Schema[], R extends Schema = Schema> {
  readonly live: "callback";
  readonly args: Args;
  readonly returns: R | undefined;
}

/** Items of the other side, one after the other, read once; without a schema a row of bytes. */
export interface Stream<S extends Schema = Schema> {
  readonly live: "stream";
  readonly of: S | "bytes";
}

/** An object of the other side, of which these methods may be called. */
export interface RemoteObject<M extends Signatures = Signatures> {
  readonly live: "object";
  readonly methods: M;
}

export type Signatures = Readonly<Record<string, Callback>>;

export type Live = Callback | Stream | RemoteObject | Interface;

type InputsOf<Args extends readonly Schema[]> = {
  readonly [I in keyof Args]: Args[I] extends Schema ? StandardSchemaV1.InferInput<Args[I]> : never;
};

/** The function that a handler gets for a callback: each call is a message, and its answer another. */
type FunctionOf<C extends Callback> =
  C extends Callback<infer Args, infer R>
    ? (...args: InputsOf<Args>) => Promise<StandardSchemaV1.InferOutput<R>>
    : never;

/** The object that a handler gets for an object of the caller. */
type ObjectOf<M extends Signatures> = { readonly [K in keyof M]: FunctionOf<M[K]> };

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
    ? LiveValueOf<P["schema"]> | (true extends P["optional"] ? undefined : never)
    : P["schema"] extends Schema
      ? StandardSchemaV1.InferOutput<P["schema"]>
      : never;
};

/** The schemas of the data of declared reasons, by reason. */
export type ErrorSchemas = Readonly<Record<string, Schema>>;

/** No reason is declared. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- that it has no key is what counts
export type NoErrors = Readonly<Record<never, never>>;

/** A method as its service defines it. `Result` is what its caller gets. */
export interface Method<
  Params extends readonly Param[] = readonly Param[],
  Result = unknown,
  Errors extends ErrorSchemas = ErrorSchemas,
> {
  readonly doc: string;
  readonly params: Params;
  readonly returns: Schema | Callback | Stream | Interface | undefined;
  readonly effect: Effect;
  readonly idempotent: boolean;
  readonly errors: Errors;
  readonly reserved: boolean;
  // A method, not a property, so that a method of known parameters is one of unknown parameters too.
  run(args: ArgumentsOf<Params>, context: Context): unknown;
  /** Never there at run time: it carries the type of the result to the client's proxy. */
  readonly result?: Result;
}

export interface Declared<Params extends readonly Param[], Errors extends ErrorSchemas = ErrorSchemas> {
  /** One sentence for people: `rpcctl ls` and `describe` print it. */
  readonly doc?: string;
  /** A list: its order is the positional order. */
  readonly params: Params;
  /** What a call may change; `write` where nothing is said. */
  readonly effect?: Effect;
  /** Whether calling twice is as good as calling once; `false` where nothing is said. */
  readonly idempotent?: boolean;
  /** The reasons with which `run` may throw an RpcFault, each with the schema of its data. */
  readonly errors?: Errors;
  /** A reserved method is granted by its exact name only, never by a wildcard. */
  readonly reserved?: boolean;
}

/** A method of an object: as a method of a service, but run by the object that it is called on. */
export type Signature<
  Params extends readonly Param[] = readonly Param[],
  Result = unknown,
  Errors extends ErrorSchemas = ErrorSchemas,
> = Method<Params, Result, Errors>;

export type InterfaceMethods = Readonly<Record<string, Signature>>;

/** What a function of an object has to give. */
type GivenFor<Result> = Result extends Callback | Stream | Interface ? LiveResultOf<Result> : Result;

/** What an object has to be able to do to be one of an interface. Each method by a function of its own. */
export type ImplementationOf<M extends InterfaceMethods> = {
  readonly [K in keyof M]: M[K] extends Method<infer Params, infer Result, infer _Errors>
    ? (args: ArgumentsOf<Params>, context: Context) => GivenFor<Result> | Promise<GivenFor<Result>>
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
export interface Interface<M extends InterfaceMethods = InterfaceMethods, Name extends string = string> {
  readonly live: "interface";
  readonly name: Name;
  readonly methods: M;
  /** Makes an object of it: what a handler returns. Functions that the interface does not list cannot be called. */
  make(implementation: ImplementationOf<M> & Disposing): LiveObject<M>;
}

export type Run = (args: unknown, context: Context) => unknown;

/** An object of an interface, ready to be returned. */
export interface LiveObject<M extends InterfaceMethods = InterfaceMethods> {
  readonly interface: string;
  /** without a prototype: a peer's word is looked up in it */
  readonly functions: Readonly<Record<string, Run>>;
  readonly implementation: object & Disposing;
  /** Never there at run time: whose objects it is of. */
  readonly methods?: M;
}
