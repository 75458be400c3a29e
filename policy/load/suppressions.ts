import { hasContent, lastOfBlock } from "../../yaml/blocks.ts";
import type { Place, Problem } from "../../yaml/problem.ts";
import { listWords } from "../../yaml/reader.ts";
import { short, type YamlComment } from "../../yaml/tree.ts";
import { RULES } from "../rules/rules.ts";

/*
 * A comment that lets findings be, with the reason:
 *
 *     call: "**"              # lint: allow P401 this is the owner's own grant       on its own line
 *
 *     # lint: allow P401, P403 this is the owner's own grant
 *     owner:                                                                         on the next line, and all that is
 *       call: "**"                                                                   indented below it
 *
 * An error cannot be let be: the daemon refuses it.
 */

export interface Suppressed {
  readonly problem: Problem;
  readonly reason: string;
}

interface Suppression {
  readonly at: Place;
  readonly codes: readonly string[];
  readonly reason: string;
  readonly firstLine: number;
  readonly lastLine: number;
}

export interface Weighed {
  /** What is left, and what is wrong with the comments themselves (P702). */
  readonly problems: readonly Problem[];
  readonly suppressed: readonly Suppressed[];
}

const FORM = /^#\s*lint:\s*allow\s+(P\d{3}(?:\s*,\s*P\d{3})*)(?:\s+(.*))?$/;
/** Of a comment; a reason is a sentence, and no expression walks a megabyte of blanks. */
const READ_MAX_CHARS = 1_000;

const LIKE_IT = /^#\s*lint:/;

/**
 * Takes out what comments let be.
 *
 * @param wasLookedFor - whether a rule was tried at all: a comment about one that was not is not called useless
 */
export function suppress(
  problems: readonly Problem[],
  comments: readonly YamlComment[],
  source: string,
  wasLookedFor: (code: string) => boolean,
): Weighed {
  const words = comments.filter(({ text }) => LIKE_IT.test(text.slice(0, READ_MAX_CHARS)));
  if (words.length === 0) return { problems, suppressed: [] };
  const lines = source.split("\n");
  const wrong: Problem[] = [];
  const good = words.flatMap((comment) => read(comment, lines, wrong));
  const used = new Map(good.map((one) => [one, new Set<string>()]));
  const suppressed: Suppressed[] = [];
  const left = problems.filter((problem) => {
    const { code, severity, at } = problem;
    const by = good.find(
      (one) => one.codes.includes(code) && one.firstLine <= at.line && at.line <= one.lastLine,
    );
    if (by === undefined || severity === "error") return true;
    used.get(by)?.add(code);
    suppressed.push({ problem, reason: by.reason });
    return false;
  });
  for (const [{ at, codes }, hit] of used) {
    const idle = codes.filter((code) => !hit.has(code) && wasLookedFor(code));
    if (idle.length === 0) continue;
    const problem = misused(at, `there is no ${listWords(idle)} here to let be`, "remove the comment");
    // One that lets something else be, or that was not looked for, has to stay.
    wrong.push(idle.length === codes.length ? { ...problem, fix: { kind: "remove_comment" } } : problem);
  }
  return { problems: [...left, ...wrong], suppressed };
}

function misused(at: Place, text: string, hint: string): Problem {
  return { code: "P702", severity: "warning", at, text, hint };
}

function read({ text, at, isAlone }: YamlComment, lines: readonly string[], wrong: Problem[]): Suppression[] {
  const match = FORM.exec(text.slice(0, READ_MAX_CHARS).trimEnd());
  if (match === null) {
    wrong.push(misused(at, `'${short(text)}' is not understood`, "# lint: allow P402 and the reason"));
    return [];
  }
  const codes = (match[1] ?? "").split(",").map((code) => code.trim());
  const unknown = codes.find((code) => !RULES.has(code) || code === "P702");
  if (unknown !== undefined) {
    wrong.push(
      misused(
        at,
        `there is no rule ${unknown} that could be let be`,
        "rpcctl policy lint --explain lists them",
      ),
    );
    return [];
  }
  const reason = match[2]?.trim() ?? "";
  if (reason === "") {
    wrong.push(misused(at, "the reason is missing", `# lint: allow ${codes.join(", ")} and the reason`));
    return [];
  }
  const firstLine = isAlone ? nextLine(at.line, lines) : at.line;
  return [{ at, codes, reason, firstLine, lastLine: isAlone ? lastOfBlock(firstLine, lines) : at.line }];
}

/** The next line with something on it that is no comment. */
function nextLine(line: number, lines: readonly string[]): number {
  let next = line + 1;
  while (next <= lines.length && !hasContent(lines[next - 1] ?? "")) next++;
  return next;
}
