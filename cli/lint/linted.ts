import type { Edit, Suppressed } from "../../policy/linter.ts";
import type { Positions } from "../../yaml/positions.ts";
import type { Fix, Place, Problem } from "../../yaml/problem.ts";

/** One file that was held against the rules. */
export interface Linted {
  /** As it was named. */
  readonly file: string;
  /** `sha256:…` of its bytes. */
  readonly hash: string;
  /** The text, for excerpts. */
  readonly source: string;
  /** With the severities that were asked for. */
  readonly problems: readonly Problem[];
  readonly suppressed: readonly Suppressed[];
  /** What `--fix` would do about them, and what their choices come to: only what is safe (policy/lint/fixes.ts). */
  readonly edits: ReadonlyMap<Fix, Edit>;
  /** Whether the text is what the bytes say: else offsets in one are none in the other. */
  readonly isText: boolean;
  /** Whether nothing in it keeps the daemon from loading it. */
  readonly isLoadable: boolean;
}

/** What `--fix` would do about a problem. */
export function editFor({ fix }: Problem, { edits }: Linted): Edit | undefined {
  return fix === undefined ? undefined : edits.get(fix);
}

/** What can have been meant, where that is not sure: each with what to change for it. Nobody applies one unasked. */
export function choicesFor(
  { choices = [] }: Problem,
  { edits }: Linted,
): readonly { readonly meant: string; readonly edit: Edit }[] {
  return choices.flatMap(({ meant, fix }) => {
    const edit = edits.get(fix);
    return edit === undefined ? [] : [{ meant, edit }];
  });
}

/** Where an edit is: with both its ends, also where it only puts something in. */
export function placeOf({ start, end }: Edit, positions: Positions): Required<Place> {
  const { line, column, endLine = line, endColumn = column } = positions.place(start, end);
  return { line, column, endLine, endColumn };
}

/** What is known of the run beside the files. */
export interface LintRun {
  readonly files: readonly Linted[];
  /** Whether the daemon's methods were known: without them some rules are skipped. */
  readonly knowsMethods: boolean;
  /** What was asked for beside the severities of the rules. */
  readonly severities: ReadonlyMap<string, string>;
}
