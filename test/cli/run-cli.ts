import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isPlainObject } from "../../base/plain-object.ts";

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

/** Runs rpcctl as a process of its own, without a terminal. */
export function rpcctl(
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
