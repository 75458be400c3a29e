import {
  type Denial,
  Fault,
  type FaultCode,
  type FaultOrigin,
  type FaultOutcome,
  type FaultParts,
  type Issue,
  type Retry,
} from "../base/fault.ts";
import type { FaultCause, FaultRecord } from "../wire/fault-record.ts";

/** What an {@link RpcError} is made of. */
export interface RpcErrorParts extends Omit<FaultParts, "text"> {
  readonly id?: string | undefined;
}

/**
 * Why a call did not give a value. `code` is from the closed list (docs/errors.md); the message came from the
 * peer, or was made here where the peer said nothing: escape it before it is shown.
 */
export class RpcError extends Error {
  override readonly name: string = "RpcError";
  readonly code: FaultCode;
  /** The request's id, which finds the call in the daemon's audit log; empty if the call was never sent. */
  readonly id: string;
  /** What the method declared as the reason, with its service in front: `disk.full`. */
  readonly reason: string | undefined;
  readonly data: unknown;
  readonly retry: Retry | undefined;
  /** What became of the call's work. */
  readonly outcome: FaultOutcome | undefined;
  readonly origin: FaultOrigin | undefined;
  readonly issues: readonly Issue[];
  /** Why the policy denied the call; there only for callers who may explain. */
  readonly denial: Denial | undefined;

  constructor(code: FaultCode, message: string, parts: RpcErrorParts = {}) {
    super(message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = code;
    this.id = parts.id ?? "";
    this.reason = parts.reason;
    this.data = parts.data;
    this.retry = parts.retry;
    this.outcome = parts.outcome;
    this.origin = parts.origin;
    this.issues = parts.issues ?? [];
    this.denial = parts.denial;
  }

  /** Whether this is the failure that the method declared under this reason. */
  is(reason: string): boolean {
    return this.reason === reason;
  }
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
