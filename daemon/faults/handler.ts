import { Fault, type FaultOutcome, isFault, isFaultCode, type Retry } from "../../base/fault.ts";
import { isRpcFault, type RpcFault } from "../../service/engine.ts";
import type { FailureKind, Failures } from "../log/failures.ts";
import type { CallWords } from "../session/session.ts";

/**
 * Makes the fault that the caller reads when a handler, or the stream that it returned, throws. The caller reads `internal` for any error
 * that was not an `RpcFault`, and the log has the cause.
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
  // A failure that the client has reported of its own callback is not an error of the daemon.
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

/**
 * Makes a fault of the code, the texts and the retry of one that was thrown on purpose. Each part is read once: what has the mark of a
 * fault need not have its form.
 *
 * @returns no fault where the code is not of the list, or a text is none; and what was read
 */
export function plainFault({ code, detail, parts: given }: RpcFault): {
  readonly fault: Fault | undefined;
  readonly detail: unknown;
  readonly given: RpcFault["parts"];
} {
  const { text = detail, retry, cause } = given;
  const isWhole = isFaultCode(code) && typeof detail === "string" && typeof text === "string";
  if (!isWhole) return { fault: undefined, detail, given };
  const plain = typeof retry === "object" && retry !== null ? { retry: plainRetry(retry) } : {};
  return { fault: new Fault(code, detail, { text, cause, origin: "handler", ...plain }), detail, given };
}

/** Its parts may be anything. */
function plainRetry({ ok, afterMs }: Partial<Record<keyof Retry, unknown>>): Retry {
  return { ok: ok === true, ...(typeof afterMs === "number" ? { afterMs } : {}) };
}

/** A fault as it is, or made anew of one that was thrown on purpose: the service may have it from another copy of this package. */
function faultOf(thrown: unknown): Fault | undefined {
  if (isFault(thrown)) return thrown;
  try {
    if (!isRpcFault(thrown)) return undefined;
    return plainFault(thrown).fault;
  } catch {
    // Looking at what was thrown may throw in turn.
    return undefined;
  }
}
