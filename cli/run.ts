import { systemCode } from "../files/file-problem.ts";
import { COMMANDS } from "./commands.ts";
import { report } from "./connect/report.ts";
import { type Ending, exitCode } from "./io/exit.ts";
import { usage } from "./io/failure.ts";
import type { Io } from "./io/io.ts";
import { CONNECTION, type Words } from "./settings/options.ts";
import type { Command, CommandEntry } from "./words/command.ts";
import { type FoundGroup, findCommand } from "./words/find-command.ts";
import { firstPositional } from "./words/first-positional.ts";
import { asksForHelp, checkOptionNames, readWords, type SplitWords, splitRest } from "./words/read-words.ts";

/**
 * Runs a command line and gives its exit code. Everything that goes wrong is printed here.
 *
 *     words → command → what it takes as it is split off → good? → its options → run → code
 *                                                        ↘ not plainly: yargs ↗
 *
 * @param argv - the words behind the program's name
 */
export async function runCommandLine(argv: readonly string[], io: Io): Promise<number> {
  const line: CommandLine = { json: wantsJson(argv), method: undefined };
  try {
    const ending = await perform(argv, io, line);
    return exitCode(io.signal.aborted ? "interrupted" : ending);
  } catch (error) {
    if (io.signal.aborted) {
      // Where the output failed there is a code; that was said already, or there is nobody to say it to.
      if (systemCode(io.signal.reason) === undefined) io.err("interrupted");
      return exitCode("interrupted");
    }
    const { ending, text, json } = report(error, line.method);
    io.err(line.json ? json : text);
    return exitCode(ending);
  }
}

/** What is known of a command line when something goes wrong in it. */
interface CommandLine {
  json: boolean;
  method: string | undefined;
}

async function perform(argv: readonly string[], io: Io, line: CommandLine): Promise<Ending> {
  const found = findCommand(COMMANDS, argv);
  if (found === undefined) return withoutCommand(argv, io);
  if ("group" in found) return groupAlone(found, io);
  const { entry } = found;
  const { default: command } = await entry.load();
  const split = splitRest(found.words, command.options);
  line.json = split.own.includes("--json");
  if (asksForHelp(split, command.options)) {
    const { commandHelp } = await import("./words/yargs-words.ts");
    io.out(await commandHelp(entry, command, io.outColumns));
    return "ok";
  }
  const words = await wordsOf(entry, command, split);
  const method = words.get("method");
  if (typeof method === "string") line.method = method;
  return command.run(words, io, COMMANDS);
}

async function wordsOf({ name }: CommandEntry, command: Command, split: SplitWords): Promise<Words> {
  const words = readWords(split, command.options);
  if (words !== undefined) return words;
  checkOptionNames(split.own, command.options);
  const { readWithYargs } = await import("./words/yargs-words.ts");
  return readWithYargs(name, command, split);
}

async function groupAlone({ group, words }: FoundGroup, io: Io): Promise<Ending> {
  checkOptionNames(words, CONNECTION);
  if (!asksForHelp({ own: words, rest: [] }, CONNECTION)) {
    const known = COMMANDS.of(group).map(({ name }) => name);
    throw usage(
      `'${group}' needs one more word: ${known.join(", ")}`,
      `rpcctl help ${group} says what each is for`,
    );
  }
  const { groupHelp } = await import("./words/yargs-words.ts");
  io.out(await groupHelp(COMMANDS, group, io.outColumns));
  return "ok";
}

async function withoutCommand(argv: readonly string[], io: Io): Promise<Ending> {
  checkOptionNames(argv, CONNECTION);
  if (argv.length > 0 && !asksForHelp({ own: argv, rest: [] }, CONNECTION)) {
    throw usage("there are options, but no command", "rpcctl help lists the commands");
  }
  const { overview } = await import("./words/yargs-words.ts");
  const text = await overview(COMMANDS, io.outColumns);
  if (argv.length > 0) {
    io.out(text);
    return "ok";
  }
  io.err(text);
  return "usage";
}

/** As far as it can be said before the command is known. */
function wantsJson(argv: readonly string[]): boolean {
  return argv.slice(0, firstPositional(argv, CONNECTION)).includes("--json");
}
