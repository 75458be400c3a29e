import type { Clock } from "../../base/clock.ts";
import { Fault } from "../../base/fault.ts";

/**
 * What a peer may send beside calls and their answers. One message for each call, reference and item is its right, also when
 * many are given up at once; beyond that, so many a second.
 */
export class ControlBudget {
  readonly #clock: Clock;
  readonly #perSecond: number;
  #allowed = 0;
  #left: number;
  #since: number;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#left = perSecond;
    this.#since = clock.monotonicMs();
  }

  /** Something was sent or taken that the peer may have a word about. */
  allow(): void {
    this.#allowed++;
  }

  /** A word about such a thing. @throws Fault `resource_exhausted` */
  spend(): void {
    if (this.#allowed > 0) this.#allowed--;
    else this.count();
  }

  /** Any other word. @throws Fault `resource_exhausted` */
  count(): void {
    const now = this.#clock.monotonicMs();
    if (now - this.#since >= 1000) {
      this.#since = now;
      this.#left = this.#perSecond;
    }
    this.#left--;
    if (this.#left < 0)
      throw new Fault("resource_exhausted", "more pings and cancels than a second may have");
  }
}
