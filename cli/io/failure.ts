import type { Ending } from "./exit.ts";

/** What a {@link Failure} may carry beside its message. */
export interface FailureParts {
  /** What to try next, at most three, each with its command. */
  readonly hints?: readonly (string | undefined)[];
  /** Lines that belong below the message, each of them escaped already: an excerpt of a file, say. */
  readonly detail?: string;
  readonly cause?: unknown;
}

/** Something that ends a command, said to whoever ran it. It is escaped when it is printed. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly ending: Ending;
  readonly hints: readonly string[];
  readonly detail: string;

  /** @param message - one line: what was expected and what came */
  constructor(ending: Ending, message: string, { hints = [], detail = "", cause }: FailureParts = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.ending = ending;
    this.hints = hints.filter((hint) => hint !== undefined);
    this.detail = detail;
  }
}

/** A stream that ended in an error when some of it was printed already: what is there is not all. */
export class BrokenOff extends Error {
  override readonly name = "BrokenOff";

  constructor(cause: unknown) {
    super("broken off midway", { cause });
  }
}

/** Wrong words on the command line or in a setting. */
export function usage(message: string, ...hints: (string | undefined)[]): Failure {
  return new Failure("usage", message, { hints });
}
