import { Fault } from "../../base/fault.ts";
import { REFERENCES_MAX } from "../../wire/limits.ts";

/** The references of one direction on a connection: those in use, by their numbers. `T` is what this side keeps of each. */
export class ReferenceTable<T> {
  readonly #open = new Map<number, T>();
  #lastId = 0;

  get size(): number {
    return this.#open.size;
  }

  /** The number that was given last; 0 before the first. */
  protected get lastId(): number {
    return this.#lastId;
  }

  /** Whether so many more may be in use on the connection. */
  hasRoomFor(more: number): boolean {
    return this.#open.size + more <= REFERENCES_MAX;
  }

  /** Takes the next number, also where nothing comes of it. */
  protected issue(): number {
    this.#lastId++;
    return this.#lastId;
  }

  protected add(id: number, kept: T): void {
    this.#lastId = Math.max(this.#lastId, id);
    this.#open.set(id, kept);
  }

  /** What is in use under a number; nothing for one that has ended or was never passed. */
  get(id: number): T | undefined {
    return this.#open.get(id);
  }

  /**
   * What a message of the peer is about; nothing where the reference has ended, since the two may have crossed.
   *
   * @throws {@link Fault} `protocol_error` for a number that was never passed
   */
  named(id: number): T | undefined {
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
