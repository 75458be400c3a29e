import { Fault } from "../../base/fault.ts";
import { isLive } from "../../catalogue/catalogue.ts";
import type { Outbox } from "../../session/outbox.ts";
import { CALL_DEADLINE_MS } from "../../wire/limits.ts";
import { heldTooLong, noLongerAllowed, released } from "../faults/calls.ts";
import type { Exported } from "../gate/exported.ts";
import type { CallCore } from "../run/core.ts";
import type { IncomingCall } from "./incoming-call.ts";

/** The calls of one session that are permitted: those that run, and those that wait until the peer reads, or for their turn. */
export class RunningCalls {
  readonly #core: CallCore;
  readonly #outbox: Outbox;
  readonly #running = new Set<IncomingCall>();
  /**
   * They wait until the peer has read what it was sent, since their results would only pile up; or until others have had their turn,
   * since those before them took all the time there was for one.
   */
  readonly #held: IncomingCall[] = [];

  constructor(core: CallCore, outbox: Outbox) {
    this.#core = core;
    this.#outbox = outbox;
  }

  /** Whether calls wait for their turn, and for nothing else. */
  get hasDue(): boolean {
    return this.#held.length > 0 && !this.#outbox.isChoked;
  }

  /** Runs a permitted call now, or once the peer reads and it is its turn. @returns false where it has to wait for its turn */
  begin(call: IncomingCall): boolean {
    const { args } = call.message;
    const isChoked = this.#outbox.isChoked;
    const waits = isChoked || this.#held.length > 0 || this.#core.scheduler.isOver();
    // What its schemas are held against has to be there when it runs, and what the policy is held against when it has returned.
    if ((waits && args.hasMutable) || isLive(call.held.permitted.row.entry.returns)) {
      try {
        call.keep();
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        call.refuse(error);
        return true;
      }
    }
    if (!waits) {
      this.#run(call);
      return true;
    }
    args.forget();
    this.#held.push(call);
    return isChoked;
  }

  /** What was permitted meanwhile runs, until the peer leaves too much unread, or the turn is over. */
  resume(): void {
    if (this.#outbox.isChoked) return;
    for (let call = this.#held.shift(); call !== undefined; call = this.#held.shift()) {
      const { sinceMs, isRefusedNow } = call.held;
      const { deadlineMs = CALL_DEADLINE_MS } = call.message;
      if (this.#core.clock.monotonicMs() - sinceMs >= deadlineMs) call.refuse(heldTooLong(deadlineMs));
      else if (call.wanted()) {
        this.#run(call);
        if (isRefusedNow) call.stop(() => noLongerAllowed("unknown"));
      }
      if (this.#outbox.isChoked || this.#core.scheduler.isOver()) return;
    }
  }

  /** The work of a call has ended. */
  ended(call: IncomingCall): void {
    this.#running.delete(call);
  }

  /** Answers all that runs with a fault and tells the handlers. @param why - asked for it where anything runs */
  stopAll(why: () => Fault): void {
    // Nearly always nothing does: a fault keeps the stack that it was made on, which is dear.
    if (this.#running.size === 0 && this.#held.length === 0) return;
    const fault = why();
    for (const call of this.#running) call.stop(() => fault);
    const { code, detail, parts } = fault;
    const notStarted = new Fault(code, detail, { ...parts, outcome: "not_started" });
    for (const call of this.#held.splice(0)) call.refuse(notStarted);
  }

  /** Something is in use no longer: what runs on it is told, and what makes the items of a stream. */
  stopOn(exported: Exported): void {
    for (const call of this.#running)
      if (call.on === exported || (call.id === exported.call && exported.kind === "stream"))
        call.stop(released);
  }

  /**
   * Ends what the rules of this moment would refuse: what runs is told to stop, what waits for the peer to read is never begun. What
   * waits for its turn alone would have begun before, so it is begun, and told to stop.
   */
  recheck(nowMs: number): void {
    for (const call of this.#running) {
      const { work } = call;
      if (work.state === "running" && !work.permitted.isStillAllowed(nowMs))
        call.stop(() => noLongerAllowed("unknown"));
    }
    for (const call of this.#held.filter(({ held }) => !held.permitted.isStillAllowed(nowMs))) {
      // The refusal of one can end others: it ends what was passed with it, and what hears of that may stop the daemon.
      const { work } = call;
      if (work.state !== "held") continue;
      work.isRefusedNow = true;
      const at = this.#held.indexOf(call);
      if (at === -1 || !this.#outbox.isChoked) continue;
      this.#held.splice(at, 1);
      call.refuse(noLongerAllowed("not_started"));
    }
  }

  #run(call: IncomingCall): void {
    try {
      call.run();
    } catch (error) {
      // It is in no list any longer: nobody else would free what it has.
      call.failed(error);
    }
    if (call.work.state === "running") this.#running.add(call);
  }
}
