import type { Clock } from "../../base/clock.ts";
import type { Deadline, Deadlines } from "../../link/deadlines.ts";
import { CALL_DEADLINE_MAX_MS, CALL_DEADLINE_MS } from "../../wire/limits.ts";
import type { Lent } from "../gate/lent.ts";
import type { Asking } from "./targets.ts";

/** A call that waits for a slot. */
export interface QueuedCall {
  readonly asking: Asking;
  /** what it is on, where that is no method of the catalogue */
  readonly on: Lent | undefined;
}

interface Entry extends QueuedCall {
  readonly deadline: Deadline;
  /** when it came, in milliseconds of the monotonic clock */
  readonly sinceMs: number;
}

/**
 * The calls of one connection that wait for a slot, in the order in which they came. Their arguments wait as bytes, and are charged
 * like those of calls that run. The time that they wait is a part of the time that their caller gave them.
 */
export class CallQueue {
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #late: (id: number, deadlineMs: number) => void;
  readonly #entries = new Map<number, Entry>();

  /** @param late - the time of a call is over; it waits no longer */
  constructor(clock: Clock, deadlines: Deadlines, late: (id: number, deadlineMs: number) => void) {
    this.#clock = clock;
    this.#deadlines = deadlines;
    this.#late = late;
  }

  get size(): number {
    return this.#entries.size;
  }

  add(asking: Asking, on: Lent | undefined): void {
    const { id, args } = asking.message;
    const deadlineMs = timeOf(asking);
    args.keep();
    const deadline = this.#deadlines.start(deadlineMs, () => {
      if (this.remove(id)) this.#late(id, deadlineMs);
    });
    this.#entries.set(id, { asking, on, deadline, sinceMs: this.#clock.monotonicMs() });
  }

  /** The one that has waited longest; it has only the rest of its time. */
  take(): QueuedCall | undefined {
    const [entry] = this.#entries.values();
    if (entry === undefined) return undefined;
    const { asking, on, sinceMs } = entry;
    const { message } = asking;
    this.remove(message.id);
    const waitedMs = Math.floor(this.#clock.monotonicMs() - sinceMs);
    return {
      asking: { ...asking, message: { ...message, deadlineMs: Math.max(0, timeOf(asking) - waitedMs) } },
      on,
    };
  }

  /** A call waits no longer. @returns whether it did */
  remove(id: number): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    this.#deadlines.stop(entry.deadline);
    this.#entries.delete(id);
    return true;
  }

  /** None waits any longer. @returns their ids, in order */
  clear(): readonly number[] {
    const ids = [...this.#entries.keys()];
    for (const id of ids) this.remove(id);
    return ids;
  }
}

/** How long a call may take, the waiting included, in milliseconds: no deadline of a peer's is kept for longer. */
function timeOf({ message: { deadlineMs = CALL_DEADLINE_MS } }: Asking): number {
  return Math.min(deadlineMs, CALL_DEADLINE_MAX_MS);
}
