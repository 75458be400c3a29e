import { isLive, type MethodEntry, type Parameter, type Shape, shapeWords } from "../base/catalogue.ts";
import { escapeText } from "../base/escape.ts";
import { ARGUMENT_NAME_RULE, isArgumentName } from "../base/names.ts";
import { isPlainObject } from "../base/plain-object.ts";
import { usage } from "./failure.ts";
import type { Io } from "./io.ts";
import { type Read, readJson } from "./json.ts";
import { liveHint } from "./live-options.ts";
import { fromJson } from "./shape-json.ts";
import { fromJsonText, fromText } from "./shape-text.ts";

/** What a message may hold: more could not be sent. In bytes. */
const ARGUMENT_FILE_MAX_BYTES = 1024 * 1024;

/** The arguments of a call, ready to be sent. */
export interface CallArguments {
  readonly positional: readonly unknown[];
  readonly named: Readonly<Record<string, unknown>>;
}

/** Where arguments are written: words behind METHOD, and options before it. */
export interface ArgumentSources {
  readonly words: readonly string[];
  /** JSON list */
  readonly args: string | undefined;
  /** JSON object */
  readonly kwargs: string | undefined;
  /** file with a JSON object {args, kwargs} */
  readonly input: string | undefined;
}

/** How a named argument is written: `k=v`, `k:=JSON`, `k@=FILE`, `k:@=FILE`. */
const OPERATOR = /^([A-Za-z][A-Za-z0-9_-]*)(:@=|:=|@=|=)/;

const ANY: Shape = { type: "any" };

/**
 * Reads the arguments of a call by the shapes of the method's parameters.
 *
 * An operator counts only behind the name of a parameter, and stands on that side alone: no *value* makes us
 * read a file. Of a method that is not known nothing is a name, and every word is `any`.
 *
 * What is passed by reference is not read here (live-options.ts). Positions count the other parameters alone, and where there is
 * any of it all arguments are sent by name: so no position depends on what is passed beside it.
 *
 * @throws Failure for the first argument that does not fit; nothing was sent then
 */
export async function readArguments(
  method: MethodEntry | undefined,
  sources: ArgumentSources,
  io: Io,
): Promise<CallArguments> {
  const reader = new ArgumentReader(method, io);
  await reader.options(sources);
  for (const word of sources.words) await reader.word(word);
  return reader.end();
}

class ArgumentReader {
  readonly #method: MethodEntry | undefined;
  /** Those that take data, in their order; nothing where the method is not known. */
  readonly #params: readonly Parameter[] | undefined;
  readonly #io: Io;
  readonly #positional: unknown[] = [];
  readonly #named = new Map<string, unknown>();
  #listGiven = false;
  /** The word that is being read. */
  #word = "";

  constructor(method: MethodEntry | undefined, io: Io) {
    this.#method = method;
    this.#params = method?.params.filter(({ shape }) => !isLive(shape));
    this.#io = io;
  }

  async options({ words, args, kwargs, input }: ArgumentSources): Promise<void> {
    if (input !== undefined) {
      if (words.length > 0 || args !== undefined || kwargs !== undefined) {
        throw usage("--input gives all arguments: no others may stand beside it");
      }
      const text = decode(await this.#io.readBytes(input, ARGUMENT_FILE_MAX_BYTES), input);
      this.#input(taken(readJson(text), "--input"));
      return;
    }
    if (args !== undefined) this.#list(taken(readJson(args), "--args"), "--args");
    if (kwargs !== undefined) this.#record(taken(readJson(kwargs), "--kwargs"), "--kwargs");
  }

  #input(found: unknown): void {
    if (!isPlainObject(found))
      throw usage('--input: a JSON object {"args": […], "kwargs": {…}} was expected');
    const unknown = Object.keys(found).find((key) => key !== "args" && key !== "kwargs");
    if (unknown !== undefined) throw usage(`--input: there are 'args' and 'kwargs', but no '${unknown}'`);
    if ("args" in found) this.#list(found["args"], "--input: args");
    if ("kwargs" in found) this.#record(found["kwargs"], "--input: kwargs");
  }

