import type { Clock } from "../../base/clock.ts";
import type { Deadline, Deadlines } from "../../link/deadlines.ts";
import type { AuditWriter } from "./writer.ts";

/** How long calls are counted before the count is written, in milliseconds. */
const WINDOW_MS = 60_000;

/** Calls that have no audit line of their own, since their principal made too many of their sort. */
export type CountedSort = "refused" | "open";

/** Counts them, and writes the counts: each principal has one line a minute. */
export class CallTally {
  readonly #audit: AuditWriter;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  #counts = new Map<string, Record<CountedSort, number>>();
  #window: Deadline | undefined;

  constructor(audit: AuditWriter, clock: Clock, deadlines: Deadlines) {
    this.#audit = audit;
    this.#clock = clock;
    this.#deadlines = deadlines;
  }

  count(principal: string, sort: CountedSort): void {
    this.#window ??= this.#deadlines.start(WINDOW_MS, () => this.close());
    const counts = this.#counts.get(principal) ?? { refused: 0, open: 0 };
    counts[sort]++;
    this.#counts.set(principal, counts);
  }

  /** Writes what was counted. */
  close(): void {
    this.#deadlines.stop(this.#window);
    this.#window = undefined;
    if (this.#counts.size === 0) return;
    const stamp = { atMs: this.#clock.wallMs() };
    const written = this.#audit.write(
      [...this.#counts].map(([principal, counts]) => [stamp, { kind: "counted", principal, ...counts }]),
    );
    // What could not be written is written with what comes next.
    if (written) this.#counts = new Map();
  }
}
