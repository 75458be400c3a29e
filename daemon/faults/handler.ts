import { Fault, type FaultOutcome, isFault, isFaultCode } from "../../base/fault.ts";
import { isRpcFault } from "../../service/engine.ts";
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
  const fault =
    faultOf(error) ?? new Fault("internal", failed, { origin: "handler", outcome: "unknown", cause: error });
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
  return faultOf(cause) ?? new Fault("internal", `${where} failed`, { origin: "handler", outcome, cause });
}

/** A fault as it is, or made anew of one that was thrown on purpose: the service may have it from another copy of this package. */
function faultOf(thrown: unknown): Fault | undefined {
  if (isFault(thrown)) return thrown;
  try {
    if (!isRpcFault(thrown)) return undefined;
    // What has the mark of a fault need not have its form.
    const { code, detail, parts } = thrown;
    const { text = detail, reason, data, retry, cause } = parts;
    const isWhole = isFaultCode(code) && typeof detail === "string" && typeof text === "string";
    return isWhole
      ? new Fault(code, detail, { text, reason, data, retry, cause, origin: "handler" })
      : undefined;
  } catch {
    // Looking at what was thrown may throw in turn.
    return undefined;
  }
}
