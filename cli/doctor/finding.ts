import { FileProblem } from "../../files/file-problem.ts";
import { Failure } from "../io/failure.ts";

/** What warnings and notes are about. `--ignore CODE` acknowledges them; an error cannot be ignored. */
export const FINDING_CODES = [
  "node-line",
  "node-fixes",
  "unit-not-read",
  "unit-restarts",
  "unit-not-enabled",
  "unit-hardening",
  "unit-changed",
  "configuration",
  "status-file",
  "policy-not-reloaded",
  "restart-pending",
  "version-running",
  "audit-mode",
  "clock-back",
  "socket-mode",
] as const;

/** Of the linter's rules: `rpcd --check` reports their findings about the policy. */
const LINT_CODE = /^P[0-9]{3}$/;

export type FindingCode = (typeof FINDING_CODES)[number] | `P${string}`;

/** Whether a word is the code of a warning or a note. */
export function isFindingCode(word: string): word is FindingCode {
  return LINT_CODE.test(word) || FINDING_CODES.some((code) => code === word);
}

/** Something that is not as it should be. */
export interface Finding {
  /**
   * `error`: it does not work, or is not safe. `warning`: it works, and somebody should look. `note`: worth knowing, and no reason for
   * the command to fail.
   */
  readonly severity: "error" | "warning" | "note";
  /** of a warning or a note; an error has none */
  readonly code: FindingCode | undefined;
  /** the file, unit or address that it is about */
  readonly where: string;
  readonly text: string;
  /** the command, or the step in words, that mends it */
  readonly mend: string | undefined;
}

export function error(where: string, text: string, mend?: string): Finding {
  return { severity: "error", code: undefined, where, text, mend };
}

export function warning(code: FindingCode, where: string, text: string, mend?: string): Finding {
  return { severity: "warning", code, where, text, mend };
}

export function note(code: FindingCode, where: string, text: string, mend?: string): Finding {
  return { severity: "note", code, where, text, mend };
}

/** Runs a check that may stumble over what it looks at: that is what was looked for. */
export async function stumbling<T>(
  where: string,
  work: () => T | Promise<T>,
): Promise<T | readonly Finding[]> {
  try {
    return await work();
  } catch (thrown) {
    return findingsOf(where, thrown);
  }
}

/** What was thrown over a file or a connection, as findings; anything else is thrown on. */
export function findingsOf(where: string, thrown: unknown): readonly Finding[] {
  if (thrown instanceof FileProblem) return [error(thrown.path, withoutPath(thrown), thrown.mend)];
  if (!(thrown instanceof Failure)) throw thrown;
  const detail = thrown.detail === "" ? "" : `\n${thrown.detail}`;
  return [error(where, thrown.message + detail, thrown.hints.join("; or ") || undefined)];
}

/** The message of a {@link FileProblem} begins with its path, which stands beside it here. */
function withoutPath({ message, path }: FileProblem): string {
  return message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message;
}
