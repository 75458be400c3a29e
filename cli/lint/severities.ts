import { RULES } from "../../policy/linter.ts";
import type { Problem, Severity } from "../../yaml/problem.ts";
import { usage } from "../io/failure.ts";

export type AskedSeverity = Severity | "off";

const WORDS: readonly string[] = ["error", "warning", "note", "off"];

/**
 * Severities that differ from the rules' own, as `P402=note`, from flags or the lines of a file; later ones win.
 *
 * @throws Failure for what is no rule, or no severity, or would hide what the daemon refuses
 */
export function readSeverities(texts: readonly string[]): ReadonlyMap<string, AskedSeverity> {
  const asked = new Map<string, AskedSeverity>();
  for (const text of texts) {
    const [, code = "", word = ""] = /^(P\d{3})\s*[=:]\s*(\w+)$/.exec(text.trim()) ?? [];
    const rule = RULES.get(code);
    if (rule === undefined || !isWord(word))
      throw usage(
        `--severity: CODE=SEVERITY was expected, like P402=note, not '${text}'`,
        `severities are ${WORDS.join(", ")}`,
        "rpcctl policy lint --explain lists the rules",
      );
    asked.set(code, word);
  }
  return asked;
}

function isWord(word: string): word is AskedSeverity {
  return WORDS.includes(word);
}

/** The lines of a file of severities; what follows a `#` is a comment. */
export function severityLines(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "");
}

/** An error stays one: the daemon refuses the file, whatever the linter is told. */
export function withSeverities(
  problems: readonly Problem[],
  asked: ReadonlyMap<string, AskedSeverity>,
): readonly Problem[] {
  return problems.flatMap((problem) => {
    const severity = problem.severity === "error" ? undefined : asked.get(problem.code);
    if (severity === undefined) return [problem];
    return severity === "off" ? [] : [{ ...problem, severity }];
  });
}
