#!/usr/bin/env -S node --disallow-code-generation-from-strings --disable-proto=delete
import { flushed } from "../base/flushed.ts";
import { exitCode } from "./io/exit.ts";
import { streamIo } from "./io/stream-io.ts";
import { runCommandLine } from "./run.ts";

/*
 * The only file that touches the process: its streams, its signals, its exit code.
 *
 * The code is set and not forced: node ends by itself when nothing is left to do. Only if something keeps it, a handle that did not
 * close, it is ended, and only after the system has taken all output: a slow reader of a pipe gets everything.
 */

/** How long whatever is still open may stay so when the command is over and its output is taken, in milliseconds. */
const EXIT_GUARD_MS = 1_000;

const stop = new AbortController();
let outputCode: number | undefined;

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
for (const signal of SIGNALS) process.once(signal, interrupted);
// Without a listener it would open the inspector, and with it the process, to any local program of this user.
process.on("SIGUSR1", () => undefined);

function interrupted(signal: NodeJS.Signals): void {
  stop.abort(new Error("interrupted"));
  // Whatever cannot be aborted, a reader that takes no output for example, is ended by the signal itself: it has no
  // listener any more. The same is true of a second one, whichever it is.
  for (const one of [...SIGNALS, "SIGHUP"]) process.removeListener(one, interrupted);
  setTimeout(() => process.kill(process.pid, signal), EXIT_GUARD_MS).unref();
}

/**
 * A terminal must not stay as a command made it. A hang-up is listened to only while there is such a terminal: nohup has
 * other commands take no notice of it, which a listener would undo.
 */
function atEnd(restore: () => void): () => void {
  process.once("exit", restore);
  process.once("SIGHUP", interrupted);
  return () => {
    process.removeListener("exit", restore);
    process.removeListener("SIGHUP", interrupted);
  };
}

/** What was written to: making a stream of the process costs time. */
const used = new Set<NodeJS.WriteStream>();

function stdout(): NodeJS.WriteStream {
  return output(process.stdout, outputFailed);
}

function stderr(): NodeJS.WriteStream {
  // There is nobody left to tell.
  return output(process.stderr, () => undefined);
}

function output(stream: NodeJS.WriteStream, failed: (error: Error) => void): NodeJS.WriteStream {
  if (!used.has(stream)) stream.on("error", failed);
  used.add(stream);
  return stream;
}

function outputFailed(error: NodeJS.ErrnoException): void {
  if (outputCode !== undefined) return;
  const closed = error.code === "EPIPE";
  if (!closed) stderr().write(`the output cannot be written (${error.code ?? error.message})\n`);
  outputCode = exitCode(closed ? "output_closed" : "failed");
  process.exitCode = outputCode;
  stop.abort(error);
}

async function write(bytes: Uint8Array): Promise<void> {
  try {
    const { writeAll } = await import("../files/write-all.ts");
    await writeAll(process.stdout.fd, bytes);
  } catch (error) {
    if (error instanceof Error) outputFailed(error);
    throw error;
  }
}

const { env } = process;
const io = streamIo({ stdin: () => process.stdin, stdout, stderr, write, env, signal: stop.signal, atEnd });
const code = await runCommandLine(process.argv.slice(2), io);
for (const stream of used) await flushed(stream);
process.exitCode = outputCode ?? code;
setTimeout(() => process.exit(), EXIT_GUARD_MS).unref();
