import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { NODE_FLAGS, PACKAGE, RPCCTL } from "./daemon.ts";
import { TerminalPage } from "./terminal-page.ts";

/** Keeps the terminal: dist/test has no Python. */
const KEEPER = join(PACKAGE, "test/support/terminal.py");

export interface TerminalEnd {
  /** The exit code; of a program that a signal ended its number, negative. */
  readonly code: number;
  /** Whether the modes of the terminal are what they were before; null where it was hung up. */
  readonly isRestored: boolean | null;
}

/** rpcctl on a real terminal. */
export class Terminal {
  readonly page: TerminalPage;
  readonly ended: Promise<TerminalEnd>;
  readonly #keeper: ChildProcessWithoutNullStreams;
  readonly #drawn = new EventEmitter();

  /** @param env - all of the environment */
  constructor(words: readonly string[], env: Readonly<Record<string, string>>, [rows, columns] = [24, 80]) {
    this.page = new TerminalPage(rows, columns);
    const program = [rows, columns, process.execPath, ...NODE_FLAGS, RPCCTL, ...words];
    this.#keeper = spawn("python3", ["-E", "-s", "-B", KEEPER, JSON.stringify(program)], {
      env: { TERM: "xterm", PATH: process.env["PATH"] ?? "", ...env },
    });
    this.#keeper.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.page.write(text);
      this.#drawn.emit("drawn");
    });
    let said = "";
    createInterface({ input: this.#keeper.stderr }).on("line", (line) => {
      said = line;
    });
    this.ended = new Promise((resolve, reject) => {
      this.#keeper.on("error", reject);
      this.#keeper.on("close", () => resolve(JSON.parse(said) as TerminalEnd));
    });
  }

  /** Waits until the second page shows that. @returns what stands there then */
  shows(what: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!this.page.isSecond || !what.test(this.page.text)) return;
        this.#drawn.off("drawn", look);
        resolve(this.page.text);
      };
      this.#drawn.on("drawn", look);
      this.ended.then(() => reject(new Error(`it ended, and showed no ${what}: ${this.page.first}`)), reject);
      look();
    });
  }

  press(key: string): void {
    this.#order("key", key);
  }

  resize(rows: number, columns: number): void {
    this.page.rows = rows;
    this.page.columns = Math.max(columns, this.page.columns);
    this.#order("size", [rows, columns]);
  }

  signal(number: number): void {
    this.#order("signal", number);
  }

  hangUp(): void {
    this.#order("hang-up", 0);
  }

  /** Kills the program, should it still be there. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#keeper.stdin.end();
    await this.ended;
  }

  #order(kind: string, value: unknown): void {
    this.#keeper.stdin.write(`${JSON.stringify([kind, value])}\n`);
  }
}

/** Nothing of a terminal is left as the program had it. */
export function assertRestored(end: TerminalEnd, { page }: Terminal, code: number): void {
  const { isSecond, isCursorShown, isWrapping } = page;
  assert.deepEqual(
    { ...end, isSecond, isCursorShown, isWrapping },
    { code, isRestored: true, isSecond: false, isCursorShown: true, isWrapping: true },
    page.first,
  );
}
