import { type FileHandle, open } from "node:fs/promises";
import { addAbortSignal, Readable } from "node:stream";
import { bytesOf } from "../client/file-stream.ts";
import { type Input, readFailure } from "./io.ts";

/** Opens a file, which is read as it is asked for: it may be of any length. @throws Failure */
export async function openFile(path: string): Promise<Input> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    // A folder can be opened, and says so only when it is read: in the middle of the call.
    if ((await file.stat()).isDirectory()) await file.readFile();
    return input(file, path);
  } catch (error) {
    await file?.close();
    throw readFailure(path, error);
  }
}

function input(file: FileHandle, path: string): Input {
  return { pieces: readable(bytesOf(file), path), close: () => file.close() };
}

/** Standard input as it comes. Whoever closes it lets node end, though nobody has closed the other end. */
export function openInput(
  stdin: AsyncIterable<Uint8Array | string> & NodeJS.ReadableStream,
  signal: AbortSignal,
): Input {
  if (stdin instanceof Readable) addAbortSignal(signal, stdin);
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
