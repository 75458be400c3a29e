import type { Ending } from "./exit.ts";
import type { Io } from "./io.ts";
import { type Given, given, type Options, type Words } from "./options.ts";

/** A command as its module gives it. */
export interface Command {
  readonly options: Options;
  /** Command lines and what they are for: help shows them first. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** Lines below the options. */
  readonly notes?: string;
  run(words: Words, io: Io): Promise<Ending>;
}

interface Described<O extends Options> extends Omit<Command, "run" | "options"> {
  readonly options: O;
  /** Does the work, prints through `io`, and says how it ended. @throws Failure and what describeFailure knows */
  run(options: Given<O>, io: Io): Promise<Ending>;
}

/** Makes a command of its words and a function over them. */
export function defineCommand<const O extends Options>(described: Described<O>): Command {
  return {
    ...described,
    run: (words, io) => described.run(given(described.options, words), io),
  };
}
