import type { Fault, FaultCode, FaultOrigin } from "../../base/fault.ts";
import { CALLS_IN_FLIGHT_MAX } from "../../wire/limits.ts";

/** What the callers of further calls may know of a call that failed. */
export interface RecentFailure {
  readonly code: FaultCode;
  readonly text: string;
  readonly reason: string | undefined;
  readonly origin: FaultOrigin | undefined;
}

/** Enough of the words of a fault to recognise it by, in characters. */
const TEXT_MAX_CHARS = 128;

/** What is kept of a fault, for those that were to be called on what the call returns. */
export function failureOf({ code, text, parts: { reason, origin } }: Fault): RecentFailure {
  return { code, text: clip(text), reason: reason === undefined ? undefined : clip(reason), origin };
}

/**
 * The last calls of one connection that gave nothing to be called on, and why. A caller may send a call on what another will
 * return before it knows that the other has failed: the answer must not depend on which of the two came first.
 */
export class RecentFailures {
  readonly #failures = new Map<number, RecentFailure>();

  /** Keeps the failure of a call; the oldest is forgotten where there are as many as calls can be without an answer. */
  add(call: number, failure: RecentFailure): void {
    this.#failures.set(call, failure);
    if (this.#failures.size <= CALLS_IN_FLIGHT_MAX) return;
    for (const oldest of this.#failures.keys()) {
      this.#failures.delete(oldest);
      return;
    }
  }

  find(call: number): RecentFailure | undefined {
    return this.#failures.get(call);
  }
}

function clip(text: string): string {
  return text.length <= TEXT_MAX_CHARS ? text : `${text.slice(0, TEXT_MAX_CHARS - 1)}…`.toWellFormed();
}
