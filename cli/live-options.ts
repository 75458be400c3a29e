import { isLive, type LiveShape, type MethodEntry, type Parameter, shapeWords } from "../base/catalogue.ts";
import { ARGUMENT_NAME_RULE, isArgumentName } from "../base/names.ts";
import { usage } from "./failure.ts";

/** What is to be passed by reference, as it was written. */
export interface LiveWord {
  readonly option: keyof typeof LIVE_OPTIONS;
  /** of the parameter */
  readonly name: string;
  /** a path, a command, or `-` */
  readonly value: string;
}

/** The options, and what each can give. */
const LIVE_OPTIONS = { "--file": "stream", "--callback": "callback" } as const satisfies Record<
  string,
  LiveShape["type"]
>;

/** Where it may be written: options before METHOD, and the words behind it. */
export interface LiveSources {
  readonly file: readonly string[];
  readonly callback: readonly string[];
  readonly words: readonly string[];
}

/** What is to be passed by reference, by its parameter, and the words that are left. */
export interface LiveWords {
  readonly given: ReadonlyMap<string, LiveWord>;
  readonly words: readonly string[];
}

/**
 * Reads what the options give, and holds it against the method's parameters. Nothing is opened or run here.
 *
 * @param method - nothing where it is not known: then only the form is looked at, and the daemon says no
 * @throws Failure
 */
export function readLiveOptions(method: MethodEntry | undefined, sources: LiveSources): LiveWords {
  const before = [
    ...sources.file.map((text) => liveWord("--file", text)),
    ...sources.callback.map((text) => liveWord("--callback", text)),
  ];
  if (method === undefined) return { given: new Map(), words: sources.words };
  const behind = takeBehind(method, sources.words);
  const given = new Map<string, LiveWord>();
  for (const word of [...before, ...behind.taken]) {
    checkFits(method, word);
    if (given.has(word.name)) throw usage(`argument '${word.name}' is given twice`, shown(method));
    given.set(word.name, word);
  }
  const missing = method.params.find(
    ({ name, shape, optional }) => isLive(shape) && !optional && !given.has(name),
  );
  if (missing !== undefined) {
    const what = `argument '${missing.name}': ${shapeWords(missing.shape)} was expected, but nothing was given`;
    throw usage(what, liveHint(missing), shown(method));
  }
  return { given, words: behind.left };
}

/** How what is passed by reference is given; nothing for data. */
export function liveHint({ name, shape }: Parameter): string | undefined {
  if (!isLive(shape)) return undefined;
  const option = liveOption(name, shape);
  return option === undefined
    ? `rpcctl passes no objects: a program can give '${name}', with rpcd/client`
    : `rpcctl call passes it: ${option}`;
}

/** The option as it is written; nothing where there is none. */
export function liveOption(name: string, { type }: LiveShape): string | undefined {
  if (type === "stream") return `--file ${name}=PATH`;
  return type === "callback" ? `--callback ${name}=-, or ${name}='COMMAND'` : undefined;
}

/**
 * Takes options that stand behind METHOD, where all else is text as it is. A script writes there what others gave it, and no
 * *value* may make us read a file or run a program. So they count
 *
 * - directly behind METHOD only: a word that stands behind any argument is none;
 * - as two words, `--file NAME=PATH`: no single word is one;
 * - if the method has a parameter NAME of that kind, which takes nothing else: never for a method of data alone, and not
 *   beside the same NAME given elsewhere;
 * - for files, and for callbacks that are printed; a command that is to be run stands before METHOD.
 *
 * `--` ends them, for a script whose first arguments are both not its own.
 */
function takeBehind(
  { params }: MethodEntry,
  words: readonly string[],
): { readonly taken: readonly LiveWord[]; readonly left: readonly string[] } {
  if (!params.some(({ shape }) => isLive(shape))) return { taken: [], left: words };
  const taken: LiveWord[] = [];
  let at = 0;
  for (; at + 1 < words.length; at += 2) {
    const option = words[at];
    if (option !== "--file" && option !== "--callback") break;
    const [, name = "", value = ""] = /^([^=]*)=(.+)$/s.exec(words[at + 1] ?? "") ?? [];
    if (params.find((parameter) => parameter.name === name)?.shape.type !== LIVE_OPTIONS[option]) break;
    if (option === "--callback" && value !== "-") {
      throw usage(
        `--callback ${name}: behind METHOD there is '${name}=-' only; a command stands before METHOD`,
        `rpcctl call --callback ${name}='COMMAND' METHOD …`,
      );
    }
    taken.push({ option, name, value });
  }
  return { taken, left: words.slice(words[at] === "--" ? at + 1 : at) };
}

function liveWord(option: LiveWord["option"], text: string): LiveWord {
  const [, name = "", value = ""] = /^([^=]*)=(.+)$/s.exec(text) ?? [];
  const what = option === "--file" ? "PATH" : "'COMMAND'";
  if (value === "")
    throw usage(`${option}: NAME=${what} was expected, NAME a parameter of METHOD, not '${text}'`);
  if (!isArgumentName(name)) throw usage(`${option}: '${name}' names no argument: ${ARGUMENT_NAME_RULE}`);
  return { option, name, value };
}

function checkFits(method: MethodEntry, { option, name }: LiveWord): void {
  const parameter = method.params.find((one) => one.name === name);
  if (parameter === undefined) throw usage(`${method.name} has no argument '${name}'`, shown(method));
  const { shape } = parameter;
  if (shape.type === LIVE_OPTIONS[option]) return;
  const text = `${option} ${name}: ${shapeWords(shape)} was expected`;
  if (isLive(shape)) throw usage(text, liveHint(parameter), shown(method));
  const content = option === "--file" ? `${name}@=PATH behind METHOD gives the content of a file` : undefined;
  throw usage(`${text}, which is an argument behind METHOD`, content, shown(method));
}

function shown({ name }: MethodEntry): string {
  return `rpcctl describe ${name} shows the arguments`;
}
