import { escapeText } from "../../base/escape.ts";
import { RULES } from "../../policy/linter.ts";
import type { Problem, Severity } from "../../yaml/problem.ts";
import { problemLine, renderProblem, renderSummary } from "../../yaml/render.ts";
import { editFor, type Linted, type LintRun } from "./linted.ts";

/** For people: an excerpt and a caret each, and what it comes to. */
export function humanLines({ files, knowsMethods }: LintRun, isColoured: boolean): readonly string[] {
  const isRefused = files.some(({ isLoadable }) => !isLoadable);
  return [
    ...files.flatMap((linted) => [
      ...linted.problems.map((problem) => coloured(excerptOf(problem, linted), problem.severity, isColoured)),
      summaryOf(linted, knowsMethods),
    ]),
    // Where a file is good its summary says so.
    ...(isRefused && !knowsMethods
      ? ["the rules about methods were skipped: --catalogue FILE, or --live, names them"]
      : []),
  ];
}

function excerptOf(problem: Problem, linted: Linted): string {
  return renderProblem(problem, linted.file, linted.source, editFor(problem, linted) !== undefined);
}

function summaryOf(linted: Linted, knowsMethods: boolean): string {
  const { problems, file, suppressed } = linted;
  const fixable = problems.filter((problem) => editFor(problem, linted) !== undefined).length;
  const letBe = suppressed.length === 0 ? "" : ` (${suppressed.length} let be)`;
  return `${renderSummary(problems, file, knowsMethods, fixable).trimEnd()}${letBe}`;
}

const COLOURS: Readonly<Record<Severity, string>> = { error: "31", warning: "33", note: "36" };

/** The first line and the carets; what is quoted has been escaped already. */
function coloured(text: string, severity: Severity, isColoured: boolean): string {
  if (!isColoured) return text;
  const paint = (part: string): string => `\u001b[${COLOURS[severity]}m${part}\u001b[0m`;
  return text.replace(/^\S+(?=:)/, paint).replace(/(?<=^ *\| *)\^+.*$/m, paint);
}

/** As editors read them: `file:line:column: E P301 text`. */
export function shortLines({ files }: LintRun): readonly string[] {
  return files.flatMap(({ file, problems }) => problems.map((problem) => problemLine(problem, file)));
}

const COMMANDS: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", note: "notice" };

/** The commands by which a step of GitHub's workflows marks lines of a change. */
export function githubLines({ files }: LintRun): readonly string[] {
  return files.flatMap(({ file, problems }) =>
    problems.map(({ code, severity, at, text, hint }) => {
      const { line, column, endLine = line, endColumn = column + 1 } = at;
      const title = `${code} ${RULES.get(code)?.name ?? ""}`.trim();
      const properties = [
        ["file", file],
        ["line", String(line)],
        ["endLine", String(endLine)],
        // A column is only taken where the finding stays on its line.
        ...(endLine === line
          ? [
              ["col", String(column)],
              ["endColumn", String(endColumn)],
            ]
          : []),
        ["title", title],
      ].map(([name = "", value = ""]) => `${name}=${property(escapeText(value))}`);
      const message = data(escapeText(hint === undefined ? text : `${text}: ${hint}`));
      return `::${COMMANDS[severity]} ${properties.join(",")}::${message}`;
    }),
  );
}

/** What GitHub's own toolkit escapes in the message of a command, and in a property of it. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** Whether a problem is at least so grave. */
export function isAtLeast({ severity }: Problem, least: Severity): boolean {
  const order: readonly Severity[] = ["error", "warning", "note"];
  return order.indexOf(severity) <= order.indexOf(least);
}
