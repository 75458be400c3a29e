import type { FileHandle } from "node:fs/promises";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { FORBIDDEN_KEYS } from "../../base/names.ts";
import type {
  Callback,
  Interface,
  Live,
  Method,
  Param,
  RemoteObject,
  Stream,
} from "../../service/declared.ts";
import type { Service } from "../../service/service.ts";
import { checkCallOptions } from "../calls/check-options.ts";
import type { CallOptions } from "../calls/options.ts";
import { releaseOf } from "./release.ts";

type InputOf<P> =
  P extends Param<string, infer S, infer Optional>
    ? S extends Live
      ? PassedOf<S> | (true extends Optional ? undefined : never)
      : S extends StandardSchemaV1
        ? StandardSchemaV1.InferInput<S>
        : never
    : never;

type OutputsOf<Args extends readonly unknown[]> = {
  [I in keyof Args]: Args[I] extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<Args[I]> : never;
};

/**
 * Items that come one after the other. Lists, texts and byte strings are data, although they can be iterated: pass
 * `list.values()`, or `[text].values()`.
 */
type Items<T> = (AsyncIterable<T> | Iterable<T>) & { readonly length?: never };

type PassedFunction<C> =
  C extends Callback<infer Args, infer R>
    ? (
        ...args: OutputsOf<Args>
      ) => StandardSchemaV1.InferInput<R> | Promise<StandardSchemaV1.InferInput<R>> | void
    : never;

/** What a caller passes where a method takes something by reference. */
type PassedOf<L> =
  L extends Callback<infer _Args, infer _R>
    ? PassedFunction<L>
    : L extends Stream<infer S>
      ? Items<StandardSchemaV1.InferInput<S>> | FileHandle
      : L extends RemoteObject<infer M>
        ? { readonly [K in keyof M]: PassedFunction<M[K]> }
        : L extends Interface<infer M, infer _Name>
          ? RemoteObjectOf<M> | { readonly [K in keyof M]: (...args: never[]) => unknown }
          : never;

/** An object of the daemon: its methods, called from afar. */
export type RemoteObjectOf<M> = { readonly [K in keyof M]: RemoteOf<M[K]> } & Disposable & AsyncDisposable;

/*
 * What a program infers may get into its declarations, so it names no type of a schema library: the arguments and results of methods
 * are worked out here, and an alias that has schemas among its arguments stands in no result.
 */

/** What a caller gets for a result. */
type ResultOf<R> =
  R extends Callback<infer Args, infer O>
    ? ((...args: InputsOf<Args>) => Promise<StandardSchemaV1.InferOutput<O>>) & Disposable
    : R extends Stream<infer S>
      ? AsyncIterableIterator<StandardSchemaV1.InferOutput<S>> & Disposable & AsyncDisposable
      : R extends Interface<infer M, infer _Name>
        ? { readonly [K in keyof M]: RemoteOf<M[K]> } & Disposable & AsyncDisposable
        : R;

type InputsOf<Args extends readonly unknown[]> = {
  [I in keyof Args]: Args[I] extends StandardSchemaV1 ? StandardSchemaV1.InferInput<Args[I]> : never;
};

/** The arguments by position, out of the parameters' tuple; what may be absent may be left out. */
export type PositionalOf<Params extends readonly unknown[]> = Params extends readonly [
  infer First,
  ...infer Rest,
]
  ? undefined extends InputOf<First>
    ? [argument?: InputOf<First>, ...rest: PositionalOf<Rest>]
    : [argument: InputOf<First>, ...rest: PositionalOf<Rest>]
  : [];

type OptionalNames<P extends Param> = P extends Param
  ? undefined extends InputOf<P>
    ? P["name"]
    : never
  : never;

/** The arguments by name. */
export type NamedOf<Params extends readonly Param[]> = {
  readonly [P in Params[number] as Exclude<P["name"], OptionalNames<P>>]: InputOf<P>;
} & { readonly [P in Params[number] as OptionalNames<P>]?: InputOf<P> };

/** The same record without the names of the types that it was made of. */
type Flat<T> = T extends infer Known ? { readonly [K in keyof Known]: Known[K] } : never;

/**
 * A method of the daemon, to be called like a function of this program.
 *
 * @template Positional - the arguments by position
 * @template Named - the arguments by name
 */
export interface RemoteMethod<
  Positional extends readonly unknown[] = readonly never[],
  Named = unknown,
  Result = unknown,
> {
  (...positional: Positional): Promise<Result>;
  /** Never there at run time: they carry the types to {@link withNamed} and {@link withOptions}. */
  readonly [TYPES]?: { readonly named: Named; readonly result: Result };
}

