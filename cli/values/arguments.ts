import { escapeText } from "../../base/escape.ts";
import { ARGUMENT_NAME_RULE, isArgumentName } from "../../base/names.ts";
import { isPlainObject } from "../../base/plain-object.ts";
import {
  isLive,
  type MethodEntry,
  type Parameter,
  type Shape,
  shapeWords,
} from "../../catalogue/catalogue.ts";
import { usage } from "../io/failure.ts";
import type { Io } from "../io/io.ts";
import { readInput } from "../io/read-input.ts";
import { type Read, readJson } from "../print/json.ts";
import { readTextBytes } from "../print/text-bytes.ts";
import { liveHint, type NamedWord, namedWord } from "./live-options.ts";
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
  /** by position */
  readonly words: readonly string[];
  /** NAME=VALUE each */
  readonly arg: readonly string[];
  /** parameters whose value is the content of a file */
  readonly contents: readonly NamedWord[];
  /** JSON list */
  readonly args: string | undefined;
  /** JSON object */
  readonly kwargs: string | undefined;
  /** file with a JSON object {args, kwargs} */
  readonly input: string | undefined;
}

/** What of the world is needed here. */
type Surroundings = Pick<Io, "open" | "err" | "isTerminal">;

/** How other tools, and former versions of this one, name an argument behind METHOD. Here such a word is a value, and people are told. */
const FORMER_NAME = /^([A-Za-z][A-Za-z0-9_-]*)(:@=|:=|@=|=)/;

const ANY: Shape = { type: "any" };

/**
 * Reads the arguments of a call by the shapes of the method's parameters.
 *
 * A word behind METHOD is a value by position, whatever it says. Names, files and JSON come from options, which stand before METHOD:
 * no *value* can name a parameter or make us read a file. Of a method that is not known every value is `any`.
 *
 * What is passed by reference is not read here (live-options.ts). Positions count the other parameters alone, and where there is
 * any of it all arguments are sent by name: so no position depends on what is passed beside it.
 *
 * @param signal - gives up reading files; the command's own where nothing is said
 * @throws Failure for the first argument that does not fit; nothing was sent then
 */
export async function readArguments(
  method: MethodEntry | undefined,
  sources: ArgumentSources,
  io: Surroundings,
  signal?: AbortSignal,
): Promise<CallArguments> {
  const reader = new ArgumentReader(method, io, signal);
  await reader.options(sources);
  for (const word of sources.words) reader.word(word);
  return reader.end();
}

class ArgumentReader {
  readonly #method: MethodEntry | undefined;
  /** Those that take data, in their order; nothing where the method is not known. */
  readonly #params: readonly Parameter[] | undefined;
  readonly #io: Surroundings;
  readonly #signal: AbortSignal | undefined;
  readonly #positional: unknown[] = [];
  readonly #named = new Map<string, unknown>();
  #listGiven = false;
  /** The word that is being read. */
  #word = "";

  constructor(method: MethodEntry | undefined, io: Surroundings, signal: AbortSignal | undefined) {
    this.#method = method;
    this.#params = method?.params.filter(({ shape }) => !isLive(shape));
    this.#io = io;
    this.#signal = signal;
  }

  async options({ words, arg, contents, args, kwargs, input }: ArgumentSources): Promise<void> {
    if (input !== undefined) {
      if (
        [words, arg, contents].some((given) => given.length > 0) ||
        args !== undefined ||
        kwargs !== undefined
      ) {
        throw usage("--input gives all arguments: no others may stand beside it");
      }
      const text = decode(await this.#content(input), input);
      this.#input(taken(readJson(text), `--input ${input}`));
      return;
    }
    if (args !== undefined) this.#list(taken(readJson(args), "--args"), "--args");
    if (kwargs !== undefined) this.#record(taken(readJson(kwargs), "--kwargs"), "--kwargs");
    for (const text of arg) {
      const { name, value } = namedWord("--arg", text, "VALUE");
      this.#checkName(name);
      this.#addNamed(name, (shape) => fromText(value, shape));
    }
    for (const { name, value: path } of contents) {
      this.#checkName(name);
      // Before the file is read: what cannot be given reads none.
      this.#checkData(this.#parameter(name));
      this.#checkFree(name);
      const bytes = await this.#content(path);
      this.#addNamed(name, (shape) => fromFile(bytes, path, shape));
    }
  }

  #content(path: string): Promise<Uint8Array> {
    return readInput(this.#io, path, { maxBytes: ARGUMENT_FILE_MAX_BYTES, signal: this.#signal });
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
      this.#checkName(name);
      this.#addNamed(name, (shape) => fromJson(value, shape));
    }
  }

