import type { Fault } from "../base/fault.ts";
import type { Asked, Gate, Permitted } from "./gate.ts";

/** A call that waits to be decided. */
export interface Waiting extends Asked {
  /** Whether the caller still wants it; asked just before it is decided. */
  wanted(): boolean;
  decided(answer: Permitted | Fault): void;
  /** Something that cannot be was thrown: it ends the connections concerned, and no other. */
  failed(error: unknown): void;
}

/**
 * Gathers the calls that were read, over all connections: they are decided together and recorded in one write
 * before any of them runs.
 *
 *     turn of the event loop:  | read A | decide A | read B | read C | … | decide B, C, … | next turn
 *
 * What was read first in a turn is decided when its bytes are at their end: whoever calls alone does not wait for
 * others. What comes after it in the same turn is decided together at the turn's end. So there are two writes a
 * turn, however many connections there are.
 */
export class Turn {
  readonly #gate: Gate;
  #waiting: Waiting[] = [];
  #isScheduled = false;
  /** Whether something was decided since the event loop last went round. */
  #hasBegun = false;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  add(waiting: Waiting): void {
    this.#waiting.push(waiting);
    // Once a turn: it is the turn's end as well as the mark that a new one begins.
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#hasBegun = false;
      this.#decide();
    });
  }

  /** What one connection had sent is read: if it is the first of this turn, its calls wait for no others. */
  read(): void {
    if (this.#hasBegun || this.#waiting.length === 0) return;
    this.#hasBegun = true;
    this.#decide();
  }

  #decide(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting.filter((one) => one.wanted());
    this.#waiting = [];
    if (waiting.length === 0) return;
    let answers: readonly (Permitted | Fault)[];
    try {
      answers = this.#gate.pass(waiting);
    } catch (error) {
      for (const one of waiting) one.failed(error);
      return;
    }
    waiting.forEach((one, i) => {
      try {
        const answer = answers[i];
        if (answer === undefined) throw new Error("the gate gave fewer answers than it was asked for");
        one.decided(answer);
      } catch (error) {
        one.failed(error);
      }
    });
  }
}
