import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Interface, Method } from "../../service/declared.ts";
import type { Service } from "../../service/service.ts";

/* What a program knows of a service by its type alone: its name, and the reasons that it declares. */

/** The argument of `rpc.service<S>(…)`: the name that the service was defined with. */
export type NameOf<S> =
  S extends Service<infer _Methods, infer Name>
    ? string extends Name
      ? [name?: string]
      : Name extends ""
        ? [name?: ""]
        : [name: Name]
    : never;

type Full<Name extends string, Reason extends string> = Name extends "" ? Reason : `${Name}.${Reason}`;

/** The reasons of one method, with the name of the service or interface in front, and the schemas of their data. */
type ErrorsOfMethod<Name extends string, M> =
  M extends Method<infer _Params, infer _Result, infer Errors>
    ? { readonly [R in keyof Errors & string as Full<Name, R>]: Errors[R] }
    : never;

type ErrorsOf<S> =
  S extends Service<infer M, infer Name>
    ? { [K in keyof M]: ErrorsOfMethod<Name, M[K]> }[keyof M]
    : S extends Interface<infer M, infer Name>
      ? { [K in keyof M]: ErrorsOfMethod<Name, M[K]> }[keyof M]
      : never;

type KeysOfEach<T> = T extends unknown ? keyof T & string : never;

/** The reasons that a service or an interface declares, as an error carries them: `notes.no_note`. */
export type ReasonOf<S> = [S] extends [never]
  ? "name the service: error.is<typeof service>(reason)"
  : KeysOfEach<ErrorsOf<S>>;

type SchemaOf<Errors, Reason extends string> = Errors extends { readonly [K in Reason]: infer S } ? S : never;

/** The data that belongs to a reason. */
export type DataOf<S, Reason extends string> =
  SchemaOf<ErrorsOf<S>, Reason> extends infer One
    ? One extends StandardSchemaV1
      ? StandardSchemaV1.InferOutput<One>
      : unknown
    : never;
