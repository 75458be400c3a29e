import { Fault } from "../../base/fault.ts";
import { QUEUED_ITEM_COST, STREAM_ITEM_BYTES, STREAM_WINDOW_BYTES } from "../../wire/limits.ts";
import { COPY_COST, type Packed } from "../../wire/packed.ts";

/** What the reading end of a stream needs of its connection. */
export interface StreamInput {
  credit(bytes: number): void;
  /** The stream is not wanted any more: its owner is told. */
  release(): void;
  /** Called once, with whatever ended it here or there. */
  ended(): void;
  /** Charges an item that waits to be read, in bytes of cost. @returns false where there is no room for it */
  holds(cost: number): boolean;
  /** Items wait no longer. */
  gives(cost: number): void;
  /** What the reader is told where there was no room. */
  noRoom(cost: number): unknown;
  /** What the reader gets for an item. @throws whatever ends the stream */
  read(item: unknown, bytes: number): unknown;
}

/** An item that waits, as whichever takes less memory: as its bytes, or decoded. */
interface Queued {
  readonly item: Packed | undefined;
  readonly value: unknown;
  /** of its message */
  readonly bytes: number;
  /** what it is charged */
  readonly cost: number;
}

interface Waiting {
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * - `idle`: nothing was asked for, so the owner has no credit
 * - `open`: the owner may send what it has credit for
 * - `ending`: the owner has sent all, or it was cut off: the reader gets what waits, then `failure`
 * - `done`: the reader knows the end, or has enough; a failure that it was not told is told to whoever reads on
 */
type ReaderPhase =
  | { readonly kind: "idle" | "open" }
  | { readonly kind: "ending" | "done"; readonly failure: { readonly error: unknown } | undefined };

const DONE: IteratorResult<unknown, undefined> = Object.freeze({ done: true, value: undefined });

/** Credit is given back when so much of the window was read: a message for each item would double the messages. */
const CREDIT_BYTES = STREAM_WINDOW_BYTES / 2;

/**
 * The reading end of a stream, to be read once. Nothing is asked for before the first {@link next}; from then on its owner
 * may send a window ahead.
 *
 *     idle --next--> open --end--> ending --(the last item was read)--> done
 *                      +---fault, return, abort---------------------------^
 */
export class StreamReader implements AsyncIterableIterator<unknown, undefined> {
  readonly #input: StreamInput;
  #queue: Queued[] = [];
  /** of what waits */
  #queuedCost = 0;
  /** Those in front of it were read: taking the first of a hundred thousand out of a list moves all others. */
  #head = 0;
  readonly #waiting: Waiting[] = [];
  /** What the owner may still send, in bytes; an item may take it below zero. */
  #credit = 0;
  #read = 0;
  #phase: ReaderPhase = { kind: "idle" };
  /** Whether {@link StreamInput.ended} was called. */
  #hasEnded = false;

