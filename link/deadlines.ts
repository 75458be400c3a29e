import type { Clock } from "../base/clock.ts";

/** How coarse the wheel is, in milliseconds: a deadline fires at most this much late, and never early. */
const SLOT_MS = 16;

/** Slots that come within about a second. */
const NEAR_SLOTS = 64;

/** A deadline that was started; only good for stopping it. */
export interface Deadline {
  readonly slot: number;
  readonly run: () => void;
}

/**
 * All deadlines of one daemon or one client on one timer of the system: starting and stopping one costs an
 * entry in a set. Thousands of calls each have one, and nearly all are stopped before they fire.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #slots = new Map<number, Set<Deadline>>();
  #timer: NodeJS.Timeout | undefined;
  #pending = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many are running: a test that counts what is left looks here. */
  get pending(): number {
    return this.#pending;
  }

  /** Moments that are kept, with deadlines or without: a test counts what is left. */
  get slots(): number {
    return this.#slots.size;
  }

  /** @param delayMs - from now; `run` must not throw */
  start(delayMs: number, run: () => void): Deadline {
    // The next slot, even where the time falls on one: what is started while a slot fires is never in it.
    const slot = Math.floor((this.#clock.monotonicMs() + Math.max(0, delayMs)) / SLOT_MS) + 1;
    const deadline: Deadline = { slot, run };
    const others = this.#slots.get(slot);
    if (others === undefined) this.#slots.set(slot, new Set([deadline]));
    else others.add(deadline);
    this.#pending++;
    this.#timer ??= setInterval(() => this.#tick(), SLOT_MS).unref();
    return deadline;
  }

  /** Stops it if it has not fired; stopping twice, or `undefined`, does nothing. */
  stop(deadline: Deadline | undefined): void {
    if (deadline === undefined) return;
    const others = this.#slots.get(deadline.slot);
    if (others?.delete(deadline) !== true) return;
    this.#pending--;
    // An empty slot that comes soon stays until its time: the next deadline is often for the same one. A peer chooses how many lie
    // far ahead, and each tick walks over all.
    if (others.size === 0 && deadline.slot > this.#clock.monotonicMs() / SLOT_MS + NEAR_SLOTS)
      this.#slots.delete(deadline.slot);
  }

  #tick(): void {
    const now = this.#clock.monotonicMs() / SLOT_MS;
    // Over the slots in use, not over the time that has passed: a suspended process may have slept for days.
    for (const [slot, due] of this.#slots) {
      if (slot > now) continue;
      for (const deadline of due) {
        // One that an earlier one of the same slot has stopped is gone from the set already.
        due.delete(deadline);
        this.#pending--;
        deadline.run();
      }
      this.#slots.delete(slot);
    }
    this.#rest();
  }

  /** The timer goes round once more after the last one was stopped: the next one is often started at once. */
  #rest(): void {
    if (this.#pending > 0) return;
    this.#slots.clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
