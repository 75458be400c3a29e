import type { Clock } from "../../base/clock.ts";
import { Fault } from "../../base/fault.ts";
import { HangingCalls } from "../../session/calls/hanging.ts";
import type { IncomingCalls } from "../../session/calls/incoming.ts";
import { failureOf, type RecentFailure } from "../../session/calls/recent-failures.ts";
import { CALL_DEADLINE_MS } from "../../wire/limits.ts";
import type { ReceivedCall } from "../../wire/read-message.ts";
import { baseFailed, callerGone, heldTooLong, notCallable } from "../faults/calls.ts";
import { gone } from "../faults/references.ts";
import type { Lent } from "../gate/lent.ts";
import type { Lending } from "../references/lending.ts";

/** A call that is to be decided, once it is known what it is on. */
export interface Asking {
  readonly message: ReceivedCall;
  readonly bytes: number;
  readonly hasReferences: boolean;
}

/** An {@link Asking} that waits for the answer of another call, and since when; milliseconds of the monotonic clock. */
interface Hanging extends Asking {
  readonly since: number;
}

/** What becomes of a call. */
export interface Outlet {
  /** It is on something, by the name that the policy has for that. */
  ask(asking: Asking, on: Lent): void;
  refuse(id: number, fault: Fault): void;
  /** Whether its caller still waits; if not, it is over. */
  stillWanted(id: number): boolean;
}

/** What has become of earlier calls. */
interface Sources {
  readonly lending: Lending;
  /** Why an earlier call gave nothing that can be called, if it is known still. */
  failureOf(call: number): RecentFailure | undefined;
  /** A call is to use something: it is not disposed of before that has ended. */
  use(call: number, lent: Lent): void;
}

/** Finds what calls are on that are on no method of the catalogue: what others have returned, or will return. */
export class CallTargets {
  readonly #clock: Clock;
  readonly #incoming: IncomingCalls;
  readonly #sources: Sources;
  readonly #outlet: Outlet;
  readonly #hanging = new HangingCalls<Hanging>();

  constructor(clock: Clock, incoming: IncomingCalls, sources: Sources, outlet: Outlet) {
    this.#clock = clock;
    this.#incoming = incoming;
    this.#sources = sources;
    this.#outlet = outlet;
  }

  /** How many wait for the answer of another call: a test counts what is left. */
  get size(): number {
    return this.#hanging.size;
  }

  /** @param asking - whose target is not 0 */
  find(asking: Asking): void {
    const { id, target, args } = asking.message;
    const { lending } = this.#sources;
    if (target > 0) {
      this.#on(asking, lending.get(target) ?? gone());
    } else if (this.#incoming.isWaiting(-target)) {
      const full = this.#hanging.hang(id, -target, { ...asking, since: this.#clock.monotonicMs() });
      if (full !== undefined) this.#outlet.refuse(id, full);
      else args.keep();
    } else {
      // It came too late to wait, and is answered as if it had waited.
      const failure = this.#sources.failureOf(-target);
      this.#on(
        asking,
        lending.resultOf(-target) ?? (failure === undefined ? noReference() : baseFailed(failure)),
      );
    }
  }

  /**
   * A call is answered, and what hung on it has its turn.
   *
   * @param lent - what it has returned, if that can be called
   * @param fault - why it failed, if it did
   * @returns whether something hung on it
   */
  answered(call: number, lent: Lent | undefined, fault: Fault | undefined): boolean {
    const hanging = this.#hanging.answered(call);
    for (const one of hanging) this.#resolve(one, lent, fault);
    return hanging.length > 0;
  }

  /** A call is over. If it was never answered, its caller is gone, and what hung on it is over too. */
  ended(call: number): void {
    if (this.#hanging.size === 0) return;
    for (const { message } of this.#hanging.answered(call)) this.#outlet.refuse(message.id, callerGone());
  }

  #resolve(hanging: Hanging, lent: Lent | undefined, fault: Fault | undefined): void {
    const { id, deadlineMs = CALL_DEADLINE_MS } = hanging.message;
    if (!this.#outlet.stillWanted(id)) return;
    if (fault !== undefined) this.#outlet.refuse(id, baseFailed(failureOf(fault)));
    else if (this.#clock.monotonicMs() - hanging.since >= deadlineMs)
      this.#outlet.refuse(id, heldTooLong(deadlineMs));
    else if (lent === undefined) this.#outlet.refuse(id, noReference());
    else this.#on(hanging, lent);
  }

  #on(asking: Asking, lent: Lent | Fault): void {
    const { message } = asking;
    if (lent instanceof Fault) this.#outlet.refuse(message.id, lent);
    else if (lent.thing.kind === "stream") this.#outlet.refuse(message.id, notCallable("a stream"));
    else {
      this.#sources.use(message.id, lent);
      const method = `${lent.thing.object.interface}.${message.method || "call"}`;
      this.#outlet.ask({ ...asking, message: { ...message, method } }, lent);
    }
  }
}

function noReference(): Fault {
  return notCallable("what the call it hangs on has returned");
}
