import type { StandardSchemaV1 } from "@standard-schema/spec";
import { ARGUMENT_NAME_RULE, isArgumentName } from "../base/names.ts";
import { EFFECTS, type Shape } from "../catalogue/catalogue.ts";
import type { Context } from "./context.ts";
import type {
  ArgumentsOf,
  Callback,
  Declared,
  ErrorSchemas,
  Interface,
  Live,
  LiveResultOf,
  Method,
  NoErrors,
  Param,
  Schema,
  Stream,
} from "./declared.ts";
import { isLiveType } from "./live.ts";

const SHAPE_WORDS = ["any", "bool", "bytes", "int", "null", "number", "string", "time"] as const;

export interface ParamOptions<Optional extends boolean = boolean> {
  /** What a value looks like, in the words of the policy, where the schema cannot say it by itself. */
  readonly shape?: Shape | (typeof SHAPE_WORDS)[number];
  /** Of what is passed by reference: whether it may be left out. A schema says so by itself. */
  readonly optional?: Optional;
  /** Of what is passed by reference: whether it may be returned to another client. The grant has to say so too. */
  readonly share?: boolean;
}

/**
 * Declares a parameter. The schema only checks: a value that it would change (a coercion, a trimmed text, a
 * stripped key) is refused, since the policy looked at what was sent. A default for an absent argument is
 * the one exception; it must be a constant.
 */
export function param<
  const Name extends string,
  S extends Schema | Live,
  const Optional extends boolean = false,
>(name: Name, schema: S, options?: ParamOptions<Optional>): Param<Name, S, NoInfer<Optional>>;
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

/** Declares a method whose result is passed by reference: items, a function, or an object of an interface. */
export function method<
  const Params extends readonly Param[],
  L extends Callback | Stream | Interface,
  const Errors extends ErrorSchemas = NoErrors,
>(
  declared: Declared<Params, Errors> & {
    readonly returns: L;
    run(args: ArgumentsOf<Params>, context: Context): LiveResultOf<L> | Promise<LiveResultOf<L>>;
  },
): Method<Params, L, NoInfer<Errors>>;
/** Declares a method whose result is checked against a schema. */
export function method<
  const Params extends readonly Param[],
  R extends Schema,
  const Errors extends ErrorSchemas = NoErrors,
>(
  declared: Declared<Params, Errors> & {
    readonly returns: R;
    run(
      args: ArgumentsOf<Params>,
      context: Context,
    ): StandardSchemaV1.InferInput<R> | Promise<StandardSchemaV1.InferInput<R>>;
  },
): Method<Params, StandardSchemaV1.InferOutput<R>, NoInfer<Errors>>;
/** Declares a method whose result may be any data. */
export function method<
  const Params extends readonly Param[],
  Result,
  const Errors extends ErrorSchemas = NoErrors,
>(
  declared: Declared<Params, Errors> & { run(args: ArgumentsOf<Params>, context: Context): Result },
): Method<Params, Awaited<Result>, NoInfer<Errors>>;
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
