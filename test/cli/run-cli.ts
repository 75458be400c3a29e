import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { isPlainObject } from "../../base/plain-object.ts";
import { streamIo } from "../../cli/io/stream-io.ts";
import { runCommandLine } from "../../cli/run.ts";

/** The program as it is shipped: dist/test/cli/x.test.js finds dist/rpcctl/main.js. */
const MAIN = fileURLToPath(new URL("../../rpcctl/main.js", import.meta.url));

const FLAGS = ["--disallow-code-generation-from-strings", "--disable-proto=delete"];

/** A command that neither ends nor fails by itself. In milliseconds. */
const TOO_LONG_MS = 20_000;

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface Surroundings {
  /** All of the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** What stands on standard input. */
  readonly input?: string | Uint8Array;
  /** Closes the reading end of standard output before anything is written. */
  readonly closeOutput?: boolean;
  readonly cwd?: string;
}

/** The words with which a shell starts rpcctl. */
export function rpcctlCommand(words: readonly string[]): readonly string[] {
  return [process.execPath, ...FLAGS, MAIN, ...words];
}

/** Starts rpcctl as a process of its own, without a terminal: for whoever watches it while it runs. */
export function startRpcctl(
  words: readonly string[],
  {
    env = {},
    cwd,
    tooLongMs = TOO_LONG_MS,
    output = "",
  }: Pick<Surroundings, "env" | "cwd"> & { readonly tooLongMs?: number; readonly output?: string } = {},
): ChildProcessWithoutNullStreams {
  const command = rpcctlCommand(words);
  // The shell opens the file and becomes rpcctl.
  const [file = "", ...args] = output === "" ? command : ["sh", "-c", 'exec "$@" >"$0"', output, ...command];
  return spawn(file, args, { env: { ...env }, cwd, timeout: tooLongMs });
}

/** The start of a process takes ten times as long as most commands: CI takes the time (RPCD_PROCESSES=all), `npm test` does not. */
const IN_PROCESSES = process.env["RPCD_PROCESSES"] === "all";

/** Runs rpcctl without a terminal: within this process, or as one of its own where it needs that. */
export function rpcctl(words: readonly string[], surroundings: Surroundings = {}): Promise<Ended> {
  const { cwd, closeOutput = false } = surroundings;
  if (IN_PROCESSES || closeOutput) return rpcctlProcess(words, surroundings);
  return cwd === undefined
    ? rpcctlWithin(words, surroundings)
    : inFolder(cwd, () => rpcctlWithin(words, surroundings));
}

/** Those that run in a folder: a process has one at a time, so each waits for the one before. */
let inFolders: Promise<unknown> = Promise.resolve();

function inFolder<T>(folder: string, run: () => Promise<T>): Promise<T> {
  const before = inFolders;
  const running = (async (): Promise<T> => {
    await before.catch(() => undefined);
    const own = process.cwd();
    process.chdir(folder);
    try {
      return await run();
    } finally {
      process.chdir(own);
    }
  })();
  inFolders = running;
  return running;
}

async function rpcctlWithin(
  words: readonly string[],
  { env = {}, input = "" }: Surroundings,
): Promise<Ended> {
  const [out, err] = [new Taken(), new Taken()];
  const io = streamIo({
    stdin: () => Object.assign(Readable.from([Buffer.from(input)]), { isTTY: false }),
    stdout: () => out,
    stderr: () => err,
    write: async (bytes) => {
      out.write(bytes);
    },
    env,
    signal: new AbortController().signal,
    atEnd: () => () => undefined,
  });
  const code = await runCommandLine(words, io);
  return { code, out: out.text, err: err.text };
}

/** Takes what is printed. */
class Taken extends Writable {
  readonly #parts: Buffer[] = [];

  override _write(part: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#parts.push(Buffer.from(part));
    done();
  }

  get text(): string {
    return Buffer.concat(this.#parts).toString();
  }
}

/** Runs rpcctl as a process of its own, without a terminal. */
export function rpcctlProcess(
  words: readonly string[],
  { env = {}, input = "", closeOutput = false, cwd }: Surroundings = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = startRpcctl(words, cwd === undefined ? { env } : { env, cwd });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (part: Buffer) => out.push(part));
    child.stderr.on("data", (part: Buffer) => err.push(part));
    // A command that does not read its input may be gone before all of it is written.
    child.stdin.on("error", () => undefined);
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() });
    });
    if (closeOutput) child.stdout.destroy();
    child.stdin.end(input);
  });
}

/** The object that a command printed as JSON. */
export function parsed(text: string): Readonly<Record<string, unknown>> {
  const found: unknown = JSON.parse(text);
  assert.ok(isPlainObject(found), text);
  return found;
}
