import { closest } from "../base/closest.ts";
import { isMethodName } from "../base/names.ts";
import { COMMANDS, type CommandEntry } from "./commands.ts";
import { usage } from "./failure.ts";
import { CONNECTION, type Options } from "./options.ts";

/** A command line, cut at its command. */
export interface Found {
  readonly entry: CommandEntry;
  /** All but the command's own words: options that stood before them come first. */
  readonly words: readonly string[];
}

/** A command line that names a group of commands, `policy` for example, and none of them. */
export interface FoundGroup {
  readonly group: string;
  readonly words: readonly string[];
}

// What people type out of habit.
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["--version", "version"],
  ["--help", "help"],
  ["-h", "help"],
]);

/**
 * Finds the command in a command line. Options of every command may stand before its words and between them.
 *
 * @returns `undefined` if no word can be a command
 * @throws Failure if there is such a word, and no command has this name
 */
export function findCommand(argv: readonly string[]): Found | FoundGroup | undefined {
  const alias = argv.length === 1 ? ALIASES.get(argv[0] ?? "") : undefined;
  const line = alias === undefined ? argv : [alias];
  const at = firstPositional(line, CONNECTION);
  const word = line[at];
  if (word === undefined) return undefined;
  const single = COMMANDS.find(({ name }) => name === word);
  if (single !== undefined) return { entry: single, words: line.toSpliced(at, 1) };
  if (commandsOf(word).length === 0) throw noCommand(word);
  const next = at + 1 + firstPositional(line.slice(at + 1), CONNECTION);
  const second = line[next];
  if (second === undefined) return { group: word, words: line.toSpliced(at, 1) };
  const entry = COMMANDS.find(({ name }) => name === `${word} ${second}`);
  if (entry === undefined) throw noCommandOf(word, second);
  return { entry, words: line.toSpliced(next, 1).toSpliced(at, 1) };
}

/** The commands of a group, in the order of {@link COMMANDS}; none if it is no group. */
export function commandsOf(group: string): readonly CommandEntry[] {
  return COMMANDS.filter(({ name }) => name.startsWith(`${group} `));
}

/** The groups, in the order of {@link COMMANDS}. */
export function groups(): readonly string[] {
  return [
    ...new Set(
      COMMANDS.map(({ name }) => name.split(" ")).flatMap(([group, command]) =>
        group === undefined || command === undefined ? [] : [group],
      ),
    ),
  ];
}

/** The place of the first word that is no option and no option's value; the length if there is none. */
export function firstPositional(words: readonly string[], options: Options): number {
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--") return at + 1;
    if (!word.startsWith("-") || word === "-") return at;
    if (takesNext(word, options)) at++;
  }
  return at;
}

/** Whether a word is an option whose value is the word behind it. */
export function takesNext(word: string, options: Options): boolean {
  const name = word.slice(2);
  if (!word.startsWith("--") || !Object.hasOwn(options, name)) return false;
  const kind = options[name]?.kind;
  return kind === "text" || kind === "texts";
}

function noCommand(word: string): Error {
  const near = closest(word, [...COMMANDS.map(({ name }) => name), ...groups()]);
  const call = isMethodName(word) ? `rpcctl call ${word} calls the method of this name` : undefined;
  return usage(`there is no command '${word}'`, didYouMean(near), call, "rpcctl help lists the commands");
}

function noCommandOf(group: string, word: string): Error {
  const known = commandsOf(group).map(({ name }) => name);
  return usage(
    `there is no command '${group} ${word}'`,
    didYouMean(closest(`${group} ${word}`, known)),
    `rpcctl help ${group} lists the commands: ${known.join(", ")}`,
  );
}

function didYouMean(near: string | undefined): string | undefined {
  return near === undefined ? undefined : `did you mean 'rpcctl ${near}'?`;
}
