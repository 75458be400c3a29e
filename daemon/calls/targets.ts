import { Fault } from "../../base/fault.ts";
import type { IncomingCalls } from "../../session/calls/incoming.ts";
import { PipelinedCalls } from "../../session/calls/pipelined.ts";
import { failureOf, type RecentFailure } from "../../session/calls/recent-failures.ts";
import { CALL_DEADLINE_MS } from "../../wire/limits.ts";
import { baseFailed, callerGone, heldTooLong, notCallable } from "../faults/calls.ts";
import { gone } from "../faults/references.ts";
import type { Exported } from "../gate/exported.ts";
import type { Exports } from "../references/exports.ts";
import type { IncomingCall } from "./incoming-call.ts";

/** What has become of earlier calls. */
interface Sources {
  readonly exports: Exports;
  /** Why an earlier call gave nothing that can be called, if it is known still. */
  failureOf(call: number): RecentFailure | undefined;
}

/** Finds what calls are on that are on no method of the catalogue: what others have returned, or will return. */
export class CallTargets {
  readonly #incoming: IncomingCalls;
  readonly #sources: Sources;
  readonly #found: (call: IncomingCall) => void;
  readonly #pipelined = new PipelinedCalls<IncomingCall>();

  /** @param found - it is known what a call is on: it is to be decided */
  constructor(incoming: IncomingCalls, sources: Sources, found: (call: IncomingCall) => void) {
    this.#incoming = incoming;
    this.#sources = sources;
    this.#found = found;
  }

  /** How many wait for the answer of another call: a test counts what is left. */
  get size(): number {
    return this.#pipelined.size;
  }

  /** @param call - whose target is not 0 */
  find(call: IncomingCall): void {
    const { id, target } = call.message;
    const { exports } = this.#sources;
    if (target > 0) {
      this.#on(call, exports.get(target) ?? gone());
    } else if (this.#incoming.isWaiting(-target)) {
      const full = this.#pipelined.add(id, -target, call);
      if (full !== undefined) call.refuse(full);
      else call.wait("base");
    } else {
      // It came too late to wait, and is answered as if it had waited.
      const failure = this.#sources.failureOf(-target);
      this.#on(
        call,
        exports.resultOf(-target) ?? (failure === undefined ? noReference() : baseFailed(failure)),
      );
    }
  }

  /**
   * A call is answered, and what hung on it has its turn.
   *
   * @param exported - what it has returned, if that can be called
   * @param fault - why it failed, if it did
   * @returns whether something hung on it
   */
  answered(call: number, exported: Exported | undefined, fault: Fault | undefined): boolean {
    const pipelined = this.#pipelined.answered(call);
    for (const one of pipelined) this.#resolve(one, exported, fault);
    return pipelined.length > 0;
  }

  /** A call is over. If it was never answered, its caller is gone, and what hung on it is over too. */
  ended(call: number): void {
    if (this.#pipelined.size === 0) return;
    for (const one of this.#pipelined.answered(call)) one.refuse(callerGone());
  }

  #resolve(call: IncomingCall, exported: Exported | undefined, fault: Fault | undefined): void {
    if (!call.wanted()) return;
    const { deadlineMs = CALL_DEADLINE_MS } = call.message;
    if (fault !== undefined) call.refuse(baseFailed(failureOf(fault)));
    else if (call.waitedMs >= deadlineMs) call.refuse(heldTooLong(deadlineMs));
    else this.#on(call, exported ?? noReference());
  }

  #on(call: IncomingCall, exported: Exported | Fault): void {
    if (exported instanceof Fault) return call.refuse(exported);
    if (exported.thing.kind === "stream") return call.refuse(notCallable("a stream"));
    call.use(exported);
    call.setTarget(exported, `${exported.thing.object.interface}.${call.message.method || "call"}`);
    this.#found(call);
  }
}

function noReference(): Fault {
  return notCallable("what the call it hangs on has returned");
}
