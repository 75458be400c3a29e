import { SESSION_FRAME_MAX_BYTES } from "../../wire/limits.ts";
import { RpcError } from "../errors/rpc-error.ts";

/** What of a FileHandle (node:fs/promises) is needed here. */
interface FileLike {
  read(buffer: Uint8Array, offset: number, length: number, position: null): Promise<{ bytesRead: number }>;
  readonly fd: number;
}

/** A piece of a file, in bytes: a quarter of a window of 1 MiB goes out while the next is read. */
const CHUNK_BYTES = 64 * 1024;

/** No line of more bytes goes into a message; of those that are nearly as long, its message says whether it does. */
const LINE_MAX_BYTES = SESSION_FRAME_MAX_BYTES;

const LINE_FEED = 0x0a;

export function isFileHandle(value: unknown): value is FileLike {
  if (typeof value !== "object" || value === null) return false;
  return "fd" in value && typeof value.fd === "number" && "read" in value && "readLines" in value;
}

/** The bytes of an open file, from where it stands. The file stays its owner's: it is not closed here. */
export async function* bytesOf(file: FileLike): AsyncGenerator<Uint8Array> {
  for (;;) {
    // A new one each time: what was sent before may still wait in the socket.
    const buffer = new Uint8Array(CHUNK_BYTES);
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, null);
    if (bytesRead === 0) return;
    yield bytesRead === CHUNK_BYTES ? buffer : buffer.subarray(0, bytesRead);
  }
}

/**
 * The lines of a text in UTF-8, each with its line feed, as it stands in the file; the last may have none.
 *
 * @throws RpcError `data_loss` where it is no UTF-8, `out_of_range` for a line that goes into no message
 */
export async function* linesOf(file: FileLike | AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let kept: Uint8Array[] = [];
  let keptBytes = 0;
  // Not by `fd` alone: standard input is a stream of node's, and has one too.
  for await (const chunk of isFileHandle(file) ? bytesOf(file) : file) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      kept.push(chunk.subarray(start, end + 1));
      yield textOf(decoder, kept);
      kept = [];
      keptBytes = 0;
      start = end + 1;
    }
    if (start < chunk.length) {
      kept.push(chunk.subarray(start));
      keptBytes += chunk.length - start;
    }
    if (keptBytes > LINE_MAX_BYTES)
      throw new RpcError("out_of_range", `a line of more than ${LINE_MAX_BYTES} bytes goes into no message`);
  }
  if (keptBytes > 0) yield textOf(decoder, kept);
}

function textOf(decoder: { decode(bytes: Uint8Array): string }, parts: readonly Uint8Array[]): string {
  const [only] = parts;
  try {
    return decoder.decode(parts.length === 1 && only !== undefined ? only : Buffer.concat(parts));
  } catch (error) {
    throw new RpcError("data_loss", "the file is no text in UTF-8: pass it to a method that takes bytes", {
      cause: error,
    });
  }
}