  word(word: string): void {
    this.#word = word;
    if (this.#listGiven) throw usage(`--args gives all arguments without a name: '${word}' is one more`);
    this.#addPositional((shape) => fromText(word, shape));
    const hint = this.#nameHint();
    if (hint !== undefined && this.#io.isTerminal)
      this.#io.err(escapeText(`note: '${word}' is sent as it is; ${hint}`));
    this.#word = "";
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
    this.#checkFree(name);
    this.#named.set(name, this.#fitting(this.#parameter(name), read));
  }

  #checkName(name: string): void {
    if (this.#method === undefined || this.#parameter(name) !== undefined) return;
    throw usage(`${this.#method.name} has no argument '${name}'`, ...this.#hints());
  }

  #checkFree(name: string): void {
    const at = this.#params?.findIndex((parameter) => parameter.name === name) ?? -1;
    if (this.#named.has(name) || (at !== -1 && at < this.#positional.length)) throw this.#twice(name);
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
    const hint = this.#method === undefined ? undefined : liveHint(this.#method, parameter);
    throw usage(`argument '${name}': ${shapeWords(shape)} is passed by reference`, hint);
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

  #hints(): (string | undefined)[] {
    const option = this.#word.startsWith("--") ? this.#optionHint() : undefined;
    const shown =
      this.#method === undefined ? [] : [`rpcctl describe ${this.#method.name} shows the arguments`];
    return [this.#nameHint(), option, ...shown];
  }

  #optionHint(): string {
    return `options stand before METHOD: rpcctl call [OPTIONS] ${this.#method?.name ?? "METHOD"} …`;
  }

  /** How to name an argument, for a word that looks like a name and its value. */
  #nameHint(): string | undefined {
    const [, name = "", operator] = FORMER_NAME.exec(this.#word) ?? [];
    const parameter = this.#parameter(name);
    if (operator === undefined || parameter === undefined || isLive(parameter.shape)) return undefined;
    const option =
      operator === "="
        ? `--arg ${name}=VALUE`
        : operator === ":="
          ? `--kwargs '{"${name}": JSON}'`
          : `--file ${name}=PATH`;
    return `names stand before METHOD: rpcctl call ${option} ${this.#method?.name ?? "METHOD"} …`;
  }
}

function namesHint(params: readonly Parameter[]): string | undefined {
  if (params.length === 0) return undefined;
  return `by name, before METHOD: ${params.map(({ name }) => `--arg ${name}=…`).join(" ")}`;
}

/** The content of a file: bytes, else a text where one is taken, else JSON. */
function fromFile(bytes: Uint8Array, path: string, shape: Shape): Read {
  if (takes(shape, "bytes") || shape.type === "any") return { value: Uint8Array.from(bytes) };
  const text = decode(bytes, path);
  return takes(shape, "string") ? fromText(text, shape) : fromJsonText(text.trim(), shape);
}

function takes(shape: Shape, type: "bytes" | "string"): boolean {
  return shape.type === type || (shape.type === "one_of" && shape.shapes.some((one) => takes(one, type)));
}

/** @throws Failure where it is no text that a call can carry */
function decode(bytes: Uint8Array, path: string): string {
  const read = readTextBytes(bytes);
  if ("value" in read) return read.value;
  throw usage(`${path}: ${read.wrong}`);
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
