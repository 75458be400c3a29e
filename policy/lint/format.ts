import { printDocument } from "../../yaml/package.ts";
import { hasErrors, type Problem } from "../../yaml/problem.ts";
import { readYaml } from "../../yaml/read.ts";
import type { YamlNode } from "../../yaml/tree.ts";
import { lintPolicy } from "./lint.ts";

export type Formatted =
  | { readonly text: string }
  /** What keeps it from being formatted: it is no YAML that the gate takes. */
  | { readonly problems: readonly Problem[]; readonly source: string };

/**
 * The text of a policy as everybody writes it: two spaces a level, one form of quotes and brackets, comments kept. What it
 * says stays what it is, and formatting it again changes nothing: both are looked at each time, not hoped for.
 *
 * @throws Error if the printed text says something else: a mistake of the printer's, and nothing is lost by it
 */
export function formatYaml(bytes: Uint8Array): Formatted {
  const { root, problems, source } = readYaml(bytes);
  if (hasErrors(problems)) return { problems, source };
  // The printer moves a comment behind a key to the next line: only then it has come to rest.
  const text = printDocument(printDocument(source));
  const again = readYaml(Buffer.from(text));
  if (hasErrors(again.problems) || !isSame(root, again.root))
    throw new Error("the formatted text would say something else");
  if (printDocument(text) !== text) throw new Error("the formatted text would be formatted otherwise again");
  return { text };
}

/**
 * Whether the linter would find something else in the formatted text: a comment for it may be moved to another line, and a
 * name that ran over two lines stands on one. Then the file is better left as it is.
 */
export function changesFindings(bytes: Uint8Array, text: string): boolean {
  const [before, after] = [lintPolicy(bytes), lintPolicy(Buffer.from(text))];
  const known = new Set(before.problems.map(({ code }) => code));
  return (
    after.suppressed.length !== before.suppressed.length ||
    after.problems.some(({ code }) => !known.has(code))
  );
}

/** Whether two trees say the same, wherever it stands. */
function isSame(a: YamlNode | undefined, b: YamlNode | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.kind === "scalar") return b.kind === "scalar" && a.value === b.value;
  if (a.kind === "list")
    return (
      b.kind === "list" &&
      a.items.length === b.items.length &&
      a.items.every((item, i) => isSame(item, b.items[i]))
    );
  if (b.kind !== "map" || a.entries.size !== b.entries.size) return false;
  const others = [...b.entries.values()];
  return [...a.entries.values()].every(
    ({ key, value }, i) => key === others[i]?.key && isSame(value, others[i]?.value),
  );
}
