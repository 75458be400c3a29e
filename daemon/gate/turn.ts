import type { Clock } from "../../base/clock.ts";
import { Fault } from "../../base/fault.ts";
import { afterPromises } from "../../session/calls/after-promises.ts";
import { CALL_COST } from "../../wire/limits.ts";
import { BATCH_COST_MAX } from "../base/limits.ts";
import { ROUND_MS, type Scheduler } from "../limits/scheduler.ts";
import type { TimeAccount, TimeAccounts } from "../limits/time-accounts.ts";
import type { Asked } from "./asked.ts";
import type { Gate, Permitted } from "./gate.ts";

/** A call that waits to be decided. */
export interface WaitingCall extends Asked {
  /** for whom the work is done */
  readonly account: TimeAccount;
  /** Whether the caller still wants it; asked just before it is decided. */
  wanted(): boolean;
  decided(answer: Permitted | Fault): void;
  /** Something that cannot be was thrown: it ends the connections concerned, and no other. */
  failed(error: unknown): void;
}

/**
 * Decisions this close to one another, in milliseconds, are made together: about what one of them, alone with its
 * write to the audit log, costs.
 */
const CLOSE_MS = 0.03;

/**
 * Gathers the calls that were read, over all connections: they are decided together and recorded in one write
 * before any of them runs.
 *
 *     | read A | decide A |              | read A | decide A |           one connection: nobody waits for others
 *     | read A | decide A | read B | read C | … | decide B, C, … |       many: the rest of a turn in one write
 */
export class Turn {
  readonly #gate: Gate;
  readonly #clock: Clock;
  readonly #times: TimeAccounts;
  readonly #scheduler: Scheduler;
  #waiting: WaitingCall[] = [];
  /** of the arguments of those that wait, in bytes */
  #cost = 0;
  #isScheduled = false;
  /** How many batches were decided. */
  #batches = 0;
  #decidedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    gate: Gate,
    clock: Clock,
    { times, scheduler }: { readonly times: TimeAccounts; readonly scheduler: Scheduler },
  ) {
    this.#gate = gate;
    this.#clock = clock;
    this.#times = times;
    this.#scheduler = scheduler;
  }

  /**
   * Takes a call in; {@link read} follows when the bytes that held it are at their end. Where all that wait cost too much to be
   * decoded together, they are decided at once.
   */
  add(waiting: WaitingCall): void {
    this.#waiting.push(waiting);
    this.#cost += waiting.message.args.cost;
    if (this.#cost >= BATCH_COST_MAX) this.#decide();
  }

  /**
   * Decides what waits, and runs a function once all calls that were read are answered that can be answered at once, and so are
   * those that hung on them.
   */
  whenSettled(run: () => void): void {
    this.#flush();
    const batches = this.#batches;
    afterPromises(() => {
      this.#flush();
      // What was decided meanwhile has its chance too. Nothing is read until then, so it comes to an end.
      if (this.#batches === batches) run();
      else this.whenSettled(run);
    });
  }

  #flush(): void {
    if (this.#waiting.length > 0) this.#decide();
  }

  /** What one connection had sent is read: its calls are decided, now or with those that are read next. */
  read(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    if (this.#clock.monotonicMs() - this.#decidedAtMs >= CLOSE_MS) {
      this.#decide();
      return;
    }
    this.#isScheduled = true;
    // After the sockets that are ready have been read, before anything else.
    setImmediate(() => {
      this.#isScheduled = false;
      this.#scheduler.beginSlice(ROUND_MS);
      this.#decide();
    });
  }

  #decide(): void {
    this.#batches++;
    const waiting = this.#waiting.filter((one) => one.wanted());
    this.#waiting = [];
    this.#cost = 0;
    if (waiting.length === 0) return;
    const before = this.#times.to(undefined);
    const beganMs = this.#clock.monotonicMs();
    let answers: readonly (Permitted | Fault)[];
    try {
      answers = this.#gate.pass(waiting);
    } catch (error) {
      this.#times.to(before);
      for (const one of waiting) one.failed(error);
      return;
    }
    this.#charge(waiting, beganMs);
    waiting.forEach((one, i) => {
      this.#times.to(one.account);
      try {
        const answer = answers[i];
        if (answer === undefined) throw new Error("the gate gave fewer answers than it was asked for");
        one.decided(answer);
      } catch (error) {
        const answer = answers[i];
        if (answer !== undefined && !(answer instanceof Fault)) answer.over(false);
        one.failed(error);
      }
    });
    this.#times.to(before);
    this.#decidedAtMs = this.#clock.monotonicMs();
  }

  /** Each has decided as much of the time as its arguments cost of all. */
  #charge(waiting: readonly WaitingCall[], beganMs: number): void {
    const nowMs = this.#clock.monotonicMs();
    const total = waiting.reduce((sum, one) => sum + weightOf(one), 0);
    let weight = 0;
    waiting.forEach((one, i) => {
      weight += weightOf(one);
      if (waiting[i + 1]?.account === one.account) return;
      const ms = ((nowMs - beganMs) * weight) / total;
      one.account.spend(ms, nowMs, this.#times.isAlone(one.account, beganMs));
      weight = 0;
    });
  }
}

function weightOf({ message }: WaitingCall): number {
  return CALL_COST + message.args.cost;
}
