import type { Clock } from "../../base/clock.ts";
import type { Deadlines } from "../../link/deadlines.ts";
import type { Outbox } from "../../session/outbox.ts";
import { lateError, type RpcError } from "../errors/rpc-error.ts";

/** The pings of one connection that are not answered. */
export class Pings {
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #outbox: Outbox;
  readonly #waiting = new Map<number, (error?: RpcError) => void>();
  #last = 0;

  constructor(clock: Clock, deadlines: Deadlines, outbox: Outbox) {
    this.#clock = clock;
    this.#deadlines = deadlines;
    this.#outbox = outbox;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** How long the daemon takes to answer, in milliseconds. @throws RpcError */
  ping(timeoutMs: number): Promise<number> {
    const sentAt = this.#clock.monotonicMs();
    const number = ++this.#last;
    return new Promise((resolve, reject) => {
      const deadline = this.#deadlines.start(timeoutMs, () => {
        this.#waiting.get(number)?.(lateError(timeoutMs, "unknown"));
      });
      this.#waiting.set(number, (error) => {
        this.#waiting.delete(number);
        this.#deadlines.stop(deadline);
        if (error === undefined) resolve(this.#clock.monotonicMs() - sentAt);
        else reject(error);
      });
      this.#outbox.tell({ kind: "ping", number });
    });
  }

  answered(number: number): void {
    this.#waiting.get(number)?.();
  }

  lost(error: RpcError): void {
    for (const settle of this.#waiting.values()) settle(error);
  }
}
