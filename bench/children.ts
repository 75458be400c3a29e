import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** How long a process may take to end when it is asked to, in milliseconds; then it is killed. */
const END_MS = 5_000;

/** A process is waited for at most so long, in milliseconds: a bench that hangs says nothing. */
const ANSWER_MS = 180_000;

interface Started {
  readonly env?: NodeJS.ProcessEnv;
  /** how it is asked to end; its standard input is closed in any case */
  readonly endsBy: "input" | "SIGTERM";
}

/** One process that the bench has started: lines in, lines out. What it says on standard error is passed on. */
export class Child {
  readonly pid: number;
  /** its exit code, once it has ended and all of its output was read */
  readonly ended: Promise<number | null>;
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #endsBy: Started["endsBy"];
  readonly #name: string;
  readonly #lines: string[] = [];
  #woken: () => void = () => undefined;
  #gone = false;

  constructor(command: string, words: readonly string[], { env = process.env, endsBy }: Started) {
    this.#name = [command, ...words].join(" ").slice(-120);
    this.#endsBy = endsBy;
    // In a group of its own: Ctrl-C is for the bench to hear, which then ends each in order.
    this.#process = spawn(command, words, { stdio: ["pipe", "pipe", "inherit"], env, detached: true });
    this.pid = this.#process.pid ?? 0;
    // It may end before it has read all; that it did is seen where its answer is missed.
    this.#process.stdin.on("error", () => undefined);
    createInterface({ input: this.#process.stdout }).on("line", (line) => {
      this.#lines.push(line);
      this.#woken();
    });
    this.ended = new Promise((resolve, reject) => {
      this.#process.on("error", reject);
      this.#process.on("close", resolve);
    });
    const gone = (): void => {
      this.#gone = true;
      this.#woken();
    };
    this.ended.then(gone, gone);
  }

  write(line: string): void {
    this.#process.stdin.write(`${line}\n`);
  }

  /** The next line of its output. @throws if it ends, or is silent for too long */
  async next(): Promise<string> {
    const until = Date.now() + ANSWER_MS;
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) return line;
      if (this.#gone) throw new Error(`a process has ended too early: ${this.#name}`);
      if (Date.now() >= until) throw new Error(`a process is silent: ${this.#name}`);
      await this.#wait(until - Date.now());
    }
  }

  /** Nobody reads its output any longer: it has a pipe that fills. */
  stopReading(): void {
    this.#process.stdout.pause();
  }

  readOn(): void {
    this.#process.stdout.resume();
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Asks it to end, and waits until it has. */
  async end(): Promise<void> {
    this.#process.stdin.end();
    if (this.#endsBy === "SIGTERM") this.signal("SIGTERM");
    const late = setTimeout(() => this.signal("SIGKILL"), END_MS);
    await this.ended.catch(() => undefined);
    clearTimeout(late);
  }

  #wait(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#woken = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** All processes that the bench has started and that have not ended: none of them outlives it. */
export class Children {
  readonly #running = new Set<Child>();
  #closed = false;

  start(command: string, words: readonly string[], started: Started): Child {
    if (this.#closed) throw new Error("the bench is ending");
    const child = new Child(command, words, started);
    this.#running.add(child);
    const forget = (): void => {
      this.#running.delete(child);
    };
    child.ended.then(forget, forget);
    return child;
  }

  /** Starts no more, ends all, and waits for them. */
  async endAll(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#running].map((child) => child.end()));
  }
}
