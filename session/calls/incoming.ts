import { Fault } from "../../base/fault.ts";
import { CALL_COST_IN_FLIGHT_MAX, CALLS_IN_FLIGHT_MAX, NESTED_CALLS_MAX } from "../../wire/limits.ts";

/** What a call runs in: one of the slots, or one of those kept for calls that are made because of a call that runs. */
export type SlotKind = "own" | "nested";

/** A call that the other side made. */
interface Call {
  /** what it is charged, in bytes */
  cost: number;
  /** The caller has its answer, or does not want one; the work may go on. */
  answered: boolean;
  /** nothing as long as it waits for one */
  slot: SlotKind | undefined;
}

/** A call whose work has ended. */
export type EndedCall = Pick<Call, "cost" | "slot">;

/**
 * The calls that the other side has made on one connection.
 *
 *     (new id) --begin--> waiting --takeSlot--> working --answer, cancel--> answered --end--> (gone)
 *                            +--------------------+-----end, which is an answer too---------> (gone)
 *
 * A slot is free when the work has ended, not when the caller has its answer: else a caller that calls and
 * cancels in a loop has work without bound done for it.
 */
export class IncomingCalls {
  readonly #max: Readonly<Record<SlotKind, number>>;
  readonly #calls = new Map<number, Call>();
  readonly #taken: Record<SlotKind, number> = { own: 0, nested: 0 };
  #lastId = 0;
  #cost = 0;

  /** @param max - slots of each kind */
  constructor(max: Partial<Record<SlotKind, number>> = {}) {
    this.#max = { own: CALLS_IN_FLIGHT_MAX, nested: NESTED_CALLS_MAX, ...max };
  }

  /** Calls that have not ended: those that wait, too. */
  get size(): number {
    return this.#calls.size;
  }

  /**
   * Takes a call in, without a slot. What it returns is the answer to a call that is not taken in.
   *
   * @param cost - of the call with its message, in bytes
   * @throws {@link Fault} `protocol_error` if the id is not greater than all before it
   */
  begin(id: number, cost: number): Fault | undefined {
    if (id <= this.#lastId) {
      throw new Fault("protocol_error", `id ${id} after ${this.#lastId}: ids only grow`);
    }
    this.#lastId = id;
    if (this.#cost + cost > CALL_COST_IN_FLIGHT_MAX) {
      return exhausted(`calls of this connection cost ${this.#cost} bytes, this one ${cost}`);
    }
    this.#cost += cost;
    this.#calls.set(id, { cost, answered: false, slot: undefined });
    return undefined;
  }

  /** Whether there is a slot. */
  hasSlot(kind: SlotKind): boolean {
    return this.#taken[kind] < this.#max[kind];
  }

  /** Gives a call the slot in which it runs. @returns false where there is none */
  takeSlot(id: number, kind: SlotKind): boolean {
    const call = this.#calls.get(id);
    if (call === undefined) throw new Error(`a slot for call ${id}, which is over`);
    if (!this.hasSlot(kind)) return false;
    call.slot = kind;
    this.#taken[kind]++;
    return true;
  }

  /** The slot of a call, if it has one. */
  slotOf(id: number): SlotKind | undefined {
    return this.#calls.get(id)?.slot;
  }

  /** A call takes more than was known when it came: it is charged for that too until its work has ended. */
  charge(id: number, cost: number): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    call.cost += cost;
    this.#cost += cost;
  }

  /** Whether so many bytes more would be within the bounds of the connection. */
  hasRoomFor(cost: number): boolean {
    return this.#cost + cost <= CALL_COST_IN_FLIGHT_MAX;
  }

  /** Whether the caller still wants the answer; from now on it has it. Asked before each answer is sent. */
  answer(id: number): boolean {
    const call = this.#calls.get(id);
    if (call === undefined || call.answered) return false;
    call.answered = true;
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
    return this.#calls.get(id)?.answered === false;
  }

  /** Whether its answer is still to come. */
  isWaiting(id: number): boolean {
    return this.#calls.get(id)?.answered === false;
  }

  /** The work of the call has ended: its slot is free. @returns what it had; nothing if it was over already */
  end(id: number): EndedCall | undefined {
    const call = this.#calls.get(id);
    if (call === undefined) return undefined;
    this.#calls.delete(id);
    this.#cost -= call.cost;
    if (call.slot !== undefined) this.#taken[call.slot]--;
    return call;
  }
}

function exhausted(detail: string): Fault {
  return new Fault("resource_exhausted", detail, {
    origin: "limit",
    outcome: "not_started",
    retry: { ok: true },
  });
}
