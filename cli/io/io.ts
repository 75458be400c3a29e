import { constants, type Stats } from "node:fs";
import { open } from "node:fs/promises";
import { kindAt, kindOf } from "../../files/file-kind.ts";
import { systemCode } from "../../files/file-problem.ts";
import { Failure, usage } from "./failure.ts";

/** The world as a command sees it: a test hands in its own. */
export interface Io {
  /** Prints a text and a line end to standard output. Whatever in it came from outside is escaped already. */
  out(text: string): void;
  /** The same to standard error. */
  err(text: string): void;
  /** Writes to standard output, and waits until it is taken: for what may be long. What {@link out} prints is not waited for. */
  write(bytes: Uint8Array): Promise<void>;
  /** Where a line can be shown for a while; nothing where standard error is no terminal. */
  readonly status: StatusLine | undefined;
  /** Takes the whole terminal; nothing where standard output is none that can be drawn on. */
  readonly takeScreen: ((events: ScreenEvents) => Promise<Screen>) | undefined;
  /**
   * Opens a file, a FIFO or a device, or standard input for `-`, to be read piece by piece.
   *
   * @param signal - gives up reading; the command's own where nothing is said
   * @throws Failure
   */
  open(path: string, signal?: AbortSignal): Promise<Input>;
  /**
   * The content of a regular file, or of standard input for `-`.
   *
   * @param signal - as for {@link open}
   * @throws Failure, also for what is no regular file
   */
  readBytes(path: string, maxBytes: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** Asks a person and gives the answer, empty if there is none. Only where {@link isTerminal}. */
  ask(question: string): Promise<string>;
  /** Whether a person is there to be asked: standard input and standard error are a terminal. */
  readonly isTerminal: boolean;
  /** Whether standard output is a terminal. */
  readonly isOutTerminal: boolean;
  /** How wide the terminal is, in columns; nothing where standard output is no terminal. */
  readonly outColumns: number | undefined;
  /** Whether colours may be used on standard output: a terminal that knows them, and nobody who wants none (NO_COLOR). */
  readonly isColoured: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C, and when nobody reads the output any more. */
  readonly signal: AbortSignal;
}

/** A line on a terminal that the next one overwrites; whatever else is printed erases it. */
export interface StatusLine {
  /** What fits into a line, in columns: what is longer must not be shown. */
  readonly columns: number;
  /** @param text - escaped already; an empty one erases the line */
  show(text: string): void;
}

/** The whole terminal, which is as it was before once this is closed. It closes by itself when the command is interrupted. */
export interface Screen {
  /** How many lines there are now; a person may change it at any time. */
  readonly rows: number;
  readonly columns: number;
  /** @param lines - as many as there are rows and as long as there are columns, at most; escaped already */
  draw(lines: readonly ScreenLine[]): void;
  close(): void;
}

export interface ScreenLine {
  readonly text: string;
  /** Whether it must not be overlooked. */
  readonly isLoud?: boolean;
}

export interface ScreenEvents {
  /** A key: what it writes. Ctrl-C is `\u0003`: it is no signal here. */
  readonly onKey: (key: string) => void;
  /** The terminal has another size now. */
  readonly onResize: () => void;
}

/** A file that is read piece by piece. */
export interface Input {
  readonly pieces: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** What of a process an {@link Io} is made of. Each stream is asked for when it is used: making one costs time. */
export interface Streams {
  readonly stdin: () => AsyncIterable<Uint8Array | string> &
    NodeJS.ReadableStream & { readonly isTTY?: boolean; setRawMode?(on: boolean): unknown };
  readonly stdout: () => NodeJS.WritableStream & {
    readonly isTTY?: boolean;
    readonly rows?: number;
    readonly columns?: number;
  };
  readonly stderr: () => NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  /** Writes all of it to standard output without stopping the event loop, however slow its reader is. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Has something done before the process ends, whatever ends it. @returns takes that back */
  readonly atEnd: (restore: () => void) => () => void;
}

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

/** What the system says against reading a file, for whoever named it; any other error as it is. */
export function readFailure(path: string, error: unknown): unknown {
  const code = systemCode(error);
  // Given up: that is no fault of the file.
  if (code === undefined || code === "ABORT_ERR") return error;
  // What open() says of a socket.
  if (code === "ENXIO")
    return notRead(path, `a file was expected, but this is ${kindAt(path) ?? "none"}`, error);
  const what = code === "ENOENT" ? "there is no such file" : `the file cannot be read (${code})`;
  return notRead(path, what, error);
}

/** A path that leads to something else than is expected there. */
export function wrongKind(path: string, expected: string, stat: Stats): Failure {
  return notRead(path, `${expected} was expected, but this is ${kindOf(stat)}`);
}

function notRead(path: string, what: string, cause?: unknown): Failure {
  const hint = /but this is a (FIFO|socket|device)$/.test(what)
    ? "- reads standard input: COMMAND | rpcctl … -"
    : undefined;
  return new Failure("not_found", `${path}: ${what}`, { hints: [hint], cause });
}

/** More than is read of it. */
export function tooLong(what: string, maxBytes: number): Failure {
  return usage(`${what}: at most ${maxBytes} bytes were expected, and there are more`);
}
