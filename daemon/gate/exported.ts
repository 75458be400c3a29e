import type { Fault } from "../../base/fault.ts";
import type { LiveReference } from "../../catalogue/live-reference.ts";
import type { LiveObject } from "../../service/engine.ts";
import type { StreamSource } from "../../session/references/stream-source.ts";
import type { Called } from "../session/session.ts";

/** What is left of the call that has returned something. */
interface Giver extends Called {
  readonly entry: { readonly name: string };
  /** Whether the rules of this moment would still admit it. */
  isStillAllowed(nowMs: number): boolean;
}

/** What is behind a reference that this daemon has passed to a client. */
export type ExportedThing =
  | {
      readonly kind: "callback" | "object";
      readonly object: LiveObject;
      /** what a handler gets for it when the client gives it back */
      readonly original: object;
    }
  | { readonly kind: "stream"; readonly source: StreamSource };

/**
 * Something of this daemon's that a client holds: what a call has returned.
 *
 *     in use --release-->  released --------------------(the calls that came before have ended)--> disposed
 *        +-----idle, refused by the rules of the moment, end of the connection--> cut off --(calls have stopped)--> disposed
 */
export class Exported {
  readonly id: number;
  readonly thing: ExportedThing;
  /** the call that returned it: as long as the rules admit that one, it may be used */
  readonly giver: Giver;
  /** what it is charged until nobody can use it and nothing runs on it, in bytes */
  readonly cost: number;
  #usedMs: number;
  #items = 0;
  #running = 0;
  #state: "in use" | "released" | "cut off" = "in use";
  readonly #dispose: () => void;
  readonly #dependents = new Set<(why: Fault) => void>();

  /** @param dispose - called once, when it is in use no longer and nothing runs on it */
  constructor(
    id: number,
    thing: ExportedThing,
    { giver, cost }: Pick<Exported, "giver" | "cost">,
    nowMs: number,
    dispose: () => void,
  ) {
    this.id = id;
    this.thing = thing;
    this.giver = giver;
    this.cost = cost;
    this.#usedMs = nowMs;
    this.#dispose = dispose;
  }

  /** The id of the call that has returned it. */
  get call(): number {
    return this.giver.id;
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

  /** A call is to use it: it is not disposed of before that has ended. */
  began(): void {
    this.#running++;
  }

  done(nowMs: number): void {
    this.#usedMs = nowMs;
    this.#running--;
    this.#settle();
  }

  /** Its client has given it up: calls that were sent before that go on, and find it. */
  release(): void {
    this.#end("released");
  }

  /** In use no longer. @param fault - for whoever reads it, where it is a stream that is cut off */
  end(fault?: Fault): void {
    this.#end("cut off", fault);
    if (fault === undefined) return;
    for (const tell of this.#dependents) tell(fault);
    this.#dependents.clear();
  }

  /** Tells when it is cut off, and no longer once the returned function was called. */
  onEnd(tell: (why: Fault) => void): () => void {
    this.#dependents.add(tell);
    return () => this.#dependents.delete(tell);
  }

  /** Whether a call that came while it was in use may not run on it any longer. */
  get isCutOff(): boolean {
    return this.#state === "cut off";
  }

  #end(state: "released" | "cut off", fault?: Fault): void {
    if (this.#state !== "in use") return;
    this.#state = state;
    if (this.thing.kind === "stream") this.thing.source.stop(fault);
    this.#settle();
  }

  #settle(): void {
    if (this.#state !== "in use" && this.#running === 0) this.#dispose();
  }
}
