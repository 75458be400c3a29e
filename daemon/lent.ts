import type { Fault } from "../base/fault.ts";
import type { LiveReference } from "../base/live-reference.ts";
import type { LiveObject } from "../service/declared.ts";
import type { StreamSource } from "../session/stream-source.ts";
import type { Called } from "./session.ts";

/** The call that has returned something. */
interface Giver {
  readonly message: Called;
  readonly row: { readonly entry: { readonly name: string } };
  /** Whether the rules of this moment would still admit it. */
  isStillAllowed(nowMs: number): boolean;
}

/** What is behind a reference that this daemon has passed to a client. */
export type LentThing =
  | { readonly kind: "callback" | "object"; readonly object: LiveObject }
  | { readonly kind: "stream"; readonly source: StreamSource };

/**
 * Something of this daemon's that a client holds: what a call has returned.
 *
 *     in use --release, idle, refused by the rules of the moment, end of the connection--> ended --(calls on it ended)--> disposed
 */
export class Lent {
  readonly id: number;
  readonly thing: LentThing;
  /** the call that returned it: as long as the rules admit that one, it may be used */
  readonly permitted: Giver;
  #usedMs: number;
  #items = 0;
  #running = 0;
  #hasEnded = false;
  readonly #dispose: () => void;

  /** @param dispose - called once, when it is in use no longer and nothing runs on it */
  constructor(id: number, thing: LentThing, permitted: Giver, nowMs: number, dispose: () => void) {
    this.id = id;
    this.thing = thing;
    this.permitted = permitted;
    this.#usedMs = nowMs;
    this.#dispose = dispose;
  }

  /** The id of the call that has returned it. */
  get call(): number {
    return this.permitted.message.id;
  }

  get kind(): LiveReference["kind"] {
    return this.thing.kind;
  }

  /**
   * For how long nobody has used it, in milliseconds. A stream is used when an item is taken: its reader's credit alone is
   * no use, and while it waits for its own items it is nobody's fault.
   */
  idleMs(nowMs: number): number {
    const isBusy =
      this.#running > 0 ||
      (this.thing.kind === "stream" &&
        (this.thing.source.items !== this.#items || !this.thing.source.isBlocked));
    if (this.thing.kind === "stream") this.#items = this.thing.source.items;
    if (isBusy) this.#usedMs = nowMs;
    return nowMs - this.#usedMs;
  }

  began(): void {
    this.#running++;
  }

  done(nowMs: number): void {
    this.#usedMs = nowMs;
    this.#running--;
    this.#settle();
  }

  /** In use no longer. @param fault - for whoever reads it, where it is a stream that is cut off */
  end(fault?: Fault): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    if (this.thing.kind === "stream") this.thing.source.stop(fault);
    this.#settle();
  }

  #settle(): void {
    if (this.#hasEnded && this.#running === 0) this.#dispose();
  }
}
