import { Fault, type FaultOutcome } from "../base/fault.ts";
import type { Log } from "./log.ts";
import type { CallWords } from "./session.ts";

/**
 * What goes to the caller for what a handler threw, or the items that it gave. What was not meant for the caller reads
 * `internal`, and the log has the cause.
 *
 * @param failed - what did, for the log
 */
export function faultOfHandler(
  error: unknown,
  failed: string,
  at: CallWords & { readonly method: string },
  log: Log,
): Fault {
  const fault =
    error instanceof Fault
      ? error
      : new Fault("internal", failed, { origin: "handler", outcome: "unknown", cause: error });
  // What a client says of its own failure is no error of this side: one that says so all day must not fill the log.
  if (fault.code === "internal" && fault.parts.origin !== "callback")
    log.error(failed, { ...at, error: fault });
  return fault;
}

/**
 * The fault of a method that failed in a way that was not meant for the caller, who reads `internal`. The log has the cause.
 *
 * @param where - the method's name
 */
export function brokenMethod(where: string, cause: unknown, outcome: FaultOutcome = "unknown"): Fault {
  if (cause instanceof Fault) return cause;
  return new Fault("internal", `${where} failed`, { origin: "handler", outcome, cause });
}
