import {
  type Denial,
  FAULT_ORIGINS,
  FAULT_OUTCOMES,
  type Fault,
  type FaultCode,
  type FaultOrigin,
  type FaultOutcome,
  type Issue,
  isFaultCode,
  type Retry,
} from "../base/fault.ts";
import { ISSUES_MAX } from "../base/issues.ts";
import { readFlag, readList, readMap, readText, readWord, type WireMap } from "./fields.ts";
import { FAULT_CAUSES_MAX } from "./limits.ts";

/** A fault as it crosses the wire (docs/errors.md, "The map"). */
export interface FaultRecord {
  readonly code: FaultCode;
  readonly message: string;
  /** the request's id: the key into the audit log */
  readonly id: string;
  readonly reason?: string;
  readonly data?: unknown;
  readonly retry?: Retry;
  readonly outcome?: FaultOutcome;
  readonly origin?: FaultOrigin;
  readonly issues?: readonly Issue[];
  /** why the policy denied it, for a caller who may explain */
  readonly denial?: Denial;
  readonly cause?: readonly FaultCause[];
}

/** One fault behind another: what the peer may know of it, no stack. */
export interface FaultCause {
  readonly code: FaultCode;
  readonly reason?: string;
  readonly message: string;
}

const TEXT_MAX_CHARS = 4096;
const WORD_MAX_CHARS = 256;

/**
 * All that the peer may know of a fault, within what a reader accepts: a fault may quote what the caller sent,
 * or be made by a method that knows no types. @param id - the request's id
 */
export function faultRecord(fault: Fault, id: string): FaultRecord {
  const { reason, data, retry, outcome, origin, issues, denial, because } = fault.parts;
  return {
    code: fault.code,
    message: clip(fault.text, TEXT_MAX_CHARS),
    id,
    ...(reason === undefined ? {} : { reason: clip(reason, WORD_MAX_CHARS) }),
    ...(data === undefined ? {} : { data }),
    ...(isRetry(retry) ? { retry } : {}),
    ...(outcome === undefined ? {} : { outcome }),
    ...(origin === undefined ? {} : { origin }),
    ...(issues === undefined ? {} : { issues: issues.slice(0, ISSUES_MAX).map(clipIssue) }),
    ...(denial === undefined ? {} : { denial: clipDenial(denial) }),
    ...(because === undefined ? {} : { cause: causes(because) }),
  };
}

function causes(first: Fault): readonly FaultCause[] {
  const all: FaultCause[] = [];
  for (let one: Fault | undefined = first; one !== undefined; one = one.parts.because) {
    if (all.length === FAULT_CAUSES_MAX) break;
    const { reason } = one.parts;
    all.push({
      code: one.code,
      message: clip(one.text, TEXT_MAX_CHARS),
      ...(reason === undefined ? {} : { reason: clip(reason, WORD_MAX_CHARS) }),
    });
  }
  return all;
}

function clip(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars - 1)}…`.toWellFormed();
}

function clipIssue({ path, message }: Issue): Issue {
  return { path: clip(path, WORD_MAX_CHARS), message: clip(message, TEXT_MAX_CHARS) };
}

function clipDenial({ reason, policy, ...rest }: Denial): Denial {
  const clipped = Object.entries(rest).map(([name, words]) => [name, clip(words, TEXT_MAX_CHARS)]);
  return { reason, policy, ...Object.fromEntries(clipped) };
}

/** Methods are often written without types. */
function isRetry(found: Retry | undefined): found is Retry {
  if (typeof found !== "object" || found === null || typeof found.ok !== "boolean") return false;
  return found.afterMs === undefined || (Number.isFinite(found.afterMs) && found.afterMs >= 0);
}

/** The map for the encoder. */
export function faultMap({ retry, issues, cause, ...rest }: FaultRecord): WireMap {
  const map: Record<string, unknown> = { ...rest };
  if (retry !== undefined) {
    map["retry"] = retry.afterMs === undefined ? { ok: retry.ok } : { ok: retry.ok, after_ms: retry.afterMs };
  }
  if (issues !== undefined) map["issues"] = issues.map(({ path, message }) => ({ path, message }));
  if (cause !== undefined) map["cause"] = cause;
  return map;
}

/**
 * Reads a fault that a peer sent. The code is held against the closed list, and what is not on it is
 * `internal`: a peer never names anything that is looked up here.
 *
 * @throws Fault `protocol_error`
 */
export function readFaultRecord(found: unknown): FaultRecord {
  const map = readMap(found, "fault");
  const { retry, outcome, origin, issues, cause, denial } = map;
  return {
    ...readCause(map),
    id: readText(map["id"], "id", WORD_MAX_CHARS),
    ...("data" in map ? { data: map["data"] } : {}),
    ...(retry === undefined ? {} : { retry: readRetry(retry) }),
    ...(outcome === undefined ? {} : { outcome: readWord(outcome, "outcome", FAULT_OUTCOMES) }),
    ...(origin === undefined ? {} : { origin: readWord(origin, "origin", FAULT_ORIGINS) }),
    ...(issues === undefined
      ? {}
      : { issues: readList(issues, "issues").slice(0, ISSUES_MAX).map(readIssue) }),
    ...(cause === undefined
      ? {}
      : {
          cause: readList(cause, "cause")
            .slice(0, FAULT_CAUSES_MAX)
            .map((one) => readCause(readMap(one, "cause"))),
        }),
    ...(denial === undefined ? {} : { denial: readDenial(denial) }),
  };
}

const DENIAL_WORDS = ["grant", "at", "path", "want", "got"] as const;

function readDenial(found: unknown): Denial {
  const map = readMap(found, "denial");
  const words = DENIAL_WORDS.filter((name) => map[name] !== undefined).map((name) => [
    name,
    readText(map[name], `denial.${name}`, TEXT_MAX_CHARS),
  ]);
  return {
    reason: readText(map["reason"], "denial.reason", WORD_MAX_CHARS),
    policy: readText(map["policy"], "denial.policy", WORD_MAX_CHARS),
    ...Object.fromEntries(words),
  };
}

function readCause(map: WireMap): FaultCause {
  const code = readText(map["code"], "code", WORD_MAX_CHARS);
  return {
    code: isFaultCode(code) ? code : "internal",
    message: readText(map["message"], "message", TEXT_MAX_CHARS),
    ...(map["reason"] === undefined ? {} : { reason: readText(map["reason"], "reason", WORD_MAX_CHARS) }),
  };
}

function readRetry(found: unknown): Retry {
  const map = readMap(found, "retry");
  const after = map["after_ms"];
  const ok = readFlag(map["ok"], "retry.ok");
  return typeof after === "number" && after >= 0 ? { ok, afterMs: after } : { ok };
}

function readIssue(found: unknown): Issue {
  const map = readMap(found, "issues");
  return {
    path: readText(map["path"], "issues.path", WORD_MAX_CHARS),
    message: readText(map["message"], "issues.message", TEXT_MAX_CHARS),
  };
}
