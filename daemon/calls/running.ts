import { Fault } from "../../base/fault.ts";
import { isLive } from "../../catalogue/catalogue.ts";
import type { Link } from "../../link/link.ts";
import { CALL_DEADLINE_MS } from "../../wire/limits.ts";
import { heldTooLong, noLongerAllowed, released } from "../faults/calls.ts";
import { gone } from "../faults/references.ts";
import type { Permitted } from "../gate/gate.ts";
import type { Lent } from "../gate/lent.ts";
import type { Core } from "../run/core.ts";
import type { Answerer, Running } from "../run/dispatch.ts";

/** A permitted call that has not begun, and since when; milliseconds of the monotonic clock. */
interface HeldCall {
  readonly permitted: Permitted;
  readonly since: number;
  /** The rules have changed since it was permitted, and would not admit it now: it ends as those end that ran by then. */
  isRefusedNow: boolean;
}

/** Who answers the calls, and knows whether anybody waits for them. */
interface RunningOwner extends Answerer {
  stillWanted(id: number): boolean;
}

/** The calls of one session that are permitted: those that run, and those that wait until the peer reads, or for their turn. */
export class RunningCalls {
  readonly #core: Core;
  readonly #link: Link;
  readonly #owner: RunningOwner;
  readonly #running = new Map<number, { readonly permitted: Permitted; readonly running: Running }>();
  /**
   * They wait until the peer has read what it was sent, since their results would only pile up; or until others have had their turn,
   * since those before them took all the time there was for one.
   */
  readonly #held: HeldCall[] = [];

  constructor(core: Core, link: Link, owner: RunningOwner) {
    this.#core = core;
    this.#link = link;
    this.#owner = owner;
  }

  /** Whether calls wait for their turn, and for nothing else. */
  get hasDue(): boolean {
    return this.#held.length > 0 && !this.#link.isChoked;
  }

  /** Runs a call now, or once the peer reads and it is its turn. @returns false where it has to wait for its turn */
  begin(permitted: Permitted): boolean {
    const { args } = permitted.message;
    const isChoked = this.#link.isChoked;
    const waits = isChoked || this.#held.length > 0 || this.#core.scheduler.isOver();
    // What its schemas are held against has to be there when it runs, and what the policy is held against when it has returned.
    if ((waits && args.hasMutable) || isLive(permitted.row.entry.returns)) {
      try {
        this.#owner.keep(permitted);
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        this.#drop(permitted, error);
        return true;
      }
    }
    if (!waits) {
      this.#run(permitted);
      return true;
    }
    args.forget();
    this.#held.push({ permitted, since: this.#core.clock.monotonicMs(), isRefusedNow: false });
    return isChoked;
  }

  /** What was permitted meanwhile runs, until the peer leaves too much unread, or the turn is over. */
  resume(): void {
    if (this.#link.isChoked) return;
    for (let next = this.#held.shift(); next !== undefined; next = this.#held.shift()) {
      const { permitted, since, isRefusedNow } = next;
      const { id, deadlineMs = CALL_DEADLINE_MS } = permitted.message;
      if (this.#core.clock.monotonicMs() - since >= deadlineMs)
        this.#drop(permitted, heldTooLong(deadlineMs));
      else if (this.#owner.stillWanted(id)) {
        this.#run(permitted);
        if (isRefusedNow) this.stop(id, () => noLongerAllowed("unknown"));
      } else permitted.over(true);
      if (this.#link.isChoked || this.#core.scheduler.isOver()) return;
    }
  }

  /** The work of a call has ended. */
  ended(call: number): void {
    this.#running.delete(call);
  }

  /** A permitted call that waits until the peer reads. */
  heldOf(call: number): Permitted | undefined {
    return this.#held.find(({ permitted }) => permitted.message.id === call)?.permitted;
  }

  /** Tells a call to stop. @returns whether it runs */
  stop(call: number, why: () => Fault): boolean {
    const running = this.#running.get(call)?.running;
    running?.stop(why());
    return running !== undefined;
  }

  /** Answers all that runs with a fault and tells the handlers. @param why - asked for it where anything runs */
  stopAll(why: () => Fault): void {
    // Nearly always nothing does: a fault keeps the stack that it was made on, which is dear.
    if (this.#running.size === 0 && this.#held.length === 0) return;
    const fault = why();
    for (const { running } of this.#running.values()) running.stop(fault);
    const { code, detail, parts } = fault;
    const notStarted = new Fault(code, detail, { ...parts, outcome: "not_started" });
    for (const { permitted } of this.#held.splice(0)) this.#drop(permitted, notStarted);
  }

  /** Something is in use no longer: what runs on it is told, and what makes the items of a stream. */
  stopOn(lent: Lent): void {
    for (const [id, { permitted, running }] of this.#running)
      if (permitted.on === lent || (id === lent.call && lent.kind === "stream")) running.stop(released());
  }

  /**
   * Ends what the rules of this moment would refuse: what runs is told to stop, what waits for the peer to read is never begun. What
   * waits for its turn alone would have begun before, so it is begun, and told to stop.
   */
  recheck(nowMs: number): void {
    for (const { permitted, running } of this.#running.values()) {
      if (!permitted.isStillAllowed(nowMs)) running.stop(noLongerAllowed("unknown"));
    }
    for (const held of this.#held.filter(({ permitted }) => !permitted.isStillAllowed(nowMs))) {
      held.isRefusedNow = true;
      if (!this.#link.isChoked) continue;
      this.#held.splice(this.#held.indexOf(held), 1);
      this.#drop(held.permitted, noLongerAllowed("not_started"));
    }
  }

  /** Answers a call that was never begun. */
  #drop(permitted: Permitted, fault: Fault): void {
    const { message } = permitted;
    permitted.over(true);
    this.#owner.fault(permitted, fault);
    this.#owner.ended(message.id);
  }

  #run(permitted: Permitted): void {
    const { on, message } = permitted;
    // It may have been cut off while the call waited.
    if (on?.isCutOff === true) return this.#drop(permitted, gone());
    const running = this.#core.dispatch.run(permitted, this.#owner);
    message.args.forget();
    if (running !== undefined) this.#running.set(message.id, { permitted, running });
  }
}
