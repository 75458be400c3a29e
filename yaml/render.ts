import { escapeText } from "../base/escape.ts";
import { hasErrors, type Place, type Problem, type Severity } from "./problem.ts";

export { hasErrors } from "./problem.ts";

/** How many code points of a long line are shown. */
const WINDOW = 96;
/** How many of them before the caret, when the line is cut in front of it. */
const WINDOW_BEFORE = 40;

/**
 * A problem as people read it on a terminal:
 *
 *     error[P301]: role 'veiwer' is not declared
 *       --> policy.yaml:30:9
 *        |
 *     29 |   math:
 *     30 |     to: veiwer
 *        |         ^^^^^^ did you mean 'viewer'?
 *        |
 *        = roles are declared at policy.yaml:5:1
 *        = fix: rpcctl policy lint --fix
 *
 * The file may be an attacker's: whatever is quoted from it, and its name, is escaped.
 *
 * @param source - the text that was read, for the excerpt
 * @param isFixable - whether the linter would mend it by itself
 */
export function renderProblem(
  problem: Problem,
  fileName: string,
  source: string,
  isFixable: boolean = false,
): string {
  const { at, hint } = problem;
  const gutter = String(at.line).length;
  const bar = `${" ".repeat(gutter)} |`;
  const lines = [
    `${problem.severity}[${problem.code}]: ${escapeText(problem.text)}`,
    `${" ".repeat(gutter)}--> ${where(fileName, at)}`,
    bar,
  ];
  const [before, line] = linesUpTo(source, at.line);
  const start = windowStart(line, at);
  if (before !== undefined) {
    lines.push(`${String(at.line - 1).padStart(gutter)} | ${excerpt(before, start).shown}`.trimEnd());
  }
  const { shown, caret, width } = excerpt(line, start, at);
  lines.push(`${at.line} | ${shown}`.trimEnd());
  const note = hint === undefined ? "" : ` ${escapeText(hint)}`;
  lines.push(`${bar} ${" ".repeat(caret)}${"^".repeat(width)}${note}`);
  const remarks = [
    ...(problem.related ?? []).map((one) => `${escapeText(one.text)} at ${where(fileName, one.at)}`),
    ...(isFixable ? ["fix: rpcctl policy lint --fix"] : []),
  ];
  if (remarks.length > 0) lines.push(bar, ...remarks.map((remark) => `${" ".repeat(gutter)} = ${remark}`));
  return `${lines.join("\n")}\n`;
}

/** A problem on one line, in the form that editors know: `file:line:column: E P301 text`. */
export function problemLine({ at, severity, code, text }: Problem, fileName: string): string {
  return escapeText(`${fileName}:${at.line}:${at.column}: ${LETTERS[severity]} ${code} ${text}`);
}

const LETTERS: Readonly<Record<Severity, string>> = { error: "E", warning: "W", note: "N" };

/**
 * One line on all of them: `2 errors, 1 warning (1 fixable) in policy.yaml; the daemon would refuse this file`.
 *
 * @param fixable - how many of them the linter would mend by itself
 */
export function renderSummary(
  problems: readonly Problem[],
  fileName: string,
  knowsMethods: boolean = false,
  fixable: number = 0,
): string {
  const counts = (["error", "warning", "note"] as const)
    .map((severity) => count(problems, severity))
    .filter((words) => words !== undefined);
  const found = `${counts.length === 0 ? "no problems" : counts.join(", ")}${fixable === 0 ? "" : ` (${fixable} fixable)`}`;
  // Without the daemon's methods nobody can promise that it loads.
  const verdict = hasErrors(problems)
    ? "the daemon would refuse this file"
    : knowsMethods
      ? "nothing in it keeps the daemon from loading it"
      : "rpcd --check, or --catalogue FILE, also holds it against the methods";
  return `${found} in ${escapeText(fileName)}; ${verdict}\n`;
}

function count(problems: readonly Problem[], severity: Severity): string | undefined {
  const found = problems.filter((problem) => problem.severity === severity).length;
  return found === 0 ? undefined : `${found} ${severity}${found === 1 ? "" : "s"}`;
}

function where(fileName: string, { line, column }: Place): string {
  return `${escapeText(fileName)}:${line}:${column}`;
}

/** The line before, where there is one, and the line itself; found without cutting up the whole text. */
function linesUpTo(source: string, line: number): [string | undefined, string] {
  let before: number | undefined;
  let start = 0;
  for (let passed = 1; passed < line; passed++) {
    const end = source.indexOf("\n", start);
    if (end === -1) break;
    before = start;
    start = end + 1;
  }
  return [before === undefined ? undefined : lineAt(source, before), lineAt(source, start)];
}

function lineAt(source: string, start: number): string {
  const end = source.indexOf("\n", start);
  return source.slice(start, end === -1 ? source.length : end).replace(/\r$/, "");
}

/** The first code point that is shown: 0 unless the line is too long to show the caret in it. */
function windowStart(line: string, at: Place): number {
  const fits = line.length <= 2 * WINDOW && codePoints(line).length <= WINDOW;
  return fits || at.column + WINDOW_BEFORE <= WINDOW ? 0 : Math.max(0, at.column - 1 - WINDOW_BEFORE);
}

/** The part of a line that is shown, and where under it the carets stand. */
function excerpt(line: string, start: number, at?: Place): { shown: string; caret: number; width: number } {
  const points = codePoints(line);
  const end = Math.min(points.length, start + WINDOW);
  const front = start > 0 ? "…" : "";
  const shown = (from: number, to: number): string => displayed(points.slice(from, to).join(""));
  const text = `${front}${shown(start, end)}${end < points.length ? "…" : ""}`;
  if (at === undefined) return { shown: text, caret: 0, width: 0 };
  const first = at.column - 1;
  const sameLine = at.endLine === undefined || at.endLine === at.line;
  const last = Math.min(end, sameLine ? (at.endColumn ?? at.column + 1) - 1 : end);
  const caret = front.length + codePoints(shown(start, first)).length;
  return { shown: text, caret, width: Math.max(1, codePoints(shown(first, last)).length) };
}

/** A tab is shown as four spaces, so that the caret below needs to know nothing of tab stops. */
function displayed(text: string): string {
  return escapeText(text.replaceAll("\t", "    "));
}

/** Columns are code points, as in {@link Place}. */
function codePoints(text: string): string[] {
  return Array.from(text);
}
