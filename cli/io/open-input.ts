import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { addAbortSignal, Readable } from "node:stream";
import { isatty } from "node:tty";
import { bytesOf } from "../../client/references/file-stream.ts";
import type { Input } from "./io.ts";
import { readFailure, wrongKind } from "./read-failure.ts";

const { O_NOCTTY, O_NONBLOCK, O_RDONLY } = constants;

/**
 * Opens a file, which is read as it is asked for: it may be of any length, and a FIFO or a device. A FIFO without a writer is waited
 * for on the event loop, so that Ctrl-C and the time limit end it: a blocking open() would keep a thread, and the process with it.
 *
 * @throws Failure
 */
export async function openFile(path: string, signal: AbortSignal): Promise<Input> {
  let fd: number | undefined;
  try {
    fd = openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw wrongKind(path, "a file", stat);
    if (stat.isFIFO() || isatty(fd)) {
      // This very descriptor: one that is opened when the writer of a FIFO has gone is never told of the end.
      const opened = await evented(fd, path, signal);
      fd = undefined;
      return opened;
    }
    // The file that was looked at, whatever the path leads to by now. A device may have no data ready: only a blocking read waits for it.
    const flags = O_RDONLY | O_NOCTTY | (stat.isFile() ? O_NONBLOCK : 0);
    return input(await open(`/proc/self/fd/${fd}`, flags), path);
  } catch (error) {
    throw readFailure(path, error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function input(file: FileHandle, path: string): Input {
  return { pieces: readable(bytesOf(file), path), close: () => file.close() };
}

/** What the event loop can wait for: a FIFO, a pipe, a terminal. */
async function evented(fd: number, path: string, signal: AbortSignal): Promise<Input> {
  const stream = isatty(fd)
    ? new (await import("node:tty")).ReadStream(fd)
    : new (await import("node:net")).Socket({ fd, readable: true, writable: false });
  const opened = openInput(stream, signal);
  return { pieces: readable(opened.pieces, path), close: () => opened.close() };
}

/** Standard input as it comes. Whoever closes it lets node end, though nobody has closed the other end. */
export function openInput(
  stdin: AsyncIterable<Uint8Array | string> & NodeJS.ReadableStream,
  signal: AbortSignal,
): Input {
  if (stdin instanceof Readable) {
    // From birth: an abort before anybody reads must not be an uncaught error.
    stdin.on("error", () => undefined);
    addAbortSignal(signal, stdin);
  }
  return {
    pieces: bytes(stdin),
    close: () => {
      if (stdin instanceof Readable) stdin.destroy();
      return Promise.resolve();
    },
  };
}

async function* readable(pieces: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (error) {
    throw readFailure(path, error);
  }
}

async function* bytes(pieces: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) yield typeof piece === "string" ? Buffer.from(piece) : piece;
}
