import type { Clock } from "../../base/clock.ts";
import type { Deadline, Deadlines } from "../../link/deadlines.ts";
import { REFUSAL_DELAY_MS } from "../../wire/limits.ts";
import { REFUSALS_WAITING_MAX } from "../base/limits.ts";

/** The places of all connections among the refusals that wait for their answer. */
export class RefusalPlaces {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  #taken = 0;

  constructor(clock: Clock, deadlines: Deadlines) {
    this.clock = clock;
    this.deadlines = deadlines;
  }

  /** @returns false where too many refusals wait */
  take(): boolean {
    if (this.#taken >= REFUSALS_WAITING_MAX) return false;
    this.#taken++;
    return true;
  }

  give(): void {
    this.#taken--;
  }
}

/** The place of one connection among the refusals that wait for their answer. */
export class RefusalPlace {
  readonly #places: RefusalPlaces;
  #isTaken = false;
  #answer: Deadline | undefined;

  constructor(places: RefusalPlaces) {
    this.#places = places;
  }

  /**
   * It is taken before anything is looked at: who gets the last one must not depend on how long that takes.
   *
   * @returns false where too many wait
   */
  take(): boolean {
    this.#isTaken = this.#places.take();
    return this.#isTaken;
  }

  /**
   * Has a refusal answered at the same time after its claim whatever the reason: it tells nothing of who is enrolled.
   *
   * @param claimedAtMs - of the monotonic clock
   * @returns false where it has no place, and is not answered
   */
  answer(claimedAtMs: number, refuse: () => void): boolean {
    if (!this.#isTaken) return false;
    const waitedMs = this.#places.clock.monotonicMs() - claimedAtMs;
    this.#answer = this.#places.deadlines.start(REFUSAL_DELAY_MS - waitedMs, () => {
      this.leave();
      refuse();
    });
    return true;
  }

  /** Leaving twice is leaving once. */
  leave(): void {
    this.#places.deadlines.stop(this.#answer);
    if (!this.#isTaken) return;
    this.#isTaken = false;
    this.#places.give();
  }
}
