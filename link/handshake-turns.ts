/**
 * The time of one turn of the event loop that goes to handshakes and logins under TLS, of all peers together, in milliseconds. A handshake
 * takes one to five, and nothing interrupts it: where many come at once, each turn has one of them.
 */
const TURN_MS = 1;

/**
 * Spreads handshakes over turns of the event loop:
 *
 *     64 ClientHellos in one turn ─▶ the first ─▶ (others have their turn) ─▶ the second ─▶ …
 */
export class HandshakeTurns {
  readonly #nowMs: () => number;
  /** In the order in which they came. */
  readonly #waiting = new Set<() => void>();
  #usedMs = 0;
  #isAwaited = false;

  /** @param nowMs - of a monotonic clock */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** How many wait: a test counts what is left. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether a handshake may go on now. Where it may not, it has to wait. */
  get isFree(): boolean {
    return this.#waiting.size === 0 && this.#usedMs < TURN_MS;
  }

  /** Runs a part of a handshake, and counts its time. */
  run(part: () => void): void {
    const beganMs = this.#nowMs();
    part();
    this.#usedMs += this.#nowMs() - beganMs;
    this.#awaitTurn();
  }

  /** Calls a function once, in a turn that has time for it. */
  wait(goOn: () => void): void {
    this.#waiting.add(goOn);
    this.#awaitTurn();
  }

  /** The connection is gone. */
  forget(goOn: () => void): void {
    this.#waiting.delete(goOn);
  }

  #awaitTurn(): void {
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    setImmediate(() => {
      this.#isAwaited = false;
      this.#usedMs = 0;
      for (const goOn of this.#waiting) {
        this.#waiting.delete(goOn);
        goOn();
        if (this.#usedMs >= TURN_MS) break;
      }
      if (this.#waiting.size > 0) this.#awaitTurn();
    });
  }
}
