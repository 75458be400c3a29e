import type { Problem } from "../../policy/problem.ts";
import { RULES } from "../../policy/rules.ts";
import type { Linted, LintRun } from "./linted.ts";

/** One object for a run of one file, as `--json` prints it; of several files a list of them. */
export function jsonReport({ files, knowsMethods }: LintRun): unknown {
  const reports = files.map(({ file, hash, problems, suppressed, isLoadable }) => ({
    tool: "rpcctl policy lint",
    file,
    hash,
    loadable: isLoadable,
    methods: knowsMethods,
    findings: problems.map(finding),
    suppressed: suppressed.map(({ problem, reason }) => ({ ...finding(problem), reason })),
  }));
  return reports.length === 1 ? reports[0] : reports;
}

/** A finding each, with its file: for programs that read line by line. */
export function jsonLines({ files }: LintRun): readonly unknown[] {
  return files.flatMap(({ file, hash, problems }: Linted) =>
    problems.map((problem) => ({ file, hash, ...finding(problem) })),
  );
}

function finding({ code, severity, at, text, hint, related }: Problem): object {
  return {
    code,
    name: RULES.get(code)?.name,
    severity,
    ...at,
    text,
    hint,
    related: related?.map((other) => ({ ...other.at, text: other.text })),
  };
}
