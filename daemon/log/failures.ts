import type { Deadline, Deadlines } from "../../link/deadlines.ts";
import type { Log } from "./log.ts";

/** As many lines has each kind of failure in a minute, and so many kinds there are in it; all others are one kind. */
const BOUNDS = { few: 3, kinds: 256, windowMs: 60_000 };

/** What failed, and for whom: the failures of one kind are alike in all of it. */
export interface FailureKind {
  readonly method?: string;
  readonly principal?: string;
}

interface Tally {
  readonly what: string;
  readonly kind: FailureKind;
  told: number;
  counted: number;
}

/**
 * Tells the first few failures of each method and principal with all that is known, and counts the rest: a client can have a method
 * fail as often as it likes. A window opens with the first failure and closes after its time, with one line for each kind that was
 * counted.
 */
export class Failures {
  readonly #log: Log;
  readonly #deadlines: Deadlines;
  readonly #bounds: typeof BOUNDS;
  #tallies = new Map<string, Tally>();
  #window: Deadline | undefined;

  constructor(log: Log, deadlines: Deadlines, bounds = BOUNDS) {
    this.#log = log;
    this.#deadlines = deadlines;
    this.#bounds = bounds;
  }

  /** @param fields - what the line has beside the kind */
  failed(what: string, kind: FailureKind, fields: Readonly<Record<string, unknown>>): void {
    this.#window ??= this.#deadlines.start(this.#bounds.windowMs, () => this.close());
    const tally = this.#tallyOf(what, kind);
    if (tally.told >= this.#bounds.few) {
      tally.counted++;
      return;
    }
    tally.told++;
    this.#log.error(what, { ...kind, ...fields });
  }

  /** Ends the window now: what was only counted is told. */
  close(): void {
    this.#deadlines.stop(this.#window);
    this.#window = undefined;
    const tallies = this.#tallies;
    this.#tallies = new Map();
    for (const { what, kind, counted } of tallies.values())
      if (counted > 0) this.#log.warn("more of the same, only counted", { what, ...kind, count: counted });
  }

  #tallyOf(what: string, kind: FailureKind): Tally {
    const key = JSON.stringify([what, kind.method, kind.principal]);
    const found = this.#tallies.get(key);
    if (found !== undefined) return found;
    if (this.#tallies.size >= this.#bounds.kinds) return this.#others();
    return this.#add(key, { what, kind, told: 0, counted: 0 });
  }

  /** Of the kinds that have no room of their own. */
  #others(): Tally {
    const key = "";
    return (
      this.#tallies.get(key) ?? this.#add(key, { what: "other failures", kind: {}, told: 0, counted: 0 })
    );
  }

  #add(key: string, tally: Tally): Tally {
    this.#tallies.set(key, tally);
    return tally;
  }
}
