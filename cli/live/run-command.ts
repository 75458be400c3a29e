import { type ChildProcess, spawn } from "node:child_process";
import { systemCode } from "../../files/file-problem.ts";
import type { CommandWords } from "../words/split-command.ts";

/** Commands that run at once, for all callbacks together: a daemon must not start processes without bound on this machine. */
export const RUNNING_MAX = 8;

/** The longest answer of a command, in bytes: more goes into no message. */
export const ANSWER_MAX_BYTES = 1024 * 1024 - 64;

/** Why a command gave no answer, in words that the other side may read. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}

/**
 * Runs commands, a few at a time; what waits is bounded by the calls that the client takes from a daemon at once. Never with a
 * shell, and never with anything of the daemon's in the arguments or the environment: that goes to standard input alone.
 */
export class CommandRunner {
  readonly #running = new Set<ChildProcess>();
  readonly #waiting: (() => void)[] = [];
  #isClosed = false;
  #places = RUNNING_MAX;

  /**
   * @param input - what stands on its standard input, all of it
   * @param reads - whether its output is wanted; else it goes to where this program's goes
   * @returns its output, empty where it is not wanted
   * @throws CommandFailed
   */
  async run(words: CommandWords, input: string, reads: boolean): Promise<Uint8Array> {
    if (this.#places === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#places--;
    try {
      if (this.#isClosed) throw new CommandFailed("the call is over");
      return await this.#spawn(words, input, reads);
    } finally {
      // The place goes to whoever waits longest.
      const next = this.#waiting.shift();
      if (next === undefined) this.#places++;
      else next();
    }
  }

  /** Ends what runs, with all that it has started. */
  close(): void {
    this.#isClosed = true;
    for (const child of this.#running) end(child);
  }

  #spawn([program, ...args]: CommandWords, input: string, reads: boolean): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, {
        shell: false,
        // A process group of its own: it is ended as a whole.
        detached: true,
        stdio: ["pipe", reads ? "pipe" : "inherit", "inherit"],
      });
      const parts: Uint8Array[] = [];
      let held = 0;
      let failed: CommandFailed | undefined;
      this.#running.add(child);
      child.stdout?.on("data", (part: Uint8Array) => {
        if (failed !== undefined) return;
        held += part.length;
        parts.push(part);
        if (held <= ANSWER_MAX_BYTES) return;
        failed = new CommandFailed(`the command's answer has more than ${ANSWER_MAX_BYTES} bytes`);
        parts.length = 0;
        end(child);
      });
      // It need not read what it is given.
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(input);
      child.on("error", (error) => {
        failed ??= new CommandFailed(`the command cannot be run (${systemCode(error) ?? error.message})`);
        if (child.pid === undefined) settle(null, null);
      });
      const settle = (code: number | null, signal: NodeJS.Signals | null): void => {
        this.#running.delete(child);
        if (failed === undefined && code !== 0)
          failed = new CommandFailed(`the command ended with ${code ?? signal ?? "an error"}`);
        if (failed === undefined) resolve(Buffer.concat(parts));
        else reject(failed);
      };
      child.on("close", settle);
    });
  }
}

/** Not asked, but ended: nobody waits for it any longer. */
function end({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // All of the group has ended by itself.
    if (systemCode(error) !== "ESRCH") throw error;
  }
}
