import { Fault } from "../../base/fault.ts";
import { PIPELINED_MAX } from "../../wire/limits.ts";

/** A call that waits for the answer of another. */
interface PipelinedCall<T> {
  readonly id: number;
  readonly kept: T;
}

/**
 * Calls on what another call will return, before it has: they wait for its answer. `T` is what the owner keeps of each.
 *
 *     7 = open()    8 = next() on 7    9 = more() on 8         7 ◀── 8 ◀── 9: both hang on 7, the one without its answer
 */
export class PipelinedCalls<T> {
  readonly #waiting = new Map<number, PipelinedCall<T>[]>();
  /** What each waiting call hangs on. */
  readonly #on = new Map<number, number>();

  /** How many wait: a test counts what is left. */
  get size(): number {
    return this.#on.size;
  }

  /**
   * @param on - a call that is not answered
   * @returns the answer where too many hang there already
   */
  add(id: number, on: number, kept: T): Fault | undefined {
    let root = on;
    for (let above = this.#on.get(root); above !== undefined; above = this.#on.get(root)) root = above;
    if (this.#below(root) >= PIPELINED_MAX)
      return new Fault(
        "resource_exhausted",
        `${PIPELINED_MAX} calls hang on call ${root}, which is not answered`,
        {
          origin: "limit",
          outcome: "not_started",
          retry: { ok: true },
        },
      );
    this.#on.set(id, on);
    const others = this.#waiting.get(on);
    if (others === undefined) this.#waiting.set(on, [{ id, kept }]);
    else others.push({ id, kept });
    return undefined;
  }

  /** Those that hung on the call itself, which is answered; what hangs on those goes on hanging. */
  answered(id: number): readonly T[] {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return [];
    this.#waiting.delete(id);
    for (const one of waiting) this.#on.delete(one.id);
    return waiting.map(({ kept }) => kept);
  }

  /** How many hang on a call, directly or through others: no more than the bound, so the walk is short. */
  #below(id: number): number {
    let count = 0;
    for (const one of this.#waiting.get(id) ?? []) count += 1 + this.#below(one.id);
    return count;
  }
}
