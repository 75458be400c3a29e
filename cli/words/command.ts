import type { Ending } from "../io/exit.ts";
import type { Io } from "../io/io.ts";
import { type Given, given, type Options, type Words } from "../settings/options.ts";

/** A command as its module gives it. */
export interface Command {
  readonly options: Options;
  /** Command lines and what they are for: help shows them first. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** Lines below the options. */
  readonly notes?: string;
  run(words: Words, io: Io, commands: CommandTable): Promise<Ending>;
}

/** A command by its words. Its module is loaded when it is run, or its help is read. */
export interface CommandEntry {
  readonly name: string;
  readonly describe: string;
  load(): Promise<{ readonly default: Command }>;
}

/** The commands of a program, by their words. */
export class CommandTable {
  /** Every command, in the order in which help lists them. */
  readonly entries: readonly CommandEntry[];

  constructor(entries: readonly CommandEntry[]) {
    this.entries = entries;
  }

  /** The first words of commands of two words, each once. */
  get groups(): readonly string[] {
    const pairs = this.entries.map(({ name }) => name.split(" ")).filter((words) => words.length === 2);
    return [...new Set(pairs.map(([group = ""]) => group))];
  }

  /** The commands of a group, in the order of {@link entries}; none if it is no group. */
  of(group: string): readonly CommandEntry[] {
    return this.entries.filter(({ name }) => name.startsWith(`${group} `));
  }

  /** The command of this name, which may have two words. */
  get(name: string): CommandEntry | undefined {
    return this.entries.find((entry) => entry.name === name);
  }
}

interface Described<O extends Options> extends Omit<Command, "run" | "options"> {
  readonly options: O;
  /**
   * Does the work, prints through `io`, and says how it ended.
   *
   * @param commands - of this program, for help
   * @throws Failure and what the report knows
   */
  run(options: Given<O>, io: Io, commands: CommandTable): Promise<Ending>;
}

/** Makes a command of its words and a function over them. */
export function defineCommand<const O extends Options>(described: Described<O>): Command {
  return {
    ...described,
    run: (words, io, commands) => described.run(given(described.options, words), io, commands),
  };
}