  #list(found: unknown, where: string): void {
    if (!Array.isArray(found)) throw usage(`${where}: a JSON list was expected`);
    this.#listGiven = true;
    for (const value of found) this.#addPositional((shape) => fromJson(value, shape));
  }

  #record(found: unknown, where: string): void {
    if (!isPlainObject(found)) throw usage(`${where}: a JSON object was expected`);
    for (const [name, value] of Object.entries(found)) {
      if (!isArgumentName(name)) {
        throw usage(`${where}: '${name}' names no argument: ${ARGUMENT_NAME_RULE}`);
      }
      if (this.#method !== undefined && this.#parameter(name) === undefined) {
        throw usage(`${this.#method.name} has no argument '${name}'`, ...this.#hints());
      }
      this.#addNamed(name, (shape) => fromJson(value, shape));
    }
  }

  async word(word: string): Promise<void> {
    this.#word = word;
    const [whole, name = "", operator] = OPERATOR.exec(word) ?? [""];
    if (operator === undefined || this.#parameter(name) === undefined) {
      if (this.#listGiven) throw usage(`--args gives all arguments without a name: '${word}' is one more`);
      return this.#addPositional((shape) => fromText(word, shape));
    }
    const text = word.slice(whole.length);
    this.#checkData(this.#parameter(name));
    switch (operator) {
      case ":=":
        return this.#addNamed(name, (shape) => fromJsonText(text, shape));
      case "@=": {
        const bytes = await this.#io.readBytes(text, ARGUMENT_FILE_MAX_BYTES);
        return this.#addNamed(name, (shape) => fromFile(bytes, shape));
      }
      case ":@=": {
        const json = decode(await this.#io.readBytes(text, ARGUMENT_FILE_MAX_BYTES), text);
        return this.#addNamed(name, (shape) => fromJsonText(json, shape));
      }
      default:
        return this.#addNamed(name, (shape) => fromText(text, shape));
    }
  }

  end(): CallArguments {
    const missing = this.#params?.find(
      ({ name, optional }, i) => !optional && i >= this.#positional.length && !this.#named.has(name),
    );
    if (missing !== undefined) {
      const what = `${this.#where(missing)}: ${shapeWords(missing.shape)} was expected, but nothing was given`;
      throw usage(what, ...this.#hints());
    }
    if (this.#params === undefined || this.#params.length === this.#method?.params.length)
      return { positional: this.#positional, named: Object.fromEntries(this.#named) };
    const byPosition = this.#positional.map((value, i): [string, unknown] => [
      this.#params?.[i]?.name ?? "",
      value,
    ]);
    return { positional: [], named: Object.fromEntries([...byPosition, ...this.#named]) };
  }

  #addPositional(read: (shape: Shape) => Read): void {
    const params = this.#params;
    const parameter = params?.[this.#positional.length];
    if (params !== undefined && parameter === undefined) {
      const count = params.length === 1 ? "1 argument" : `${params.length} arguments`;
      throw usage(
        `${this.#method?.name ?? ""} takes ${count}, and more were given`,
        ...this.#hints(),
        namesHint(params),
      );
    }
    if (parameter !== undefined && this.#named.has(parameter.name)) throw this.#twice(parameter.name);
    this.#positional.push(this.#fitting(parameter, read));
  }

  #addNamed(name: string, read: (shape: Shape) => Read): void {
    const at = this.#params?.findIndex((parameter) => parameter.name === name) ?? -1;
    if (this.#named.has(name) || (at !== -1 && at < this.#positional.length)) throw this.#twice(name);
    this.#named.set(name, this.#fitting(this.#parameter(name), read));
  }

  #fitting(parameter: Parameter | undefined, read: (shape: Shape) => Read): unknown {
    const shape = this.#checkData(parameter);
    const found = read(shape);
    if ("value" in found) return found.value;
    const where = parameter === undefined ? "an argument" : this.#where(parameter);
    throw usage(`${where}: ${found.wrong}`, ...this.#hints());
  }

  /** The shape of what is data; before any file is read for it. */
  #checkData(parameter: Parameter | undefined): Shape {
    if (parameter === undefined) return ANY;
    const { name, shape } = parameter;
    if (!isLive(shape)) return shape;
    throw usage(`argument '${name}': ${shapeWords(shape)} is passed by reference`, liveHint(parameter));
  }

  #where({ name }: Parameter): string {
    const at = this.#params?.findIndex((parameter) => parameter.name === name) ?? 0;
    return `argument '${name}' (${ordinal(at + 1)})`;
  }

  #parameter(name: string): Parameter | undefined {
    return this.#method?.params.find((parameter) => parameter.name === name);
  }

  #twice(name: string): Error {
    return usage(`argument '${name}' is given twice`, ...this.#hints());
  }

  #hints(): string[] {
    const hints: string[] = [];
    if (this.#word.startsWith("--")) hints.push(this.#optionHint());
    if (this.#method !== undefined) hints.push(`rpcctl describe ${this.#method.name} shows the arguments`);
    return hints;
  }

  #optionHint(): string {
    const live = this.#method?.params.find(({ shape }) => shape.type === "stream");
    return live === undefined
      ? "options of rpcctl stand before METHOD"
      : `options of rpcctl stand before METHOD; --file ${live.name}=PATH may stand directly behind it`;
  }
}

function namesHint(params: readonly Parameter[]): string | undefined {
  if (params.length === 0) return undefined;
  return `by name: ${params.map(({ name }) => `${name}=…`).join(" ")}`;
}

function fromFile(bytes: Uint8Array, shape: Shape): Read {
  if (takes(shape, "bytes") || shape.type === "any") return { value: Uint8Array.from(bytes) };
  if (takes(shape, "string")) return fromText(decode(bytes, "the file"), shape);
  const wrong = `${shapeWords(shape)} was expected: a file gives bytes or a text with @=, any of these as JSON with :@=`;
  return { wrong };
}

function takes(shape: Shape, type: "bytes" | "string"): boolean {
  return shape.type === type || (shape.type === "one_of" && shape.shapes.some((one) => takes(one, type)));
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw usage(`${escapeText(path)}: a text was expected, but this is not UTF-8`);
  }
}

function taken(read: Read, where: string): unknown {
  if ("value" in read) return read.value;
  throw usage(`${where}: ${read.wrong}`);
}

function ordinal(position: number): string {
  const teen = position % 100 > 10 && position % 100 < 14;
  const ending = teen ? "th" : (["th", "st", "nd", "rd"][position % 10] ?? "th");
  return `${position}${ending}`;
}
