import type { Screen, ScreenEvents, ScreenLine, Streams } from "./io.ts";

/*
 * What a terminal is told (ECMA-48, and the private modes of xterm that all have): a second page, whose end brings back
 * the first; no cursor; what is too long for a line is not carried to the next.
 */
const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l";
const LEAVE = "\u001b[?7h\u001b[?25h\u001b[?1049l";
const LOUD = "\u001b[7m";
const PLAIN = "\u001b[0m";

/** Where a terminal does not tell its size. */
const ROWS = 24;
const COLUMNS = 80;

const ESCAPE = "\u001b";
export const CTRL_C = "\u0003";

/** What of a process a screen is made of. */
export interface Terminal extends Pick<Streams, "signal" | "atEnd"> {
  readonly stdin: ReturnType<Streams["stdin"]>;
  readonly stdout: ReturnType<Streams["stdout"]>;
  readonly isColoured: boolean;
}

/** Takes the terminal until the screen is closed, the command is interrupted, or the process ends. */
export function openScreen(terminal: Terminal, { onKey, onResize }: ScreenEvents): Screen {
  const { stdin, stdout, signal, atEnd, isColoured } = terminal;
  const hasKeys = stdin.isTTY === true;
  let isOpen = true;

  const takeKeys = (chunk: Uint8Array | string): void => {
    const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("latin1");
    // Ctrl-C wherever it stands. What else begins with an escape is an arrow, say, and no letter of it is a key.
    if (text.includes(CTRL_C)) onKey(CTRL_C);
    else if (!text.startsWith(ESCAPE)) for (const key of text) onKey(key);
  };
  // The terminal was hung up, and nobody can press a key any more.
  const inputEnded = (): void => onKey(CTRL_C);

  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    takeBack();
    signal.removeEventListener("abort", close);
    stdout.removeListener("resize", onResize);
    stdout.write(LEAVE);
    if (!hasKeys) return;
    stdin.removeListener("data", takeKeys);
    stdin.removeListener("end", inputEnded);
    stdin.setRawMode?.(false);
    stdin.pause();
  };
  const takeBack = atEnd(close);
  signal.addEventListener("abort", close, { once: true });

  stdout.write(ENTER);
  stdout.on("resize", onResize);
  if (hasKeys) {
    // It stays when the screen is closed: setting the modes of a terminal that is gone fails here as well.
    stdin.on("error", inputEnded);
    stdin.on("end", inputEnded);
    stdin.on("data", takeKeys);
    stdin.setRawMode?.(true);
    stdin.resume();
  }
  if (signal.aborted) close();

  return {
    // A terminal that does not know its size says 0.
    get rows() {
      return stdout.rows || ROWS;
    },
    get columns() {
      return stdout.columns || COLUMNS;
    },
    draw: (lines) => {
      if (isOpen) stdout.write(drawing(lines, isColoured));
    },
    close,
  };
}

/**
 * Each line is erased before it is written: what stands in the last column would be erased after it. Nothing is written
 * below the last line, so nothing scrolls.
 */
function drawing(lines: readonly ScreenLine[], isColoured: boolean): string {
  const rows = lines.map(({ text, isLoud = false }, i) => {
    const shown = isLoud && isColoured ? `${LOUD}${text}${PLAIN}` : text;
    // What follows the last line of the picture before goes with the last of this one.
    return `\u001b[${i + 1};1H${i === lines.length - 1 ? "\u001b[J" : "\u001b[K"}${shown}`;
  });
  return rows.join("");
}
