import { isProxy } from "node:util/types";

/** Every code that may cross the wire, with the text the peer reads. A code is never renamed. */
export const FAULT_TEXT = {
  aborted: "the call was given up half way",
  already_exists: "what the call would make is there already",
  cancelled: "the caller cancelled the call",
  data_loss: "data was lost or damaged",
  deadline_exceeded: "the answer did not come in time",
  failed_precondition: "the call does not fit the present state",
  internal: "this side failed",
  invalid_argument: "the arguments do not fit the method",
  not_found: "what the call names is not there",
  out_of_range: "a value lies outside what can be answered",
  permission_denied: "the policy does not allow this call",
  protocol_error: "the message is not well formed or does not belong here",
  reference_gone: "the reference is not in use",
  resource_exhausted: "a limit is reached",
  unauthenticated: "the login was refused",
  unavailable: "this side takes no new calls",
  unimplemented: "this side cannot do that",
} as const;

export type FaultCode = keyof typeof FAULT_TEXT;

/** Whether a text from outside is one of the codes. Own keys only: `constructor` is not a code. */
export function isFaultCode(text: string): text is FaultCode {
  return Object.hasOwn(FAULT_TEXT, text);
}

/** Which part of the way of a call the fault comes from. */
export const FAULT_ORIGINS = [
  "channel",
  "login",
  "policy",
  "arguments",
  "handler",
  "callback",
  "limit",
] as const;
export type FaultOrigin = (typeof FAULT_ORIGINS)[number];

/** What became of the call's work: nothing was begun, nobody knows, or it was done all the same. */
export const FAULT_OUTCOMES = ["not_started", "unknown", "done"] as const;
export type FaultOutcome = (typeof FAULT_OUTCOMES)[number];

/** One thing that is wrong with the arguments: where (`a`, `tags[3]`, `labels.team`) and what. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** What whoever knows says about trying again. */
export interface Retry {
  readonly ok: boolean;
  /** milliseconds */
  readonly afterMs?: number;
}

/** Why the policy denied a call; only for callers who may explain (docs/policy.md, "Explaining a decision"). */
export interface Denial {
  readonly reason: string;
  /** the hash of the policy's file */
  readonly policy: string;
  /** the grant that came nearest, and where in the file it stands: `line:column` */
  readonly grant?: string;
  readonly at?: string;
  /** the first thing that kept it from admitting the call, what it wants to be there, and what was */
  readonly path?: string;
  readonly want?: string;
  readonly got?: string;
}

/** What a fault may carry to the peer beside its code (docs/errors.md, "The map"). */
export interface FaultParts {
  /** Takes the place of the code's fixed text. Only for words that were written for the caller. */
  readonly text?: string | undefined;
  readonly reason?: string | undefined;
  readonly data?: unknown;
  readonly retry?: Retry | undefined;
  readonly outcome?: FaultOutcome | undefined;
  readonly origin?: FaultOrigin | undefined;
  readonly issues?: readonly Issue[] | undefined;
  readonly denial?: Denial | undefined;
  readonly cause?: unknown;
  /** Another fault that led to this one, which the peer may read too: unlike a cause, which is for the log. */
  readonly because?: Fault | undefined;
}

/**
 * A failure with two readers. The peer gets the code, its fixed text and the parts that were named
 * for it. The operator gets the detail, in the log: it may quote the input, so it never leaves the
 * machine (docs/errors.md).
 */
export class Fault extends Error {
  override readonly name: string = "Fault";
  readonly code: FaultCode;
  /** What was expected and what came: for the log of this side. */
  readonly detail: string;
  readonly parts: FaultParts;

  /** @param detail - what was expected and what came, with numbers and units */
  constructor(code: FaultCode, detail: string, parts: FaultParts = {}) {
    super(`${code}: ${detail}`, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = code;
    this.detail = detail;
    this.parts = parts;
  }

  /** The words that the peer may read. */
  get text(): string {
    return this.parts.text ?? FAULT_TEXT[this.code];
  }
}

/** Whether something thrown is a fault, whatever was thrown: looking at a proxy runs code, which may throw as well. */
export function isFault(thrown: unknown): thrown is Fault {
  if (isProxy(thrown)) return false;
  try {
    return thrown instanceof Fault;
  } catch {
    // A proxy among its prototypes.
    return false;
  }
}
