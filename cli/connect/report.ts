import { escapeText } from "../../base/escape.ts";
import { type Denial, FAULT_TEXT, isFaultCode } from "../../base/fault.ts";
import type { RpcError } from "../../client/index.ts";
import { FileProblem, type FileProblemKind, systemCode } from "../../files/file-problem.ts";
import type { Ending } from "../io/exit.ts";
import { BrokenOff, Failure } from "../io/failure.ts";
import { jsonText } from "../print/json.ts";
import { valueText } from "../print/print.ts";
import { faultHints, faultWords } from "./fault-words.ts";

/** What ended a command, ready to be printed. */
export interface Report {
  readonly ending: Ending;
  /** For people: one line, then what belongs to it, then at most three hints. Escaped. */
  readonly text: string;
  /** For machines, on one line. */
  readonly json: string;
}

const FILE_ENDINGS: Readonly<Record<FileProblemKind, Ending>> = {
  not_found: "not_found",
  unreadable: "not_found",
  unsafe: "identity",
  changed: "failed",
  malformed: "identity",
  exists: "failed",
  unwritable: "failed",
};

interface ReportParts {
  readonly ending: Ending;
  readonly line: string;
  /** Escaped already. */
  readonly detail?: string;
  readonly hints: readonly string[];
  /** What JSON tells beside the line. */
  readonly record?: Readonly<Record<string, unknown>>;
}

/**
 * Says what went wrong. Whatever it is ends here: what nobody meant to throw is our mistake, and is told with
 * its stack.
 *
 * @param method - the one that was called, if one was
 */
export function report(error: unknown, method: string | undefined): Report {
  const { ending, line, detail = "", hints, record = {} } = partsOf(error, method);
  const lines = [escapeText(line)];
  if (detail !== "") lines.push(detail.trimEnd());
  for (const hint of hints.slice(0, 3)) lines.push(`  → ${escapeText(hint)}`);
  const json = jsonText({ error: ending, message: line, ...record, hints });
  return { ending, text: lines.join("\n"), json };
}

function partsOf(error: unknown, method: string | undefined): ReportParts {
  if (error instanceof Failure) {
    const { ending, message: line, hints, detail } = error;
    return { ending, line, hints, detail };
  }
  if (error instanceof BrokenOff) {
    const parts = partsOf(error.cause, method);
    return { ...parts, ending: "broken", line: `${error.message}: ${parts.line}` };
  }
  if (error instanceof FileProblem) {
    const { kind, message: line, mend } = error;
    return { ending: FILE_ENDINGS[kind], line, hints: mend === undefined ? [] : [mend], record: { kind } };
  }
  if (isRpcError(error)) return faultParts(error, method);
  const code = systemCode(error);
  if (error instanceof Error && code !== undefined && /^E[A-Z0-9]+$/.test(code)) {
    return { ending: "failed", line: error.message, hints: [], record: { code } };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const [first = "", ...rest] = stack.split("\n");
  const detail = rest.map((line) => escapeText(line)).join("\n");
  return { ending: "internal", line: `rpcctl made a mistake: ${first}`, detail, hints: [] };
}

/** Known by its form: printing a mistake in an option must not load the client. */
function isRpcError(error: unknown): error is RpcError {
  return (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    isFaultCode(error.code) &&
    "id" in error &&
    typeof error.id === "string" &&
    "text" in error &&
    typeof error.text === "string"
  );
}

function faultParts(fault: RpcError, method: string | undefined): ReportParts {
  const { code, id, text, reason, data, retry, outcome, origin, issues, denial } = fault;
  const { word, ending } = faultWords(fault);
  const ofCall = origin !== "channel" && origin !== "login";
  const line = [
    word,
    ofCall ? method : undefined,
    reason,
    // The word says as much as that text does.
    code === "permission_denied" && text === FAULT_TEXT[code] ? undefined : text,
  ].filter((part) => part !== undefined && part !== "");
  const request = id === "" ? "" : ` (request ${id})`;
  const shown = data === undefined ? undefined : valueText(data);
  const detail = [
    ...(denial === undefined ? [] : [`  ${escapeText(denialLine(denial))}`]),
    ...issues.map((issue) => `  ${escapeText(issue.path)}: ${escapeText(issue.message)}`),
    ...(shown === undefined ? [] : shown.split("\n").map((one) => `  ${one}`)),
  ].join("\n");
  const record = {
    code,
    id,
    reason,
    data,
    retry,
    outcome,
    origin,
    denial,
    ...(issues.length > 0 ? { issues } : {}),
  };
  return { ending, line: `${line.join(": ")}${request}`, detail, hints: faultHints(fault, method), record };
}

/** Only who may explain is told it. */
function denialLine({ reason, grant, at, path, want, got }: Denial): string {
  if (grant === undefined) return `why: ${reason}`;
  return `why: grant '${grant}' (${at ?? "?"}) wants ${path ?? "the call"} to be ${want ?? "another"}, and ${got ?? "this"} came`;
}
