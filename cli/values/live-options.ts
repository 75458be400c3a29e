import { ARGUMENT_NAME_RULE, isArgumentName } from "../../base/names.ts";
import {
  isLive,
  type LiveShape,
  type MethodEntry,
  type Parameter,
  shapeWords,
} from "../../catalogue/catalogue.ts";
import { usage } from "../io/failure.ts";
import { fromJson } from "./shape-json.ts";

/** A `NAME=VALUE` behind an option, for the parameter NAME of the method. */
export interface NamedWord {
  readonly name: string;
  readonly value: string;
}

/** What is to be passed by reference, as it was written. */
export interface LiveWord extends NamedWord {
  readonly option: "--file" | "--callback";
}

/** The options before METHOD that give an argument from outside the command line. */
export interface LiveSources {
  readonly file: readonly string[];
  readonly callback: readonly string[];
}

/** What the options give, by the kind of the parameter. */
export interface LiveWords {
  /** What is passed by reference, by its parameter. */
  readonly given: ReadonlyMap<string, LiveWord>;
  /** Files whose content is the value of a parameter that takes data. */
  readonly contents: readonly NamedWord[];
}

/**
 * Reads what the options give, and checks it against the method's parameters. Nothing is opened or run here.
 *
 * @param method - nothing where it is not known: then only the form is checked, and the daemon denies the call
 * @throws Failure
 */
export function readLiveOptions(method: MethodEntry | undefined, sources: LiveSources): LiveWords {
  const words: LiveWord[] = [
    ...sources.file.map((text) => ({ option: "--file" as const, ...namedWord("--file", text, "PATH") })),
    ...sources.callback.map((text) => ({
      option: "--callback" as const,
      ...namedWord("--callback", text, "'COMMAND'"),
    })),
  ];
  if (method === undefined) return { given: new Map(), contents: [] };
  const given = new Map<string, LiveWord>();
  const contents: NamedWord[] = [];
  for (const word of words) {
    const shape = shapeFor(method, word);
    if (!isLive(shape)) {
      contents.push(word);
      continue;
    }
    if (given.has(word.name)) throw usage(`argument '${word.name}' is given twice`, shown(method));
    given.set(word.name, word);
  }
  return { given, contents };
}

/** Checks that all is given that has to be passed by reference. @throws Failure */
export function checkLiveGiven(method: MethodEntry | undefined, { given }: LiveWords): void {
  if (method === undefined) return;
  const missing = method.params.find(
    ({ name, shape, optional }) => isLive(shape) && !optional && !given.has(name),
  );
  if (missing === undefined) return;
  const what = `argument '${missing.name}': ${shapeWords(missing.shape)} was expected, but nothing was given`;
  throw usage(what, liveHint(method, missing), shown(method));
}

/** How what is passed by reference is given; nothing for data. */
export function liveHint({ name: method }: MethodEntry, { name, shape }: Parameter): string | undefined {
  if (!isLive(shape)) return undefined;
  const [option] = liveForms(name, shape);
  return option === undefined
    ? `rpcctl passes no objects: a program can give '${name}', with rpcd/client`
    : `options stand before METHOD: rpcctl call ${option} ${method} …`;
}

/** The option as it is written, with each form that works; nothing where there is none. */
export function liveOption(name: string, shape: LiveShape): string | undefined {
  const [first, second] = liveForms(name, shape);
  return second === undefined ? first : `${first}, or ${second.replace("--callback ", "")}`;
}

function liveForms(name: string, shape: LiveShape): readonly string[] {
  if (shape.type === "stream") return [`--file ${name}=PATH`];
  if (shape.type !== "callback") return [];
  const command = `--callback ${name}='COMMAND'`;
  return isPrintable(shape) ? [`--callback ${name}=-`, command] : [command];
}

/** Whether it is enough to print what the callback is called with: it may be answered with null. */
export function isPrintable({ returns }: Extract<LiveShape, { type: "callback" }>): boolean {
  return "value" in fromJson(null, returns);
}

/** Splits `NAME=VALUE`. NAME ends at the first `=`, so no VALUE changes it. @throws Failure */
export function namedWord(option: string, text: string, what: string): NamedWord {
  const [, name = "", value] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  if (value === undefined || (value === "" && option !== "--arg"))
    throw usage(`${option}: NAME=${what} was expected, NAME a parameter of METHOD, not '${text}'`);
  if (!isArgumentName(name)) throw usage(`${option}: '${name}' names no argument: ${ARGUMENT_NAME_RULE}`);
  return { name, value };
}

/** The shape of the parameter that an option names, which the option can give. @throws Failure */
function shapeFor(method: MethodEntry, { option, name }: LiveWord): Parameter["shape"] {
  const parameter = method.params.find((one) => one.name === name);
  if (parameter === undefined) throw usage(`${method.name} has no argument '${name}'`, shown(method));
  const { shape } = parameter;
  const fits = option === "--file" ? !isLive(shape) || shape.type === "stream" : shape.type === "callback";
  if (fits) return shape;
  const hint = isLive(shape)
    ? liveHint(method, parameter)
    : `by name: rpcctl call --arg ${name}=VALUE ${method.name} …`;
  throw usage(`${option} ${name}: ${shapeWords(shape)} was expected`, hint, shown(method));
}

function shown({ name }: MethodEntry): string {
  return `rpcctl describe ${name} shows the arguments`;
}
