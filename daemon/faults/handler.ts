import { Fault, type FaultOutcome, isFault } from "../../base/fault.ts";
import type { FailureKind, Failures } from "../log/failures.ts";
import type { CallWords } from "../session/session.ts";

/**
 * What goes to the caller for what a handler threw, or the items that it gave. What was not meant for the caller reads
 * `internal`, and the log has the cause.
 *
 * @param failed - what did, for the log
 */
export function faultOfHandler(
  error: unknown,
  failed: string,
  { method, principal, ...words }: CallWords & Required<FailureKind>,
  failures: Failures,
): Fault {
  const fault = isFault(error)
    ? error
    : new Fault("internal", failed, { origin: "handler", outcome: "unknown", cause: error });
  // What a client says of its own failure is no error of this side.
  if (fault.code === "internal" && fault.parts.origin !== "callback")
    failures.failed(failed, { method, principal }, { ...words, error: fault });
  return fault;
}

/**
 * The fault of a method that failed in a way that was not meant for the caller, who reads `internal`. The log has the cause.
 *
 * @param where - the method's name
 */
export function brokenMethod(where: string, cause: unknown, outcome: FaultOutcome = "unknown"): Fault {
  if (isFault(cause)) return cause;
  return new Fault("internal", `${where} failed`, { origin: "handler", outcome, cause });
}
