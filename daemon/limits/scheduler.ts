import type { Clock } from "../../base/clock.ts";
import type { TimeAccount, TimeAccounts } from "./time-accounts.ts";

/**
 * How long work for one principal goes on before it asks whether others wait, in milliseconds. What is in one piece (a message, the
 * synchronous part of a handler) takes as long as it takes.
 */
const SLICE_MS = 0.25;

/** How long the scheduler works before sockets and timers have their turn, in milliseconds: a new client waits so long. */
export const ROUND_MS = 0.5;

/** What waits for the event loop: one for each connection. */
export interface ScheduledWork {
  readonly account: TimeAccount;
  /** Does a part of it, until {@link Scheduler.isOver}. @returns whether more could be done at once */
  work(): boolean;
  /** Something that cannot be was thrown in its turn: it ends this connection, and no other. */
  failed(error: unknown): void;
}

/** The work that waits for one principal, each connection once, in order. */
interface Queue {
  readonly account: TimeAccount;
  readonly works: Set<ScheduledWork>;
}

/**
 * Shares the event loop among principals by measured time.
 *
 *     bytes arrive ──(nobody waits; credit, or alone)──────────────▶ inline, at most a slice
 *          │ else                                                       │ more is left
 *          ▼                                                            ▼
 *     ┌ carol    +3.1 ms ┐          each turn of the loop, after the sockets that were ready: a slice for the principal
 *     │ mallory −12.0 ms │    ──▶   with the most credit, then again, for one round; then sockets and timers
 *     └ trudy   −12.4 ms ┘
 *
 * A principal that uses little has the most credit, so it waits for one round of the others at the most. Those that would use the
 * whole loop are in debt, and have equal parts of it. Within a principal its connections take turns.
 */
export class Scheduler {
  readonly #clock: Clock;
  readonly #times: TimeAccounts;
  readonly #queues = new Map<TimeAccount, Queue>();
  #untilMs = Number.NEGATIVE_INFINITY;
  #isScheduled = false;

  constructor(clock: Clock, times: TimeAccounts) {
    this.#clock = clock;
    this.#times = times;
  }

  /** How many principals have work that waits: a test counts what is left. */
  get waiting(): number {
    return this.#queues.size;
  }

  /**
   * Begins work without waiting for a turn.
   *
   * @returns false where others wait, or the principal has no credit and is not alone: the work has to be queued
   */
  begin(account: TimeAccount): boolean {
    if (this.#queues.size > 0) return false;
    if (!this.#times.hasCredit(account) && !this.#times.isAlone(account)) return false;
    this.beginSlice();
    return true;
  }

  /** Whether others come before the principal. */
  isBehind(account: TimeAccount): boolean {
    return !this.#times.hasCredit(account);
  }

  /** From now on a slice is over when its time is. */
  beginSlice(ms = SLICE_MS): void {
    this.#untilMs = this.#clock.monotonicMs() + ms;
  }

  /** Whether the slice that is under way is over. */
  isOver(): boolean {
    return this.#clock.monotonicMs() >= this.#untilMs;
  }

  /** The work has its turn; asking twice is asking once. */
  queue(work: ScheduledWork): void {
    const { account } = work;
    let queue = this.#queues.get(account);
    if (queue === undefined) {
      queue = { account, works: new Set() };
      this.#queues.set(account, queue);
    }
    queue.works.add(work);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#round());
  }

  #round(): void {
    const roundEndMs = this.#clock.monotonicMs() + ROUND_MS;
    for (let nowMs = roundEndMs - ROUND_MS; nowMs < roundEndMs; nowMs = this.#clock.monotonicMs()) {
      const next = this.#mostCredit(nowMs);
      if (next === undefined) break;
      this.#slice(next);
    }
    this.#isScheduled = this.#queues.size > 0;
    if (this.#isScheduled) setImmediate(() => this.#round());
  }

  #mostCredit(nowMs: number): Queue | undefined {
    let most: Queue | undefined;
    let mostMs = Number.NEGATIVE_INFINITY;
    for (const queue of this.#queues.values()) {
      const creditMs = queue.account.creditMs(nowMs);
      if (creditMs <= mostMs) continue;
      most = queue;
      mostMs = creditMs;
    }
    return most;
  }

  #slice(queue: Queue): void {
    const { account, works } = queue;
    const before = this.#times.to(account);
    if (this.#queues.size > 1) this.#times.wanted();
    this.beginSlice();
    do {
      const [work] = works;
      if (work === undefined) break;
      works.delete(work);
      // The other connections of the principal come before the rest of this one.
      try {
        if (work.work()) works.add(work);
      } catch (error) {
        work.failed(error);
      }
    } while (!this.isOver());
    this.#times.to(before);
    if (works.size === 0) this.#queues.delete(account);
  }
}
