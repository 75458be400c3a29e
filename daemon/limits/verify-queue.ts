import type { PublicKey } from "../../certs/ed25519.ts";
import { VERIFICATIONS_WAITING_MAX } from "../base/limits.ts";

/** As many at once as keep two cores busy; the other threads of the pool stay free for the handlers' files. */
const AT_ONCE = 2;

/** So many may wait more where they come from this host: a flood over the network keeps no operator out. */
const LOCAL_RESERVE = 32;

/** Where a signature can wait to be verified. */
export interface Verifications {
  /** Whether too many wait already. */
  readonly isFull: boolean;
  /** Verified, oldest first; `undefined` where too many wait already. */
  verify(key: PublicKey, message: Uint8Array, signature: Uint8Array): Promise<boolean> | undefined;
}

/** Where signatures wait to be verified, off the event loop. It is bounded: each entry holds a connection. */
export class VerifyQueue implements Verifications {
  /** The same for peers of this host. */
  readonly local: Verifications;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor() {
    const isLocalFull = (): boolean => this.#waiting.length >= VERIFICATIONS_WAITING_MAX + LOCAL_RESERVE;
    this.local = {
      get isFull() {
        return isLocalFull();
      },
      verify: (key, message, signature) =>
        isLocalFull() ? undefined : this.#verify(key, message, signature),
    };
  }

  get isFull(): boolean {
    return this.#waiting.length >= VERIFICATIONS_WAITING_MAX;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  verify(key: PublicKey, message: Uint8Array, signature: Uint8Array): Promise<boolean> | undefined {
    return this.isFull ? undefined : this.#verify(key, message, signature);
  }

  #verify(key: PublicKey, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
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
