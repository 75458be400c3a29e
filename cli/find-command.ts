import { closest } from "../policy/closest.ts";
import { COMMANDS, type CommandEntry } from "./commands.ts";
import { type ExitTable, GENERAL_EXITS } from "./exit.ts";
import { usage } from "./failure.ts";
import { CONNECTION, type Options } from "./options.ts";

/** A command line, cut at its command. */
export interface Found {
  readonly entry: CommandEntry;
  /** All but the command's own words: options that stood before them come first. */
  readonly words: readonly string[];
}

// What people type out of habit.
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["--version", "version"],
  ["--help", "help"],
  ["-h", "help"],
]);

/**
 * Finds the command in a command line. Options that take a value may stand before it.
 *
 * @returns nothing if there is no word that could be one
 * @throws Failure if there is, and no command is called so
 */
export function findCommand(argv: readonly string[]): Found | undefined {
  const alias = argv.length === 1 ? ALIASES.get(argv[0] ?? "") : undefined;
  const line = alias === undefined ? argv : [alias];
  const at = firstPositional(line, CONNECTION);
  const word = line[at];
  if (word === undefined) return undefined;
  const two = `${word} ${line[at + 1] ?? ""}`;
  const entry = COMMANDS.find(({ name }) => name === word) ?? COMMANDS.find(({ name }) => name === two);
  if (entry === undefined) throw noCommand(word, line[at + 1]);
  const wordCount = entry.name === word ? 1 : 2;
  return { entry, words: [...line.slice(0, at), ...line.slice(at + wordCount)] };
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

/** The exit codes of a command line of which perhaps nothing more is known than where it belongs. */
export function exitsFor(argv: readonly string[]): ExitTable {
  const group = argv[firstPositional(argv, CONNECTION)];
  return COMMANDS.find(({ name }) => name.split(" ", 1)[0] === group)?.exits ?? GENERAL_EXITS;
}

function noCommand(word: string, next: string | undefined): Error {
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${word} `)).map(({ name }) => name);
  if (group.length > 0) {
    const near = next === undefined ? undefined : closest(`${word} ${next}`, group);
    const what =
      next === undefined ? `'${word}' needs one more word` : `there is no command '${word} ${next}'`;
    return usage(what, didYouMean(near), `known here: ${group.join(", ")}`);
  }
  const near = closest(
    word,
    COMMANDS.map(({ name }) => name),
  );
  return usage(`there is no command '${word}'`, didYouMean(near), "rpcctl help lists the commands");
}

function didYouMean(near: string | undefined): string | undefined {
  return near === undefined ? undefined : `did you mean 'rpcctl ${near}'?`;
}
