import { escapeText } from "../../base/escape.ts";
import type { CallProgress } from "../../client/index.ts";
import type { StatusLine } from "../io/io.ts";
import { cutToColumns } from "../print/text-columns.ts";

/** The line is drawn anew so often at most, in milliseconds between: a daemon may say a thousand times a second how far it is. */
export const REDRAW_MS = 100;

/** As much of a note is looked at, in characters: no line of a terminal is longer. */
const NOTE_MAX_CHARS = 500;

/** How far a call is, on a line of the terminal. Of what comes between two drawings the last alone is kept. */
export class ProgressLine {
  readonly #status: StatusLine | undefined;
  readonly #nowMs: () => number;
  #drawnMs = Number.NEGATIVE_INFINITY;
  #last: CallProgress | undefined;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param status - nothing where there is no terminal: then nothing is shown
   * @param nowMs - of the monotonic clock
   */
  constructor(status: StatusLine | undefined, nowMs: () => number = () => performance.now()) {
    this.#status = status;
    this.#nowMs = nowMs;
  }

  show(progress: CallProgress): void {
    if (this.#status === undefined) return;
    this.#last = progress;
    if (this.#timer !== undefined) return;
    const waitMs = this.#drawnMs + REDRAW_MS - this.#nowMs();
    if (waitMs <= 0) this.#draw();
    else this.#timer = setTimeout(() => this.#draw(), waitMs);
  }

  /** Erases the line: the call is over. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#last = undefined;
    this.#status?.show("");
  }

  #draw(): void {
    this.#timer = undefined;
    if (this.#last === undefined || this.#status === undefined) return;
    this.#drawnMs = this.#nowMs();
    // The last column stays free: a terminal that has written it may begin a new line, which would not be erased.
    this.#status.show(cutToColumns(progressText(this.#last), this.#status.columns - 1));
  }
}

/** `30/120 25% step 30`; escaped, for all of it came from the daemon. */
export function progressText({ done, total, note }: CallProgress): string {
  const share =
    total === undefined || total === 0 ? undefined : Math.min(100, Math.floor((done / total) * 100));
  const parts = [
    total === undefined ? String(done) : `${done}/${total}`,
    share === undefined ? undefined : `${share}%`,
    note === undefined ? undefined : escapeText(note.slice(0, NOTE_MAX_CHARS)),
  ];
  return parts.filter((part) => part !== undefined && part !== "").join(" ");
}
