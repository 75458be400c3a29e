import { Fault } from "../base/fault.ts";
import { CALL_COST_IN_FLIGHT_MAX, CALLS_IN_FLIGHT_MAX } from "../wire/limits.ts";

/** A call that the other side made. */
interface Slot {
  /** what it is charged, in bytes */
  cost: number;
  /** The caller has its answer, or does not want one; the work may go on. */
  answered: boolean;
}

/**
 * The calls that the other side has made on one connection.
 *
 *     (new id) --begin--> working --answer, cancel--> answered --end--> (gone)
 *                            +-----------end, which is an answer too--> (gone)
 *
 * A slot is free when the work has ended, not when the caller has its answer: else a caller that calls and
 * cancels in a loop has work without bound done for it.
 */
export class IncomingCalls {
  readonly #maxCalls: number;
  readonly #slots = new Map<number, Slot>();
  #lastId = 0;
  #cost = 0;

  /** @param maxCalls - whose work has not ended, at a time */
  constructor(maxCalls: number = CALLS_IN_FLIGHT_MAX) {
    this.#maxCalls = maxCalls;
  }

  /** Calls whose work has not ended. */
  get working(): number {
    return this.#slots.size;
  }

  /**
   * Takes a call in. What it returns instead of a slot is the answer to the call.
   *
   * @param cost - of the call with its message, in bytes
   * @throws {@link Fault} `protocol_error` if the id is not greater than all before it
   */
  begin(id: number, cost: number): Fault | undefined {
    if (id <= this.#lastId) {
      throw new Fault("protocol_error", `id ${id} after ${this.#lastId}: ids only grow`);
    }
    this.#lastId = id;
    if (this.#slots.size >= this.#maxCalls) {
      return exhausted(`${this.#maxCalls} calls of this connection are in flight`);
    }
    if (this.#cost + cost > CALL_COST_IN_FLIGHT_MAX) {
      return exhausted(`calls of this connection in flight cost ${this.#cost} bytes, this one ${cost}`);
    }
    this.#cost += cost;
    this.#slots.set(id, { cost, answered: false });
    return undefined;
  }

  /** A call takes more than was known when it came: it is charged for that too until its work has ended. */
  charge(id: number, cost: number): void {
    const slot = this.#slots.get(id);
    if (slot === undefined) return;
    slot.cost += cost;
    this.#cost += cost;
  }

  /** Whether so many bytes more would be within the bounds of the connection. */
  hasRoomFor(cost: number): boolean {
    return this.#cost + cost <= CALL_COST_IN_FLIGHT_MAX;
  }

  /** Whether the caller still wants the answer; from now on it has it. Asked before each answer is sent. */
  answer(id: number): boolean {
    const slot = this.#slots.get(id);
    if (slot === undefined || slot.answered) return false;
    slot.answered = true;
    return true;
  }

  /**
   * Whether a cancel of the peer means a call that is still to be answered. For one that has ended it means
   * nothing: cancel and reply may have crossed.
   *
   * @throws {@link Fault} `protocol_error` for an id that was never issued
   */
  cancels(id: number): boolean {
    if (id > this.#lastId) throw new Fault("protocol_error", `cancel of call ${id}, which was never made`);
    return this.#slots.get(id)?.answered === false;
  }

  /** Whether its answer is still to come. */
  isWaiting(id: number): boolean {
    return this.#slots.get(id)?.answered === false;
  }

  /** The work of the call has ended: its slot is free. @returns what it was charged; nothing if it was free already */
  end(id: number): number | undefined {
    const slot = this.#slots.get(id);
    if (slot === undefined) return undefined;
    this.#slots.delete(id);
    this.#cost -= slot.cost;
    return slot.cost;
  }
}

function exhausted(detail: string): Fault {
  return new Fault("resource_exhausted", detail, {
    origin: "limit",
    outcome: "not_started",
    retry: { ok: true },
  });
}
