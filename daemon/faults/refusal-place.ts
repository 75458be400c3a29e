import type { Clock } from "../../base/clock.ts";
import type { Deadline, Deadlines } from "../../link/deadlines.ts";
import { REFUSAL_DELAY_MS, REFUSALS_WAITING_MAX } from "../../wire/limits.ts";

/** What all connections have of it together. */
interface SharedPlace {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  refusalsWaiting: number;
}

/** The place of one connection among the refusals that wait for their answer. */
export class RefusalPlace {
  readonly #shared: SharedPlace;
  #isTaken = false;
  #answer: Deadline | undefined;

  constructor(shared: SharedPlace) {
    this.#shared = shared;
  }

  /**
   * It is taken before anything is looked at: who gets the last one must not depend on how long that takes.
   *
   * @returns false where too many wait
   */
  take(): boolean {
    if (this.#shared.refusalsWaiting >= REFUSALS_WAITING_MAX) return false;
    this.#isTaken = true;
    this.#shared.refusalsWaiting++;
    return true;
  }

  /**
   * Has a refusal answered at the same time after its claim whatever the reason: it tells nothing of who is enrolled.
   *
   * @param claimedAtMs - of the monotonic clock
   * @returns false where it has no place, and is not answered
   */
  answer(claimedAtMs: number, refuse: () => void): boolean {
    if (!this.#isTaken) return false;
    const waitedMs = this.#shared.clock.monotonicMs() - claimedAtMs;
    this.#answer = this.#shared.deadlines.start(REFUSAL_DELAY_MS - waitedMs, () => {
      this.leave();
      refuse();
    });
    return true;
  }

  /** Leaving twice is leaving once. */
  leave(): void {
    this.#shared.deadlines.stop(this.#answer);
    if (!this.#isTaken) return;
    this.#isTaken = false;
    this.#shared.refusalsWaiting--;
  }
}
