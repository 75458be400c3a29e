import type { FaultCode } from "../../base/fault.ts";
import type { RpcError } from "../../client/index.ts";
import type { Ending } from "../io/exit.ts";

interface FaultWords {
  /** What stands in front of the line. */
  readonly word: string;
  readonly ending: Ending;
}

/** What each code is called on the command line, and how a command ends that meets it. */
const FAULT_WORDS: Readonly<Record<FaultCode, FaultWords>> = {
  aborted: { word: "given up", ending: "failed" },
  already_exists: { word: "already there", ending: "failed" },
  cancelled: { word: "cancelled", ending: "failed" },
  data_loss: { word: "data lost", ending: "failed" },
  deadline_exceeded: { word: "too late", ending: "deadline" },
  failed_precondition: { word: "not possible now", ending: "failed" },
  internal: { word: "failed inside", ending: "internal" },
  invalid_argument: { word: "wrong arguments", ending: "failed" },
  not_found: { word: "not found", ending: "failed" },
  out_of_range: { word: "out of range", ending: "failed" },
  permission_denied: { word: "denied", ending: "denied" },
  protocol_error: { word: "protocol error", ending: "protocol" },
  reference_gone: { word: "reference gone", ending: "failed" },
  resource_exhausted: { word: "limit reached", ending: "quota" },
  unauthenticated: { word: "login refused", ending: "identity" },
  unavailable: { word: "unavailable", ending: "unavailable" },
  unimplemented: { word: "not implemented", ending: "failed" },
};

/** The word for a fault, and how a command ends with it. */
export function faultWords(fault: RpcError): FaultWords {
  const words = FAULT_WORDS[fault.code];
  if (fault.code === "unavailable" && fault.outcome === "unknown") {
    return { word: "connection lost", ending: "broken" };
  }
  if (fault.code === "unauthenticated" && fault.origin === "channel") {
    return { word: "socket not trusted", ending: "identity" };
  }
  // Found here, before anything was sent.
  if (fault.code === "invalid_argument" && fault.outcome === "not_started" && fault.id === "") {
    return { ...words, ending: "usage" };
  }
  return words;
}

/** What to try next, the most useful first. @param method - the one that was called, if one was */
export function faultHints(fault: RpcError, method: string | undefined): string[] {
  const { code, origin, outcome, retry } = fault;
  const hints: (string | undefined)[] = [];
  if (retry?.ok === true) {
    const after = retry.afterMs === undefined ? "" : ` in ${Math.ceil(retry.afterMs / 1000)} s`;
    hints.push(`it may be tried again${after}`);
  }
  if (outcome === "unknown") hints.push("it may have been done all the same: look before you repeat it");
  if (code === "permission_denied") {
    hints.push("rpcctl ls lists what you may call", "rpcctl ping says as whom you are logged in");
  } else if (code === "unauthenticated" && origin === "channel") {
    hints.push("--owner USER names a user who may own the socket");
  } else if (code === "unauthenticated") {
    hints.push("rpcctl enrol prints the policy lines that would let your key in");
  } else if (code === "invalid_argument" && method !== undefined) {
    hints.push(`rpcctl describe ${method} shows the arguments`);
  } else if (code === "unavailable" && origin === "channel" && outcome !== "unknown") {
    hints.push("rpcctl help addresses says where rpcctl looks for the daemon");
  } else if (code === "deadline_exceeded") {
    hints.push("--timeout 2m waits longer");
  }
  return hints.filter((hint) => hint !== undefined).slice(0, 3);
}
