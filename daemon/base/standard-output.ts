import { systemCode } from "../../files/file-problem.ts";
import { writeAll } from "../../files/write-all.ts";

/** Prints a text and a line end, and waits until it is taken. @throws OutputFailed */
export type Say = (text: string) => Promise<void>;

/** What a command of rpcd had to say cannot be written to its standard output. */
export class OutputFailed extends Error {
  override readonly name = "OutputFailed";
  /** Whether its reader has closed it, as `head` does: that is told by the exit code alone. */
  readonly isClosed: boolean;

  constructor(cause: unknown) {
    const code = systemCode(cause);
    super(`the output cannot be written (${code ?? String(cause)})`, { cause });
    this.isClosed = code === "EPIPE";
  }
}

/** The standard output of this process: for what commands say, not for the log. */
export const sayToStandardOutput: Say = async (text) => {
  try {
    await writeAll(process.stdout.fd, Buffer.from(`${text}\n`));
  } catch (error) {
    throw new OutputFailed(error);
  }
};