declare const TYPES: unique symbol;

type RemoteOf<M> =
  M extends Method<infer Params, infer Result, infer _Errors>
    ? RemoteMethod<PositionalOf<Params>, Flat<NamedOf<Params>>, ResultOf<Result>>
    : never;

/** A service of the daemon: its methods under their names. */
export type RemoteService<S> =
  S extends Service<infer M, infer _Name> ? { readonly [K in keyof M]: RemoteOf<M[K]> } : never;

/** A service of which nothing is known here: any name is a method. */
export interface UntypedService {
  readonly [name: string]: UntypedService & ((...positional: unknown[]) => Promise<unknown>);
}

/** How a proxy makes its calls. */
export type ProxyCaller = (
  method: string,
  positional: readonly unknown[],
  named: Readonly<Record<string, unknown>>,
  options: CallOptions,
) => Promise<unknown>;

interface Route {
  readonly call: ProxyCaller;
  readonly method: string;
  readonly options: CallOptions;
}

/** Something that can be called; what happens then is the proxy's affair. */
const TARGET = (): void => undefined;

const routes = new WeakMap<object, Route>();

/**
 * A proxy for a method, or for all that lies below its name. Every name is a method, so control is always a
 * function beside it ({@link withNamed}, {@link withOptions}), never an attribute; and the names and symbols that
 * JavaScript itself asks for (`then`, `toJSON`, `Symbol.toPrimitive`, …) never become a message.
 */
export function remoteProxy(call: ProxyCaller, method: string, options: CallOptions = {}): object {
  const children = new Map<string, object>();
  const proxy: object = new Proxy(TARGET, {
    get(_target, key) {
      if (key === "toString") return () => `rpcd method ${method === "" ? "(any)" : method}`;
      if (key === Symbol.dispose) return releaseOf(proxy);
      if (key === Symbol.asyncDispose) return asyncReleaseOf(proxy);
      if (typeof key === "symbol" || FORBIDDEN_KEYS.has(key)) return undefined;
      const known = children.get(key);
      if (known !== undefined) return known;
      const child = remoteProxy(call, method === "" ? key : `${method}.${key}`, options);
      children.set(key, child);
      return child;
    },
    apply: (_target, _self, positional: readonly unknown[]) =>
      call(method, withoutAbsentTail(positional), {}, options),
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
    setPrototypeOf: () => false,
  });
  routes.set(proxy, { call, method, options });
  return proxy;
}

/** The same method, called with named arguments: `withNamed(calc.add)({ a: 2, b: 3 })`. */
export function withNamed<Positional extends readonly unknown[], Named, Result>(
  remote: RemoteMethod<Positional, Named, Result>,
): (args: Named) => Promise<Result>;
export function withNamed(remote: object): (args: Readonly<Record<string, unknown>>) => Promise<unknown> {
  const { call, method, options: kept } = routeOf(remote);
  return (args) => {
    const present = Object.entries(args).filter(([, value]) => value !== undefined);
    return call(method, [], Object.fromEntries(present), kept);
  };
}

/**
 * The same method with a deadline or a signal: `withOptions(calc.add, { timeoutMs: 2000 })(2, 3)`.
 *
 * @throws TypeError for an option that there is not, or that is not of its kind
 */
export function withOptions<R extends object>(remote: R, more: CallOptions): R;
export function withOptions(remote: object, more: CallOptions): object {
  checkCallOptions(more);
  const { call, method, options: kept } = routeOf(remote);
  return remoteProxy(call, method, { ...kept, ...more });
}

/** Lets the functions of control know a stand-in that is no proxy. */
export function keepRoute(standIn: object, call: ProxyCaller): void {
  routes.set(standIn, { call, method: "", options: {} });
}

/** Calls a method of what a daemon has returned. @throws TypeError for what none has */
export function callOn(
  standIn: object,
  ...[method, positional, byName, more]: Parameters<ProxyCaller>
): Promise<unknown> {
  const { call, options: kept } = routeOf(standIn);
  return call(method, positional, byName, { ...kept, ...more });
}

function asyncReleaseOf(standIn: object): (() => Promise<void>) | undefined {
  const give = releaseOf(standIn);
  return give === undefined ? undefined : () => Promise.resolve(give());
}

function routeOf(remote: object): Route {
  const route = routes.get(remote);
  if (route === undefined) throw new TypeError("a method of a service of this client was expected");
  return route;
}

/** An absent argument has no form on the wire; at the end it is simply not sent. */
function withoutAbsentTail(positional: readonly unknown[]): readonly unknown[] {
  const end = positional.findLastIndex((value) => value !== undefined) + 1;
  return positional.slice(0, end);
}
