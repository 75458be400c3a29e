import { Readable } from "node:stream";
import { assertNever } from "../../base/assert-never.ts";
import { isNodeStream, outliveErrors } from "../../base/node-stream.ts";
import { isPlainObject } from "../../base/plain-object.ts";
import {
  type Catalogue,
  isLive,
  type LiveShape,
  type MethodEntry,
  shapeWords,
} from "../../catalogue/catalogue.ts";
import { isStreamable } from "../../session/references/stream-source.ts";
import type { Request } from "../calls/options.ts";
import { RpcError } from "../errors/rpc-error.ts";
import { exposedMethods } from "./expose.ts";
import { bytesOf, isFileHandle, linesOf } from "./file-stream.ts";

/** What is passed by reference in the place of an argument. */
export interface Exportable {
  /** the value as the caller has it */
  readonly original: unknown;
  readonly kind: LiveShape["type"];
  /** without a prototype; the only one of a function has an empty name */
  readonly functions?: Readonly<Record<string, (...args: unknown[]) => unknown>>;
  readonly items?: AsyncIterable<unknown> | Iterable<unknown>;
}

/**
 * Puts references in the place of what cannot travel.
 *
 * @param lend - passes something, and gives what stands for it in the message
 * @param givenBack - what stands for something that this daemon has returned, where it is such a thing
 */
export function exportArguments(
  { method, positional, named }: Pick<Request, "method" | "positional" | "named">,
  catalogue: Catalogue,
  lend: (thing: Exportable) => unknown,
  givenBack: (value: unknown) => unknown,
): { readonly positional: readonly unknown[]; readonly named: Readonly<Record<string, unknown>> } {
  const entry = catalogue.get(method);
  const place = (value: unknown, at: number | string): unknown => {
    if (isData(value)) return value;
    const shape = declaredAt(entry, at);
    const back = shape === undefined ? undefined : givenBack(value);
    return back ?? lend(exportableOf(value, shape, { method, entry, at }));
  };
  return {
    positional: positional.map((value, i) => place(value, i)),
    named: Object.fromEntries(Object.entries(named).map(([name, value]) => [name, place(value, name)])),
  };
}

/** Streams of node's among the arguments may break off before anybody reads them, and the program goes on. */
export function expectErrors({ positional, named }: Pick<Request, "positional" | "named">): void {
  for (const value of [...positional, ...Object.values(named)]) if (isNodeStream(value)) outliveErrors(value);
}

/** Whether something among the arguments can only be passed by reference. Data is not looked into. */
export function hasLive({ positional, named }: Pick<Request, "positional" | "named">): boolean {
  for (const value of positional) if (!isData(value)) return true;
  for (const name in named) if (Object.hasOwn(named, name) && !isData(named[name])) return true;
  return false;
}

function isData(value: unknown): boolean {
  if (typeof value === "function") return false;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return true;
  if (value instanceof Uint8Array || value instanceof Date) return true;
  if (isPlainObject(value)) return !isTableOfFunctions(value) && !(Symbol.asyncIterator in value);
  return !(isFileHandle(value) || isStreamable(value) || exposedMethods(value) !== undefined);
}

/** An object that lists functions and nothing else is no data, and passing it shows no more than it lists. */
function isTableOfFunctions(value: Readonly<Record<string, unknown>>): boolean {
  // Without running code of its own: a getter is no function, whatever it would give.
  const names = Object.keys(value);
  return (
    names.length > 0 &&
    names.every((name) => typeof Object.getOwnPropertyDescriptor(value, name)?.value === "function")
  );
}

function declaredAt(entry: MethodEntry | undefined, at: number | string): LiveShape | undefined {
  const param = typeof at === "number" ? entry?.params[at] : entry?.params.find(({ name }) => name === at);
  return param !== undefined && isLive(param.shape) ? param.shape : undefined;
}

/** Where something stands among the arguments. */
interface ArgumentPlace {
  readonly method: string;
  readonly entry: MethodEntry | undefined;
  readonly at: number | string;
}