  constructor(input: StreamInput) {
    this.#input = input;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Whether items are still taken in: those that cross its end on their way are nobody's. */
  get isOpen(): boolean {
    return this.#phase.kind === "idle" || this.#phase.kind === "open";
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.#phase.kind === "idle") {
      this.#phase = { kind: "open" };
      this.#give(STREAM_WINDOW_BYTES);
    }
    const first = this.#shift();
    if (first !== undefined) {
      const { item, value, bytes } = first;
      return this.#take(item === undefined ? value : item.decode(), bytes);
    }
    if (!this.isOpen) return this.#last();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** The reader has enough: the owner is told to stop. */
  return(): Promise<IteratorResult<unknown, undefined>> {
    if (this.isOpen) this.#input.release();
    this.#finish();
    return Promise.resolve(DONE);
  }

  [Symbol.dispose](): void {
    void this.return();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.return().then(() => undefined);
  }

  /**
   * An item of its owner. Where there is no room for it the stream ends.
   *
   * @param bytes - of its message
   * @throws {@link Fault} `protocol_error` if the owner had no credit for it
   */
  push(item: Packed, bytes: number): void {
    if (!this.isOpen) return;
    if (this.#credit <= 0) throw new Fault("protocol_error", "an item of a stream without credit");
    this.#credit -= bytes + STREAM_ITEM_BYTES;
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#enqueue(item, bytes);
    else this.#take(item.decode(), bytes).then(waiting.resolve, waiting.reject);
  }

  #enqueue(item: Packed, bytes: number): void {
    const packedCost = COPY_COST + item.length;
    const isPacked = packedCost < item.cost;
    const cost = QUEUED_ITEM_COST + (isPacked ? packedCost : item.cost);
    if (!this.#input.holds(cost)) {
      this.abort(this.#input.noRoom(cost));
      return;
    }
    this.#queuedCost += cost;
    if (isPacked) item.keep();
    this.#queue.push(
      isPacked
        ? { item, value: undefined, bytes, cost }
        : { item: undefined, value: item.decode(), bytes, cost },
    );
  }

  /** The owner has sent all. @param error - why it is cut off, where it is: the reader gets the items first */
  end(error?: unknown): void {
    if (!this.isOpen) return;
    this.#phase = { kind: "ending", failure: error === undefined ? undefined : { error } };
    if (this.#queue.length > this.#head) return;
    for (const waiting of this.#waiting.splice(0)) this.#last().then(waiting.resolve, waiting.reject);
  }

  /** Ends it at once, with this error for whoever reads; what has come and was not read is lost. */
  abort(error: unknown): void {
    if (this.#phase.kind === "done") return;
    if (this.isOpen) this.#input.release();
    this.#clear();
    this.#phase = { kind: "ending", failure: { error } };
    for (const waiting of this.#waiting.splice(0)) this.#last().then(waiting.resolve, waiting.reject);
    // Whoever asks next is told, and nobody else waits.
    this.#tellEnded();
  }

  #shift(): Queued | undefined {
    const first = this.#queue[this.#head];
    if (first === undefined) return undefined;
    this.#head++;
    this.#queuedCost -= first.cost;
    this.#input.gives(first.cost);
    if (2 * this.#head > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }

  #clear(): void {
    this.#queue = [];
    this.#head = 0;
    this.#input.gives(this.#queuedCost);
    this.#queuedCost = 0;
  }

  #take(item: unknown, bytes: number): Promise<IteratorResult<unknown, undefined>> {
    let value: unknown;
    try {
      value = this.#input.read(item, bytes);
    } catch (error) {
      this.abort(error);
      return this.#last();
    }
    this.#read += bytes + STREAM_ITEM_BYTES;
    if (this.#read >= CREDIT_BYTES && this.isOpen) {
      this.#give(this.#read);
      this.#read = 0;
    }
    // An item that has to be looked at for a while comes as a promise.
    if (value instanceof Promise) return value.then((given: unknown) => ({ done: false, value: given }));
    return Promise.resolve({ done: false, value });
  }

  #give(bytes: number): void {
    this.#credit += bytes;
    this.#input.credit(bytes);
  }

  get #failure(): { readonly error: unknown } | undefined {
    const phase = this.#phase;
    return phase.kind === "ending" || phase.kind === "done" ? phase.failure : undefined;
  }

  /** The error is told once; after it the stream is done. */
  #last(): Promise<IteratorResult<unknown, undefined>> {
    const failure = this.#failure;
    this.#finish();
    this.#phase = { kind: "done", failure: undefined };
    return failure === undefined ? Promise.resolve(DONE) : Promise.reject(failure.error);
  }

  #tellEnded(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#input.ended();
  }

  #finish(): void {
    if (this.#phase.kind === "done") return;
    this.#phase = { kind: "done", failure: this.#failure };
    this.#clear();
    for (const waiting of this.#waiting.splice(0)) waiting.resolve(DONE);
    this.#tellEnded();
  }
}
