import type { Deadline, Deadlines } from "../../link/deadlines.ts";

/**
 * Tells the first few of many alike, and counts the rest: for what strangers can cause as often as they like. A
 * window opens with the first and closes after its time, with one report of what was only counted.
 */
export class FirstFew {
  readonly #deadlines: Deadlines;
  readonly #few: number;
  readonly #windowMs: number;
  readonly #report: (counted: ReadonlyMap<string, number>) => void;
  #counted = new Map<string, number>();
  #told = 0;
  #window: Deadline | undefined;

  /** @param report - what was counted in a window, if anything was: how many of each kind */
  constructor(
    deadlines: Deadlines,
    { few, windowMs }: { readonly few: number; readonly windowMs: number },
    report: (counted: ReadonlyMap<string, number>) => void,
  ) {
    this.#deadlines = deadlines;
    this.#few = few;
    this.#windowMs = windowMs;
    this.#report = report;
  }

  /** Whether this one is to be told; else it is counted. @param kind - out of a closed list */
  isTold(kind: string): boolean {
    this.#window ??= this.#deadlines.start(this.#windowMs, () => this.close());
    if (this.#told < this.#few) {
      this.#told++;
      return true;
    }
    this.#counted.set(kind, (this.#counted.get(kind) ?? 0) + 1);
    return false;
  }

  /** Ends the window now: what was counted is reported. */
  close(): void {
    this.#deadlines.stop(this.#window);
    this.#window = undefined;
    this.#told = 0;
    if (this.#counted.size === 0) return;
    const counted = this.#counted;
    this.#counted = new Map();
    this.#report(counted);
  }
}
