import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { NODE_FLAGS, RPCD } from "./daemon.ts";

/** How a command of rpcd ended. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A command that neither ends nor fails by itself, a daemon that starts against expectation. In milliseconds. */
const TOO_LONG_MS = 60_000;

/** Runs a command of rpcd to its end. */
export async function rpcd(words: readonly string[], launch: readonly string[] = []): Promise<Ran> {
  const [program = "", ...rest] = [...launch, process.execPath, ...NODE_FLAGS, RPCD, ...words];
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"], timeout: TOO_LONG_MS });
  const [[code], out, err] = await Promise.all([
    once(child, "close"),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code: code as number | null, out, err };
}
