import type { Fault } from "../base/fault.ts";
import type { Asked, Gate, Permitted } from "./gate.ts";

/** A call that waits for the end of the turn. */
interface Waiting {
  readonly asked: Asked;
  /** Whether the caller still wants it; asked just before it is decided. */
  wanted(): boolean;
  decided(answer: Permitted | Fault): void;
  /** Something that cannot be was thrown: it ends the connections concerned, and no other. */
  failed(error: unknown): void;
}

/**
 * Gathers the calls that were read in one turn of the event loop, over all connections: they are decided
 * together and recorded in one write before any of them runs.
 */
export class Turn {
  readonly #gate: Gate;
  #waiting: Waiting[] = [];
  #scheduled = false;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  add(waiting: Waiting): void {
    this.#waiting.push(waiting);
    // After the sockets that are ready have been read, before anything else.
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#end());
  }

  #end(): void {
    this.#scheduled = false;
    const waiting = this.#waiting.filter((one) => one.wanted());
    this.#waiting = [];
    if (waiting.length === 0) return;
    let answers: readonly (Permitted | Fault)[];
    try {
      answers = this.#gate.pass(waiting.map(({ asked }) => asked));
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
