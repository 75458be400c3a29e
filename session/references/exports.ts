import { Fault } from "../../base/fault.ts";
import { REFERENCES_MAX } from "../../wire/limits.ts";

/**
 * What this side has passed to the other by reference and still answers for. `T` is what the owner keeps of each.
 *
 *     pass --> in use --end (released, idle, refused, its call over)--> (gone)
 *
 * Each passing has a number of its own, and no number is used twice: whoever still uses one that has ended finds nothing.
 */
export class ExportTable<T> {
  readonly #open = new Map<number, T>();
  #lastId = 0;

  get size(): number {
    return this.#open.size;
  }

  /** Whether so many more may be in use on the connection. */
  hasRoomFor(more: number): boolean {
    return this.#open.size + more <= REFERENCES_MAX;
  }

  /** @returns its number, for the other side */
  pass(make: (id: number) => T): T {
    this.#lastId++;
    const kept = make(this.#lastId);
    this.#open.set(this.#lastId, kept);
    return kept;
  }

  /** What a call names: nothing, in one and the same way, for one that has ended, was never passed, or cannot be. */
  get(id: number): T | undefined {
    return this.#open.get(id);
  }

  /**
   * What a release or a credit names; nothing where it has ended, since the two may have crossed.
   *
   * @throws {@link Fault} `protocol_error` for a number that was never given
   */
  held(id: number): T | undefined {
    if (id > this.#lastId) throw new Fault("protocol_error", `reference ${id} was never passed`);
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
