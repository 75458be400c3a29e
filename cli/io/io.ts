/** The world as a command sees it: a test hands in its own. */
export interface Io {
  /** Prints a text and a line end to standard output. The caller has escaped every part that came from outside. */
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
  /** Whether colours may be used on standard output: it is a terminal that shows colours, and NO_COLOR is not set. */
  readonly isColoured: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C, and when the reader of the output has closed it. */
  readonly signal: AbortSignal;
}

/** A line on a terminal. The next status line overwrites it, and any other output erases it. */
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
  /** Called with the characters of a key. Ctrl-C is `\u0003`; it is not a signal here. */
  readonly onKey: (key: string) => void;
  /** The terminal has another size now. */
  readonly onResize: () => void;
}

/** A file that is read piece by piece. */
export interface Input {
  readonly pieces: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** The parts of a process that an {@link Io} uses. Each stream is a function, because creating a stream costs time. */
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
  /** Registers a function to run before the process ends, however it ends. @returns a function that unregisters it */
  readonly atEnd: (restore: () => void) => () => void;
}
