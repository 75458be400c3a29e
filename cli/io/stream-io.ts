import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { usage } from "./failure.ts";
import type { Io, ScreenEvents, Streams } from "./io.ts";
import { readFailure, tooLong, wrongKind } from "./read-failure.ts";

/** An {@link Io} over the streams of a process. */
export function streamIo({ stdin, stdout, stderr, write, env, signal, atEnd }: Streams): Io {
  let inputTaken = false;
  const takeInput = (): ReturnType<typeof stdin> => {
    if (inputTaken) throw usage("standard input can be read once only, and '-' stands here twice");
    inputTaken = true;
    return stdin();
  };
  let statusShown = false;
  const show = (text: string): void => {
    if (text === "" && !statusShown) return;
    statusShown = text !== "";
    // Back to the margin, and the rest of the line erased.
    stderr().write(`\r\u001b[K${text}`);
  };
  return {
    out: (text) => {
      show("");
      stdout().write(`${text}\n`);
    },
    err: (text) => {
      show("");
      stderr().write(`${text}\n`);
    },
    write: (bytes) => {
      show("");
      return write(bytes);
    },
    get status() {
      const { isTTY, columns = 80 } = stderr();
      return isTTY === true && env["TERM"] !== "dumb" ? { columns, show } : undefined;
    },
    get takeScreen() {
      if (stdout().isTTY !== true || env["TERM"] === "dumb") return undefined;
      return async (events: ScreenEvents) => {
        const { openScreen } = await import("./open-screen.ts");
        return openScreen(
          { stdin: stdin(), stdout: stdout(), signal, atEnd, isColoured: this.isColoured },
          events,
        );
      };
    },
    open: async (path, until = signal) => {
      const { openFile, openInput } = await import("./open-input.ts");
      return path === "-" ? openInput(takeInput(), until) : openFile(path, until);
    },
    readBytes: (path, maxBytes, until = signal) =>
      path === "-" ? readInput(takeInput(), maxBytes, until) : readFile(path, maxBytes),
    ask: async (question) => {
      const { createInterface } = await import("node:readline");
      stderr().write(question);
      // Not as a terminal: the input stays as it is, and Ctrl-C stays a signal.
      const lines = createInterface({ input: stdin(), terminal: false });
      const close = (): void => lines.close();
      signal.addEventListener("abort", close, { once: true });
      try {
        return await new Promise<string>((resolve) => {
          lines.once("line", resolve);
          lines.once("close", () => resolve(""));
          if (signal.aborted) close();
        });
      } finally {
        signal.removeEventListener("abort", close);
        close();
      }
    },
    get isTerminal() {
      return stdin().isTTY === true && stderr().isTTY === true;
    },
    get isOutTerminal() {
      return stdout().isTTY === true;
    },
    get outColumns() {
      const { isTTY, columns = 80 } = stdout();
      return isTTY === true ? columns : undefined;
    },
    get isColoured() {
      const wantsNone = (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb";
      return stdout().isTTY === true && !wantsNone;
    },
    env,
    signal,
  };
}

async function readInput(
  stdin: AsyncIterable<Uint8Array | string> & NodeJS.ReadableStream,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { addAbortSignal, Readable } = await import("node:stream");
  if (stdin instanceof Readable) addAbortSignal(signal, stdin);
  const parts: Uint8Array[] = [];
  let held = 0;
  for await (const part of stdin) {
    const bytes = typeof part === "string" ? Buffer.from(part) : part;
    held += bytes.length;
    if (held > maxBytes) throw tooLong("standard input", maxBytes);
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

const { O_NOCTTY, O_NONBLOCK, O_RDONLY } = constants;

// The size is not asked for: a file of /proc tells a wrong one.
async function readFile(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    // Opening a FIFO would wait for its writer, and the process could not end before.
    const file = await open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw wrongKind(path, "a regular file", stat);
      let bytes = Buffer.alloc(Math.min(maxBytes + 1, 65_536));
      let held = 0;
      for (;;) {
        const { bytesRead } = await file.read(bytes, held, bytes.length - held, null);
        held += bytesRead;
        if (bytesRead === 0) return bytes.subarray(0, held);
        if (held > maxBytes) throw tooLong(path, maxBytes);
        if (held === bytes.length) bytes = Buffer.concat([bytes], Math.min(maxBytes + 1, 2 * held));
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw readFailure(path, error);
  }
}
