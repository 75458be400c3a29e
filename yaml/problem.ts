/** A stretch of the text. Lines and columns count from 1, columns in code points; the end is exclusive. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly endLine?: number;
  readonly endColumn?: number;
}

/** An error is what the daemon refuses; a warning or a note leaves the file loadable. */
export type Severity = "error" | "warning" | "note";

/** One thing that is wrong with a file, said to whoever wrote it. */
export interface Problem {
  /** Stable: a code never changes its meaning (docs/policy.md, "Linter"). */
  readonly code: string;
  readonly severity: Severity;
  readonly at: Place;
  /** One sentence: what was expected and what came. It may quote the file: render it escaped. */
  readonly text: string;
  /** What to do. */
  readonly hint?: string;
  /** Other places that belong to it; each text is followed by ` at ` and the place. */
  readonly related?: readonly { readonly at: Place; readonly text: string }[];
  /** Where only one thing can have been meant: what to change. Nobody has tried yet what becomes of it (fixes.ts). */
  readonly fix?: Fix;
  /** Where it is not sure what was meant: what to change for each that can have been. The linter offers them, and applies none. */
  readonly choices?: readonly Choice[];
}

/** A thing that can have been meant. */
interface Choice {
  /** In a few words: `the network`. */
  readonly meant: string;
  readonly fix: Fix;
}

/** What would mend a problem, at its own place. */
export type Fix =
  /** What stands there gives way to another text. */
  | { readonly kind: "replace"; readonly by: string }
  /** What stands there is this word, between quotes perhaps, or begins with it: it gives way to another. */
  | { readonly kind: "rename"; readonly word: string; readonly by: string }
  /** The map that begins there gets another entry, in front of the others. */
  | { readonly kind: "put_first"; readonly entry: string }
  /** The entry whose key stands there goes, with all that is indented below it. */
  | { readonly kind: "remove_entry" }
  /** The comment that stands there goes, with its line where it has it for itself. */
  | { readonly kind: "remove_comment" };

/** The top of a file, for what is wrong with all of it. */
export const FILE_START: Place = { line: 1, column: 1 };

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === "error");
}

/** The problems that a daemon reports: notes are for the author of the file, who asks the linter. */
export function withoutNotes(problems: readonly Problem[]): readonly Problem[] {
  return problems.filter(({ severity }) => severity !== "note");
}

/** The problems in the order of the text. */
export function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted(
    (a, b) =>
      a.at.line - b.at.line || a.at.column - b.at.column || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0),
  );
}
