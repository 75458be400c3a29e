import type { Io } from "./io.ts";

/** So much may wait behind a write, in bytes, before whoever makes more has to wait: one write then takes many lines. */
export const WAITING_MAX_BYTES = 64 * 1024;

/**
 * Standard output for what may be long and comes from several sides: the items of a stream, the calls of callbacks. What comes
 * while a write is under way goes out together in the next, in its order.
 *
 *     write ─▶ waiting (64 KiB, then whoever writes waits) ─▶ one write under way ─▶ standard output
 */
export class Output {
  readonly #io: Pick<Io, "write" | "signal">;
  readonly #stopped: Promise<never>;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** The write that is under way; it never rejects. */
  #current: Promise<void> | undefined;
  #failed: { readonly error: unknown } | undefined;

  constructor(io: Pick<Io, "write" | "signal">) {
    this.#io = io;
    this.#stopped = new Promise((_resolve, reject) => {
      const stop = (): void => reject(io.signal.reason);
      if (io.signal.aborted) stop();
      else io.signal.addEventListener("abort", stop, { once: true });
    });
    this.#stopped.catch(() => undefined);
  }

  /** @throws what an earlier write met, or the reason of the signal */
  async write(piece: Uint8Array | string): Promise<void> {
    const bytes = typeof piece === "string" ? Buffer.from(piece) : piece;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#begin();
    while (this.#waitingBytes > WAITING_MAX_BYTES && this.#current !== undefined) await this.#current;
    this.#check();
  }

  /** Waits until all is written. @throws as {@link write} */
  async end(): Promise<void> {
    while (this.#current !== undefined) await this.#current;
    this.#check();
  }

  #begin(): void {
    if (this.#current !== undefined || this.#failed !== undefined || this.#waiting.length === 0) return;
    const [only = new Uint8Array()] = this.#waiting;
    const bytes = this.#waiting.length === 1 ? only : Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    // Also a write that is never taken is waited for no longer than the command goes on.
    this.#current = Promise.race([this.#io.write(bytes), this.#stopped])
      .catch((error: unknown) => {
        this.#failed = { error };
        this.#waiting = [];
        this.#waitingBytes = 0;
      })
      .then(() => {
        this.#current = undefined;
        this.#begin();
      });
  }

  #check(): void {
    if (this.#failed !== undefined) throw this.#failed.error;
  }
}
