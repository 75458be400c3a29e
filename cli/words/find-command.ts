import { closest } from "../../base/closest.ts";
import { isMethodName } from "../../base/names.ts";
import { usage } from "../io/failure.ts";
import { CONNECTION } from "../settings/options.ts";
import type { CommandEntry, CommandTable } from "./command.ts";
import { firstPositional } from "./first-positional.ts";

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
export function findCommand(commands: CommandTable, argv: readonly string[]): Found | FoundGroup | undefined {
  const alias = argv.length === 1 ? ALIASES.get(argv[0] ?? "") : undefined;
  const line = alias === undefined ? argv : [alias];
  const at = firstPositional(line, CONNECTION);
  const word = line[at];
  if (word === undefined) return undefined;
  const single = commands.get(word);
  if (single !== undefined) return { entry: single, words: line.toSpliced(at, 1) };
  if (commands.of(word).length === 0) throw noCommand(commands, word);
  const next = at + 1 + firstPositional(line.slice(at + 1), CONNECTION);
  const second = line[next];
  if (second === undefined) return { group: word, words: line.toSpliced(at, 1) };
  const entry = commands.get(`${word} ${second}`);
  if (entry === undefined) throw noCommandOf(commands, word, second);
  return { entry, words: line.toSpliced(next, 1).toSpliced(at, 1) };
}

function noCommand({ entries, groups }: CommandTable, word: string): Error {
  const near = closest(word, [...entries.map(({ name }) => name), ...groups]);
  const call = isMethodName(word) ? `rpcctl call ${word} calls the method of this name` : undefined;
  return usage(`there is no command '${word}'`, didYouMean(near), call, "rpcctl help lists the commands");
}

function noCommandOf(commands: CommandTable, group: string, word: string): Error {
  const known = commands.of(group).map(({ name }) => name);
  return usage(
    `there is no command '${group} ${word}'`,
    didYouMean(closest(`${group} ${word}`, known)),
    `rpcctl help ${group} lists the commands: ${known.join(", ")}`,
  );
}

function didYouMean(near: string | undefined): string | undefined {
  return near === undefined ? undefined : `did you mean 'rpcctl ${near}'?`;
}
