import { Fault, type FaultOutcome } from "../base/fault.ts";

/* What a call is answered where neither the policy nor its handler has spoken. */

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

/** A permitted call whose deadline passed while its caller left its answers unread. */
export function heldTooLong(deadlineMs: number): Fault {
  return new Fault("deadline_exceeded", `the caller left its answers unread for ${deadlineMs} ms`, {
    origin: "limit",
    outcome: "not_started",
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

/** Work is done, and its result has no form on the wire. */
export function unsendable(detail: string, cause?: unknown): Fault {
  return new Fault("internal", detail, { origin: "handler", outcome: "done", cause });
}
