import {
  type Denial,
  Fault,
  type FaultCode,
  type FaultOrigin,
  type FaultOutcome,
  type FaultParts,
  type Issue,
  type Retry,
} from "../../base/fault.ts";
import type { Interface } from "../../service/declared.ts";
import type { Service } from "../../service/service.ts";
import type { FaultCause, FaultRecord } from "../../wire/fault-record.ts";
import type { DataOf, ReasonOf } from "./service-types.ts";

/** What an {@link RpcError} is made of. */
export interface RpcErrorParts extends Omit<FaultParts, "text"> {
  readonly id?: string | undefined;
  readonly method?: string | undefined;
}

/** The issues that a message quotes; `issues` has all of them. */
const QUOTED_ISSUES = 3;

/**
 * Why a call did not give a value. `code` is from the closed list (docs/errors.md); the text came from the
 * peer, or was made here where the peer said nothing: escape it before it is shown.
 */
export class RpcError extends Error {
  override readonly name: string = "RpcError";
  readonly code: FaultCode;
  /** The words of the peer, or of this library. The `message` has the method, the issues and the request's id around them. */
  readonly text: string;
  /** The method that was called: the full name, or the name within a returned object. Absent outside of calls. */
  readonly method: string | undefined;
  /** The request's id, which finds the call in the daemon's audit log; empty if the call was never sent. */
  readonly id: string;
  /** What the method declared as the reason, with its service in front: `disk.full`. */
  readonly reason: string | undefined;
  /** What the method declared for the reason. {@link RpcError.is} knows its type. */
  readonly data: unknown;
  readonly retry: Retry | undefined;
  /** What became of the call's work. */
  readonly outcome: FaultOutcome | undefined;
  readonly origin: FaultOrigin | undefined;
  readonly issues: readonly Issue[];
  /** Why the policy denied the call; there only for callers who may explain. */
  readonly denial: Denial | undefined;

  constructor(code: FaultCode, text: string, parts: RpcErrorParts = {}) {
    super(messageOf(text, parts), parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = code;
    this.text = text;
    this.method = parts.method;
    this.id = parts.id ?? "";
    this.reason = parts.reason;
    this.data = parts.data;
    this.retry = parts.retry;
    this.outcome = parts.outcome;
    this.origin = parts.origin;
    this.issues = parts.issues ?? [];
    this.denial = parts.denial;
  }

  /**
   * Whether this is the failure that a service declares under a reason: `error.is<typeof notes>("notes.no_note")`. The reasons
   * of the service are checked by TypeScript, and `data` has the type that the service declares for the reason. Without the type
   * of a service, compare `error.reason`.
   */
  is<S extends Service | Interface = never, R extends ReasonOf<S> = ReasonOf<S>>(
    reason: R,
  ): this is this & { readonly reason: R; readonly data: DataOf<S, R> } {
    return this.reason === reason;
  }
}

/** The same failure, told of a call. It is made where the caller waits, so that its stack shows the caller. */
export function errorOfCall(error: RpcError, { method, id, cause }: ToldCall): RpcError {
  const { code, text, reason, data, retry, outcome, origin, issues, denial } = error;
  return new RpcError(code, text, {
    method: error.method ?? method,
    id: error.id === "" && outcome !== "not_started" ? id : error.id,
    reason,
    data,
    retry,
    outcome,
    origin,
    issues,
    denial,
    cause: (origin === "callback" ? cause : undefined) ?? error.cause,
  });
}

/** What is said of the call that failed. */
export interface ToldCall {
  readonly method: string;
  /** the id that the request has if it was sent */
  readonly id: string;
  /** what failed on this side, where that is why */
  readonly cause: unknown;
}

function messageOf(text: string, { method, id, issues = [] }: RpcErrorParts): string {
  const quoted = issues.slice(0, QUOTED_ISSUES).map(({ path, message }) => `${path}: ${message}`);
  const more = issues.length - quoted.length;
  if (more > 0) quoted.push(`and ${more} more`);
  const called = method === undefined ? "" : `${method === "" ? "a returned function" : method}: `;
  const why = quoted.length === 0 ? "" : `: ${quoted.join("; ")}`;
  return `${called}${text}${why}${id === undefined || id === "" ? "" : ` (request ${id})`}`;
}

/** A fault that the daemon sent. The class is always ours: a peer never names one. */
export function errorOfRecord({ code, message, cause, ...rest }: FaultRecord): RpcError {
  return new RpcError(code, message, { ...rest, cause: causeOf(cause ?? []) });
}

function causeOf([first, ...rest]: readonly FaultCause[]): RpcError | undefined {
  if (first === undefined) return undefined;
  return new RpcError(first.code, first.message, { reason: first.reason, cause: causeOf(rest) });
}

/** Any failure of the connection as the error that the caller catches. @param outcome - of what was under way */
export function errorOfConnection(error: unknown, outcome: FaultOutcome): RpcError {
  if (error instanceof RpcError) return error;
  if (error instanceof Fault) {
    return new RpcError(error.code, error.detail, {
      origin: error.parts.origin ?? "channel",
      outcome,
      retry: error.parts.retry,
      cause: error,
    });
  }
  const detail = error instanceof Error ? error.message : "the daemon closed the connection";
  return new RpcError("unavailable", detail, { origin: "channel", outcome, cause: error });
}

/** The answer took too long. */
export function lateError(timeoutMs: number, outcome: FaultOutcome): RpcError {
  // A part of a whole time is no round number.
  const detail = `no answer within ${Math.ceil(timeoutMs)} ms`;
  return new RpcError("deadline_exceeded", detail, { outcome, origin: "limit" });
}

/** Its caller waits no longer. */
export function cancelledError(signal: AbortSignal, outcome: FaultOutcome): RpcError {
  return new RpcError("cancelled", "the call was cancelled", { outcome, cause: signal.reason });
}

/** The daemon is not the one that was pinned, or none was: nothing was shown to it. */
export class HostKeyError extends RpcError {
  override readonly name = "HostKeyError";
  readonly address: string;
  /** the fingerprint that the daemon showed */
  readonly found: string;
  /** the pinned fingerprints; none if this daemon is new */
  readonly expected: readonly string[];

  constructor(address: string, found: string, expected: readonly string[]) {
    const message =
      expected.length === 0
        ? `the host key of ${address} is not known: ${found}`
        : `the host key of ${address} is ${found}, but ${expected.join(" or ")} is pinned`;
    super("unauthenticated", message, { origin: "login", outcome: "not_started" });
    this.address = address;
    this.found = found;
    this.expected = expected;
  }
}
