import type { PublicKey } from "../base/ed25519.ts";
import { VERIFICATIONS_WAITING_MAX } from "../wire/limits.ts";

/** As many at once as keep two cores busy; the other threads of the pool stay free for the handlers' files. */
const AT_ONCE = 2;

/** Where signatures wait to be verified, off the event loop. It is bounded: each entry holds a connection. */
export class VerifyQueue {
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** Whether too many wait already. */
  get isFull(): boolean {
    return this.#waiting.length >= VERIFICATIONS_WAITING_MAX;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Verified, oldest first; `undefined` where too many wait already. */
  verify(key: PublicKey, message: Uint8Array, signature: Uint8Array): Promise<boolean> | undefined {
    if (this.isFull) return undefined;
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        this.#running++;
        key
          .verify(message, signature)
          .finally(() => {
            this.#running--;
            this.#next();
          })
          .then(resolve, reject);
      });
      this.#next();
    });
  }

  #next(): void {
    if (this.#running < AT_ONCE) this.#waiting.shift()?.();
  }
}
