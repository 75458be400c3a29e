import type { Link } from "./link.ts";

/** How long the other end of a link may be silent, in milliseconds. */
export interface LivenessLimits {
  /** from the last sign of life to the question whether the peer is alive */
  readonly silentMs: number;
  /** from the question to the verdict */
  readonly answerMs: number;
}

/**
 * How long a TCP connection may be idle before the kernel asks for its other end, in milliseconds. It finds hosts that are gone, not
 * processes that are stopped; and it keeps entries of address translation on the way, which are often forgotten after some minutes.
 */
export const KEEP_ALIVE_MS = 60_000;

/**
 * The most time that one look adds: so many milliseconds, and so much of the time for the answer. A process that was stopped, or was
 * busy for long, has not read meanwhile: what the peer has sent is still to come, and its silence is not the peer's.
 */
const LOOK_MAX_MS = 2_000;
const LOOK_MAX_PART = 1 / 2;

/**
 * Tells whether the peer of a link is alive (docs/protocol.md, section 5):
 *
 *     heard --(silent for silentMs)--> asked --(answerMs more)--> dead
 *       ^---------any sign of life-------+
 *
 * Signs of life are bytes that arrived, and waiting output that the peer took. The clock stands while this side does not read. No
 * question is sent where output waits already: whoever takes that is alive.
 */
export class Liveness {
  readonly #link: Pick<Link, "takeSign" | "isReading" | "unreadBytes">;
  readonly #ask: () => void;
  #lookedAtMs: number;
  #heardAtMs: number;
  /** since the last sign of life, or since the question */
  #silentMs = 0;
  #isAsked = false;

  /**
   * @param ask - sends the peer a message that it must answer
   * @param nowMs - of the monotonic clock
   */
  constructor(link: Pick<Link, "takeSign" | "isReading" | "unreadBytes">, ask: () => void, nowMs: number) {
    this.#link = link;
    this.#ask = ask;
    this.#lookedAtMs = nowMs;
    this.#heardAtMs = nowMs;
    // What was heard up to now is no sign of later.
    link.takeSign();
  }

  /** When the last look found a sign of life, in milliseconds of the monotonic clock. */
  get heardAtMs(): number {
    return this.#heardAtMs;
  }

  /**
   * Looks for signs of life since the last look; two looks are at most half of {@link LivenessLimits.answerMs} apart.
   *
   * @param nowMs - of the monotonic clock
   * @returns false where the peer is dead
   */
  look(nowMs: number, { silentMs, answerMs }: LivenessLimits): boolean {
    const passedMs = Math.min(nowMs - this.#lookedAtMs, LOOK_MAX_MS, answerMs * LOOK_MAX_PART);
    this.#lookedAtMs = nowMs;
    if (this.#link.takeSign()) {
      this.#heardAtMs = nowMs;
      this.#silentMs = 0;
      this.#isAsked = false;
      return true;
    }
    if (!this.#link.isReading) return true;
    this.#silentMs += passedMs;
    if (this.#isAsked) return this.#silentMs < answerMs;
    if (this.#silentMs >= silentMs) this.#askNow();
    return true;
  }

  /**
   * Looks, and asks at once if nothing was heard for so long.
   *
   * @returns whether a sign of life is waited for
   */
  probe(nowMs: number, silentMs: number): boolean {
    this.look(nowMs, { silentMs, answerMs: Number.POSITIVE_INFINITY });
    return this.#isAsked && this.#link.isReading;
  }

  #askNow(): void {
    this.#isAsked = true;
    this.#silentMs = 0;
    if (this.#link.unreadBytes === 0) this.#ask();
  }
}