function exportableOf(value: unknown, shape: LiveShape | undefined, place: ArgumentPlace): Exportable {
  if (shape === undefined) throw unfit(`${placeText(place)}: ${whyNoReference(value, place)}`);
  const found = asKind(value, shape);
  if (found !== undefined) return { original: value, kind: shape.type, ...found };
  throw unfit(`${placeText(place)}: ${shapeWords(shape)} was expected, not ${dataWords(value).found}`);
}

/** Why something that is no data cannot be passed here, and what can be. */
function whyNoReference(value: unknown, { method, entry }: ArgumentPlace): string {
  const { found, instead } = dataWords(value);
  if (entry === undefined)
    return `${found} can only be passed by reference, and this client may call no method ${method}`;
  return `${found} cannot be sent as data, and the method takes nothing by reference here${instead}`;
}

function dataWords(value: unknown): { readonly found: string; readonly instead: string } {
  if (typeof value === "function") return { found: "a function", instead: "" };
  if (value instanceof Map) return { found: "a Map", instead: "; pass an object, or a list of pairs" };
  if (value instanceof Set) return { found: "a Set", instead: "; pass a list" };
  if (ArrayBuffer.isView(value))
    return {
      found: "a typed array",
      instead: "; pass a list of its numbers, or its bytes as a Uint8Array",
    };
  if (isFileHandle(value)) return { found: "an open file", instead: "; read it, and pass its content" };
  if (isStreamable(value)) return { found: "a stream", instead: "; read it, and pass a list" };
  return { found: "an object of functions", instead: "" };
}

function asKind(value: unknown, shape: LiveShape): Pick<Exportable, "functions" | "items"> | undefined {
  switch (shape.type) {
    case "callback":
      if (typeof value !== "function") return undefined;
      return { functions: table([["", (...args) => Reflect.apply(value, undefined, args)]]) };
    case "stream":
      // Of a file, what is no row of bytes is its lines.
      if (isFileHandle(value)) return { items: shape.of.type === "bytes" ? bytesOf(value) : linesOf(value) };
      if (!isStreamable(value)) return undefined;
      return { items: shape.of.type === "string" && isByteStream(value) ? linesOf(value) : value };
    case "object": {
      const listed =
        exposedMethods(value) ??
        (isPlainObject(value) && isTableOfFunctions(value) ? Object.keys(value) : undefined);
      if (listed === undefined || typeof value !== "object" || value === null) return undefined;
      // What its owner listed, and of it what the method takes: nothing is found by looking.
      const names = listed.filter((name) => shape.methods.includes(name));
      return { functions: table(names.map((name) => [name, (...args) => callMethod(value, name, args)])) };
    }
    default:
      return assertNever(shape, "a reference");
  }
}

/** A stream of node's that gives bytes, as a socket or standard input does. */
function isByteStream(value: object): value is Readable {
  return value instanceof Readable && !value.readableObjectMode && value.readableEncoding === null;
}

function table(
  functions: readonly (readonly [string, (...args: unknown[]) => unknown])[],
): NonNullable<Exportable["functions"]> {
  const made: Record<string, (...args: unknown[]) => unknown> = Object.create(null);
  for (const [name, run] of functions) made[name] = run;
  return made;
}

function callMethod(value: object, name: string, args: readonly unknown[]): unknown {
  const run: unknown = Reflect.get(value, name);
  if (typeof run !== "function") throw new TypeError(`'${name}' is no function any longer`);
  return Reflect.apply(run, value, args);
}

function placeText({ entry, at }: ArgumentPlace): string {
  const name = typeof at === "string" ? at : entry?.params[at]?.name;
  return name === undefined ? `argument ${Number(at) + 1}` : `argument '${name}'`;
}

function unfit(message: string): RpcError {
  return new RpcError("invalid_argument", message, { origin: "arguments", outcome: "not_started" });
}
