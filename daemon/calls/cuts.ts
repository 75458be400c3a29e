import type { Link } from "../../link/link.ts";
import type { Turn } from "../gate/turn.ts";

/** Messages that cut something off, of one connection, before the next one's turn: each waits until all before it is settled. */
const CUTS_IN_TURN_MAX = 8;

/** The calls of the connection. */
interface CutCalls {
  /** Whether nothing waits for its turn. */
  readonly isSettled: boolean;
  readonly isLost: boolean;
  /** Has the connection have its turn; {@link Cuts.settled} follows once nothing waits for it. */
  wake(): void;
  failed(error: unknown): void;
}

/**
 * Messages that cut something off: cancels, and the ends of references.
 *
 *     | call 1 | call 2 | cancel 1 | call 3 |      the link is paused at the cancel, until 1 and 2 have had their chance
 *
 * Such a message takes effect when all that was sent before it has had its chance: a call that can be answered at once is answered.
 * What was sent behind it waits for that. So it does not matter which of them came together.
 */
export class Cuts {
  readonly #link: Link;
  readonly #turn: Turn;
  readonly #calls: CutCalls;
  #inTurn = 0;
  /** What waits until all that was sent before it has had its chance. */
  #waiting: (() => void) | undefined;

  constructor(link: Link, turn: Turn, calls: CutCalls) {
    this.#link = link;
    this.#turn = turn;
    this.#calls = calls;
  }

  /** Lets a message take effect in its order. */
  add(takeEffect: () => void): void {
    this.#link.pause();
    this.#whenSettled(() => {
      if (this.#calls.isLost) return;
      try {
        takeEffect();
      } catch (error) {
        this.#calls.failed(error);
      }
      // Each of them is a batch of its own: after some the other connections have their turn.
      this.#inTurn++;
      if (this.#inTurn < CUTS_IN_TURN_MAX) return this.#link.resume();
      this.#inTurn = 0;
      setImmediate(() => this.#link.resume());
    });
  }

  /** Nothing waits for its turn. */
  settled(): void {
    const next = this.#waiting;
    this.#waiting = undefined;
    next?.();
  }

  /** The connection is gone. */
  clear(): void {
    this.#waiting = undefined;
  }

  /** Runs a function once all calls that were read, and can be answered at once, are answered. */
  #whenSettled(run: () => void): void {
    this.#turn.whenSettled(() => {
      if (this.#calls.isSettled) return run();
      // Some of them wait for their turn. The link is paused, so there is one who asks.
      this.#waiting = () => this.#whenSettled(run);
      this.#calls.wake();
    });
  }
}
