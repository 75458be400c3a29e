import { Fault } from "../../base/fault.ts";
import { REFERENCES_MAX } from "../../wire/limits.ts";

/**
 * What the other side has passed by reference and this side still holds. `T` is what the holder keeps of each.
 *
 *     take --> in use --end (released here, ended there, its call over)--> (gone)
 */
export class ImportTable<T> {
  readonly #open = new Map<number, T>();
  #lastId = 0;

  get size(): number {
    return this.#open.size;
  }

  /** Whether so many more may be in use on the connection. */
  hasRoomFor(more: number): boolean {
    return this.#open.size + more <= REFERENCES_MAX;
  }

  /** @throws {@link Fault} `protocol_error` if the number is not greater than all before it */
  take(id: number, kept: T): void {
    if (id <= this.#lastId)
      throw new Fault("protocol_error", `reference ${id} after ${this.#lastId}: numbers only grow`);
    this.#lastId = id;
    this.#open.set(id, kept);
  }

  /**
   * What an item, an end or a fault of its owner is about; nothing where it was given up here, since the two may have
   * crossed.
   *
   * @throws {@link Fault} `protocol_error` for a number that was never passed
   */
  owned(id: number): T | undefined {
    if (id > this.#lastId) throw new Fault("protocol_error", `reference ${id} was never passed`);
    return this.#open.get(id);
  }

  /** What is in use under a number of which this side knows that it was passed. */
  held(id: number): T | undefined {
    return this.#open.get(id);
  }

  /** @returns whether it was in use until now */
  end(id: number): boolean {
    return this.#open.delete(id);
  }

  all(): readonly T[] {
    return [...this.#open.values()];
  }
}
