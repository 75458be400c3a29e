import type { ScheduledWork, Scheduler } from "./scheduler.ts";
import type { TimeAccounts } from "./time-accounts.ts";

/**
 * What is done for one client outside of its frames: to encode the results of its calls, and the items of its streams. Where its
 * principal has used the time that it has in advance, others have their turn first.
 *
 *     run ──(credit, and nothing waits)──▶ done at once
 *      └──(else)──▶ waits ──(its connection has its turn)──▶ done, until the turn is over
 */
export class InTurn {
  readonly #times: TimeAccounts;
  readonly #scheduler: Scheduler;
  readonly #work: ScheduledWork;
  readonly #waiting: (() => void)[] = [];

  /** @param work - has its turn when something waits */
  constructor(
    { times, scheduler }: { readonly times: TimeAccounts; readonly scheduler: Scheduler },
    work: ScheduledWork,
  ) {
    this.#times = times;
    this.#scheduler = scheduler;
    this.#work = work;
  }

  /** How much waits. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Whether what comes now would have to wait. */
  get isBehind(): boolean {
    return this.#waiting.length > 0 || this.#scheduler.isBehind(this.#work.account);
  }

  /** Does something for the client now. */
  charged<T>(run: () => T): T {
    const before = this.#times.to(this.#work.account);
    try {
      return run();
    } finally {
      this.#times.to(before);
    }
  }

  /** Does something for the client, now or in its turn. @returns what came of it, or a promise of that where it has to wait */
  run<T>(run: () => T): T | Promise<T> {
    if (!this.isBehind) return this.charged(run);
    this.#scheduler.queue(this.#work);
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(this.charged(run));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** Does what waits, until the turn is over. */
  work(): void {
    while (this.#waiting.length > 0 && !this.#scheduler.isOver()) this.#waiting.shift()?.();
  }

  /** Does all that waits: nobody is there any longer to whom it could be sent, so it costs nothing. */
  clear(): void {
    for (const done of this.#waiting.splice(0)) done();
  }
}
