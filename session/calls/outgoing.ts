import { Fault } from "../../base/fault.ts";

/**
 * The calls that this side has made on one connection and that are not answered yet. `T` is what the
 * owner keeps of each.
 *
 *     issue --> open --take (answered, cancelled, late)--> (gone)
 *
 * Ids grow from 1 and are never used twice, so an answer that comes late, or twice, finds nothing.
 */
export class OutgoingCalls<T> {
  readonly #open = new Map<number, T>();
  #lastId = 0;

  get size(): number {
    return this.#open.size;
  }

  /** The id of the last call that was made. */
  get lastId(): number {
    return this.#lastId;
  }

  /** The id of a new call. It is used for that one or for none. */
  issue(): number {
    this.#lastId++;
    return this.#lastId;
  }

  /** Keeps what belongs to a call that is sent now. Calls are sent in the order of their ids. */
  open(id: number, kept: T): void {
    this.#open.set(id, kept);
  }

  /** What belongs to the call, which is open no longer; `undefined` if it was not open. */
  take(id: number): T | undefined {
    const kept = this.#open.get(id);
    this.#open.delete(id);
    return kept;
  }

  /**
   * As {@link take}, for an answer of the peer.
   *
   * @throws {@link Fault} `protocol_error` for an id that was never issued
   */
  takeAnswered(id: number): T | undefined {
    if (id > this.#lastId) throw new Fault("protocol_error", `an answer to call ${id}, which was never made`);
    return this.take(id);
  }

  /**
   * What belongs to a call that the peer names; nothing where it is answered.
   *
   * @throws {@link Fault} `protocol_error` for an id that was never issued
   */
  peek(id: number): T | undefined {
    if (id > this.#lastId) throw new Fault("protocol_error", `call ${id}, which was never made`);
    return this.#open.get(id);
  }

  /** The first that is as asked for: a walk over all that are open. */
  find(is: (kept: T) => boolean): T | undefined {
    for (const kept of this.#open.values()) if (is(kept)) return kept;
    return undefined;
  }

  /** All that are open, which none is afterwards. */
  takeAll(): readonly T[] {
    const all = [...this.#open.values()];
    this.#open.clear();
    return all;
  }
}
