import { setImmediate } from "node:timers/promises";
import { Fault } from "../../base/fault.ts";
import { STREAM_ITEM_BYTES, STREAM_WINDOW_BYTES } from "../../wire/limits.ts";

/** Where a stream goes. */
export interface StreamOutput {
  /** Sends an item, now or when it is its turn. @returns the bytes of its message @throws Fault if it has no form on the wire */
  item(item: unknown): number | Promise<number>;
  /** Whether the other side leaves so much unread that nothing more should be made for it. */
  isChoked(): boolean;
  /** The last call: the items are at their end, or `error` says why they are cut off. Nothing else was sent of it. */
  ended(error?: unknown): void;
  /** The items were given up before any was taken: whoever has to let go of what stands behind them does it here. */
  unread?(): unknown;
}

/** So many items are taken before others have their turn: an iterator that has all of them at hand would never let go. */
const TURN_ITEMS = 256;

type AnyIterable = AsyncIterable<unknown> | Iterable<unknown>;
type AnyIterator = AsyncIterator<unknown> | Iterator<unknown>;

/** Whether something can be passed as a stream: what is data, a text or a row of bytes, is none. */
export function isStreamable(value: unknown): value is AnyIterable {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return false;
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}

export function iteratorOf(items: AnyIterable): AnyIterator {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}

/**
 * The producing end of a stream: takes items out of an iterator as long as the reader has given credit for them.
 *
 *     waiting --credit--> running --credit used up, choked--> waiting
 *         +--- end of the items, an error, stop --> ended
 *
 * The credit counts the bytes of messages, and some for each. One byte of it is enough to begin an item, so it may fall
 * below zero.
 */
export class StreamSource {
  readonly #output: StreamOutput;
  readonly #open: () => AnyIterator;
  #iterator: AnyIterator | undefined;
  #credit = 0;
  #state: "waiting" | "running" | "ended" = "waiting";
  #finish: () => void = () => undefined;
  /** Items that were sent: what is asked of a source that nobody reads. */
  items = 0;
  /** Settles when the iterator has let go of what it held; never rejects. */
  readonly finished: Promise<void> = new Promise((resolve) => {
    this.#finish = resolve;
  });

  constructor(items: AnyIterable, output: StreamOutput) {
    this.#output = output;
    this.#open = () => iteratorOf(items);
  }

  /** Whether it waits for its reader, and not for its own items. */
  get isBlocked(): boolean {
    return this.#state !== "running";
  }

  /**
   * The reader has room for so many bytes more.
   *
   * @throws {@link Fault} `protocol_error` beyond the window
   */
  credit(bytes: number): void {
    if (this.#state === "ended") return;
    if (this.#credit + bytes > STREAM_WINDOW_BYTES)
      throw new Fault("protocol_error", `credit of more than the window of ${STREAM_WINDOW_BYTES} bytes`);
    this.#credit += bytes;
    this.flow();
  }

  /** Goes on, if nothing speaks against it: also when the other side reads again. */
  flow(): void {
    if (this.#state !== "waiting" || this.#credit <= 0 || this.#output.isChoked()) return;
    this.#state = "running";
    this.#run()
      .catch((error: unknown) => {
        this.#end(error, true);
        this.#finish();
      })
      .finally(() => {
        if (this.#state === "running") this.#state = "waiting";
        // Credit may have come after the last look at it.
        this.flow();
      });
  }

  /** Gives the items up: the iterator is told, so that what it holds is let go. Twice is once. @param error - for the reader */
  stop(error?: unknown): void {
    if (this.#state === "ended") return;
    const iterator = this.#iterator;
    this.#end(error, false);
    // One that is at work hears of it when it has its next item. What it throws then is for nobody.
    Promise.resolve()
      .then(() => (iterator === undefined ? this.#output.unread?.() : iterator.return?.()))
      .catch(() => undefined)
      .finally(this.#finish);
  }

  async #run(): Promise<void> {
    this.#iterator ??= this.#open();
    while (this.#credit > 0 && !this.#output.isChoked()) {
      const next = await this.#iterator.next();
      if (this.#isOver()) return;
      if (next.done === true) {
        this.#end(undefined, false);
        this.#finish();
        return;
      }
      try {
        const sent = this.#output.item(next.value);
        this.#credit -= (typeof sent === "number" ? sent : await sent) + STREAM_ITEM_BYTES;
      } catch (error) {
        // What has no form on the wire ends the stream; the iterator is told.
        this.stop(error);
        return;
      }
      this.items++;
      if (this.items % TURN_ITEMS === 0) await setImmediate();
      if (this.#isOver()) return;
    }
  }

  /** It may have ended during any await. */
  #isOver(): boolean {
    return this.#state === "ended";
  }

  #end(error: unknown, threw: boolean): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#output.ended(threw ? (error ?? new Error("the items broke off without a reason")) : error);
  }
}
