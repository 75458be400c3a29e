import { constants, openSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { addAbortSignal, Readable } from "node:stream";
import { isatty } from "node:tty";
import { bytesOf } from "../client/file-stream.ts";
import { type Input, readFailure, wrongKind } from "./io.ts";

const { O_NOCTTY, O_NONBLOCK, O_RDONLY } = constants;

/**
 * Opens a file, which is read as it is asked for: it may be of any length, and a FIFO or a device. A FIFO without a writer is waited
 * for on the event loop, so that Ctrl-C and the time limit end it: a blocking open() would keep a thread, and the process with it.
 *
 * @throws Failure
 */
export async function openFile(path: string, signal: AbortSignal): Promise<Input> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    const stat = await file.stat();
    if (stat.isDirectory()) throw wrongKind(path, "a file", stat);
    if (stat.isFile()) return input(file, path);
    // Opened again before it is closed: the writer of a FIFO must not find it without a reader.
    const again = `/proc/self/fd/${file.fd}`;
    const isEvented = stat.isFIFO() || isatty(file.fd);
    const opened = isEvented
      ? await evented(openSync(again, O_RDONLY | O_NONBLOCK | O_NOCTTY), path, signal)
      : // A device may have nothing at hand: only a blocking read waits for it.
        input(await open(again, O_RDONLY | O_NOCTTY), path);
    await file.close();
    return opened;
  } catch (error) {
    await file?.close();
    throw readFailure(path, error);
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
