import { Fault, type FaultOutcome } from "../../base/fault.ts";
import type { RecentFailure } from "../../session/calls/recent-failures.ts";
import { NESTING_MAX } from "../../wire/limits.ts";

/* What a call is answered where neither the policy nor its handler has spoken. */

/** Its connection is gone. */
export function callerGone(): Fault {
  return new Fault("cancelled", "the caller is gone", { origin: "channel", outcome: "unknown" });
}

/** @param outcome - `unknown` where it runs */
export function cancelled(outcome: FaultOutcome): Fault {
  return new Fault("cancelled", "the caller cancelled it", { origin: "channel", outcome });
}

/** The time that its caller gave it was over before there was a slot for it. */
export function waitedTooLong(deadlineMs: number): Fault {
  return new Fault("deadline_exceeded", `no slot was free within ${deadlineMs} ms`, {
    text: "too many calls ran before it: no slot was free in time",
    origin: "limit",
    outcome: "not_started",
  });
}

/** Too many calls run because of callbacks. It must not wait for others, since those may wait for it. */
export function nestedTooMany(): Fault {
  return new Fault("resource_exhausted", "too many calls made in callbacks run already", {
    origin: "limit",
    outcome: "not_started",
    retry: { ok: true },
  });
}

/** The daemon takes no new calls. */
export function stopping(): Fault {
  return new Fault("unavailable", "the daemon stops", {
    origin: "channel",
    outcome: "not_started",
    retry: { ok: true },
  });
}

/** So many calls of the principal were refused that this one is not decided. @param afterMs - until it would be */
export function owing(afterMs: number): Fault {
  return new Fault("resource_exhausted", "too many calls of this principal were refused", {
    origin: "limit",
    outcome: "not_started",
    retry: { ok: true, afterMs },
  });
}

/** The rules changed, or their time was over, and this call would not be admitted now. */
export function noLongerAllowed(outcome: FaultOutcome): Fault {
  return new Fault("permission_denied", "the policy of this moment does not admit the call", {
    origin: "policy",
    outcome,
  });
}

/** Whoever called may not be there any longer. @param reason - what the policy says of the key */
export function endedByPolicy(reason: string): Fault {
  return new Fault("unauthenticated", `the session was ended: ${reason}`, {
    text: "this session may not go on",
    origin: "policy",
    outcome: "unknown",
  });
}

/** Nothing is wrong with whoever called, who may log in again. */
export function endedByOperator(): Fault {
  return new Fault("aborted", "an operator ended the session", {
    text: "an operator ended this session",
    origin: "channel",
    outcome: "unknown",
  });
}

/** A permitted call whose deadline passed while its caller left its answers unread. */
export function heldTooLong(deadlineMs: number): Fault {
  return new Fault(
    "deadline_exceeded",
    `it waited for ${deadlineMs} ms: the caller left its answers unread, or too much came before it`,
    {
      origin: "limit",
      outcome: "not_started",
    },
  );
}

/** A permitted call whose arguments have to be kept as they were sent, and there is no room for that. */
export function noRoomToKeep(cost: number): Fault {
  return new Fault("resource_exhausted", `no room for ${cost} bytes of arguments that have to be kept`, {
    origin: "limit",
    outcome: "not_started",
    retry: { ok: true },
  });
}

/** The call that it hangs on gave nothing to call. */
export function baseFailed({ code, text, reason, origin }: RecentFailure): Fault {
  return new Fault(code, "the call that it hangs on has failed", {
    text: `the call that it hangs on has failed: ${text}`,
    origin,
    outcome: "not_started",
    because: new Fault(code, text, { text, reason }),
  });
}

/** @param what - was named as the target */
export function notCallable(what: string): Fault {
  return new Fault("invalid_argument", `${what} cannot be called`, {
    text: `${what} cannot be called`,
    origin: "arguments",
    outcome: "not_started",
  });
}

/** Calls that a callback makes, and they another callback, and so on. */
export function nestedTooDeep(): Fault {
  return new Fault("resource_exhausted", `calls in callbacks more than ${NESTING_MAX} deep`, {
    origin: "limit",
    outcome: "not_started",
    retry: { ok: false },
  });
}

/** Its caller has released the object that the call runs on. */
export function released(): Fault {
  return new Fault("cancelled", "the object that it was called on is in use no longer", {
    origin: "channel",
    outcome: "unknown",
  });
}

/** Work is done, and its result would take more memory than may wait to be read. */
export function noRoom(bytes: number): Fault {
  return new Fault(
    "resource_exhausted",
    `no room for a result of ${bytes} bytes: too much waits to be read`,
    {
      origin: "limit",
      outcome: "done",
    },
  );
}

/** Work is done, and its result does not go into one message. Its caller can do nothing about it, but may know why. */
export function tooLargeResult(detail: string, cause?: unknown): Fault {
  return new Fault("out_of_range", detail, {
    text: "the result is too large for one message: the method has to return a stream, or less",
    origin: "handler",
    outcome: "done",
    cause,
  });
}

/** Work is done, and its result has no form on the wire. */
export function unsendable(detail: string, cause?: unknown): Fault {
  return new Fault("internal", detail, { origin: "handler", outcome: "done", cause });
}
