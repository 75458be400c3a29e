import type { Deadline, Deadlines } from "../../link/deadlines.ts";
import { CALL_DEADLINE_MAX_MS, CALL_DEADLINE_MS } from "../../wire/limits.ts";
import type { IncomingCall } from "./incoming-call.ts";

/** A call that waits for a slot. */
interface QueuedCall {
  readonly call: IncomingCall;
  readonly deadline: Deadline;
}

/**
 * The calls of one connection that wait for a slot, in the order in which they came. Their arguments wait as bytes, and are charged
 * like those of calls that run. The time that they wait is a part of the time that their caller gave them.
 */
export class CallQueue {
  readonly #deadlines: Deadlines;
  readonly #late: (call: IncomingCall, deadlineMs: number) => void;
  readonly #queued = new Map<number, QueuedCall>();

  /** @param late - the time of a call is over; it waits no longer */
  constructor(deadlines: Deadlines, late: (call: IncomingCall, deadlineMs: number) => void) {
    this.#deadlines = deadlines;
    this.#late = late;
  }

  get size(): number {
    return this.#queued.size;
  }

  add(call: IncomingCall): void {
    const deadlineMs = timeOf(call);
    call.wait("slot");
    const deadline = this.#deadlines.start(deadlineMs, () => {
      if (this.remove(call.id) !== undefined) this.#late(call, deadlineMs);
    });
    this.#queued.set(call.id, { call, deadline });
  }

  /** The one that has waited longest; it has only the rest of its time. */
  take(): IncomingCall | undefined {
    const [queued] = this.#queued.values();
    if (queued === undefined) return undefined;
    const { call } = queued;
    this.remove(call.id);
    const waitedMs = Math.floor(call.waitedMs);
    call.setDeadline(Math.max(0, timeOf(call) - waitedMs));
    return call;
  }

  /** A call waits no longer. @returns the call, if it waited */
  remove(id: number): IncomingCall | undefined {
    const queued = this.#queued.get(id);
    if (queued === undefined) return undefined;
    this.#deadlines.stop(queued.deadline);
    this.#queued.delete(id);
    return queued.call;
  }

  /** None waits any longer. @returns those that did, in order */
  clear(): readonly IncomingCall[] {
    const calls = [...this.#queued.values()].map(({ call }) => call);
    for (const { id } of calls) this.remove(id);
    return calls;
  }
}

/** How long a call may take, the waiting included, in milliseconds: no deadline of a peer's is kept for longer. */
function timeOf({ message: { deadlineMs = CALL_DEADLINE_MS } }: IncomingCall): number {
  return Math.min(deadlineMs, CALL_DEADLINE_MAX_MS);
}
