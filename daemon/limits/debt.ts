import type { Clock } from "../../base/clock.ts";

/**
 * What a connection owes for calls that were refused: for so long its calls are not even decided. Not read at all, it would
 * not notice that its peer has gone.
 */
export class Debt {
  readonly #clock: Clock;
  readonly #principalOwesMs: () => number;
  #untilMs = 0;

  /** @param principalOwesMs - what the principal owes, over all its connections, in milliseconds */
  constructor(clock: Clock, principalOwesMs: () => number) {
    this.#clock = clock;
    this.#principalOwesMs = principalOwesMs;
  }

  /** A call was refused, and the gate has counted it. */
  refused(): void {
    const owedMs = this.#principalOwesMs();
    if (owedMs > 0) this.#untilMs = this.#clock.monotonicMs() + owedMs;
  }

  /** How long it is not even looked at what is called, in milliseconds; 0 where nothing is owed. */
  owedMs(): number {
    if (this.#untilMs === 0) return 0;
    const owedMs = Math.ceil(this.#untilMs - this.#clock.monotonicMs());
    if (owedMs <= 0) this.#untilMs = 0;
    return Math.max(0, owedMs);
  }
}
