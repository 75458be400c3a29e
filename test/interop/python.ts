import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { PACKAGE } from "../support/daemon.ts";

/** How a Python program ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a program of this folder to its end. It has no Python package but the standard library. */
export async function python(program: string, args: readonly string[], input = ""): Promise<Ended> {
  // -E, -s: nothing of the user's is imported. -B: no cache is written beside the sources.
  const child = spawn("python3", ["-E", "-s", "-B", join(PACKAGE, "test/interop", program), ...args], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  await started(child);
  // A program that ends early does not read on; how it ended is what tells.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const [[code], out, err] = await Promise.all([
    once(child, "close"),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code: code as number | null, out, err };
}

/** The exit code of client.py for whatever has no code of its own. */
export const FAILED = 1;

/** An object of JSON, one line. */
export type Line = Readonly<Record<string, unknown>>;

/** Both ends of a login. */
export interface Ends {
  readonly socket: string;
  /** the private key file of who logs in */
  readonly key: string;
  /** the line of the pinned key */
  readonly hostKey: string;
}

/** Runs client.py with these requests. */
export const client = ({ socket, key, hostKey }: Ends, requests: readonly Line[] = []): Promise<Ended> =>
  python(
    "client.py",
    [socket, "--key", key, "--host-key", hostKey, "--digest"],
    requests.map((one) => `${JSON.stringify(one)}\n`).join(""),
  );

async function started(child: ChildProcess): Promise<void> {
  try {
    await once(child, "spawn");
  } catch (error) {
    assert.fail(`python3 is needed for this test, and cannot be run: ${String(error)}`);
  }
}
