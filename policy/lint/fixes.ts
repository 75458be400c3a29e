import { assertNever } from "../../base/assert-never.ts";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import { indentOf, lastOfBlock } from "../../yaml/blocks.ts";
import { Positions } from "../../yaml/positions.ts";
import { type Fix, hasErrors, type Place, type Problem } from "../../yaml/problem.ts";
import { readYaml } from "../../yaml/read.ts";
import type { Loaded } from "../load/load.ts";
import type { PolicyTree } from "../syntax/tree.ts";
import { lintPolicy } from "./lint.ts";
import { meaning } from "./meaning.ts";

/*
 * What the linter mends by itself: only where one thing can have been meant, and never so that a policy which the daemon
 * loads would allow more. Each mended text is read again, and what it says is held against what was said before.
 */

/** A change of a text, in its UTF-16 units: what stands from `start` up to `end` gives way to `text`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface Fixed {
  readonly text: string;
  /** The codes of what was mended, in the order of the text. */
  readonly codes: readonly string[];
}

/** One mend may make another possible; so often it is looked again. */
const ROUNDS = 5;

/** In one round: each is tried by itself, which takes as long as reading the file. */
const EDITS = 64;

/** For a report so much of text is read again, in UTF-16 units: three seconds at worst. One edit is tried in any case. */
const TRIED_MAX_UNITS = 2 * 1024 * 1024;

interface FixCircumstances {
  readonly catalogue: Catalogue | undefined;
  /** milliseconds since 1970: what is over then, and the moment of tests that name none */
  readonly nowMs: number;
}

/** Mends a text, in rounds. @param nowMs - milliseconds since 1970 */
export function fixPolicy(source: string, catalogue: Catalogue | undefined, nowMs: number): Fixed {
  let text = source;
  const codes: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = lintPolicy(Buffer.from(text), catalogue, nowMs);
    const edits = safeEdits(before, { catalogue, nowMs }, EDITS);
    if (edits.size === 0) break;
    text = applied(text, [...edits.values()]);
    for (const { code, fix } of before.problems) if (fix !== undefined && edits.has(fix)) codes.push(code);
  }
  return { text, codes };
}

/**
 * The edits that {@link fixPolicy} would begin with, for a report; and for findings that can have been meant in several ways
 * the edit of each choice, which it never applies. Of a large file the first ones of them.
 *
 * @param nowMs - milliseconds since 1970, as it was loaded
 */
export function fixesOf(
  loaded: Loaded,
  catalogue: Catalogue | undefined,
  nowMs: number,
): ReadonlyMap<Fix, Edit> {
  const tries = Math.floor(TRIED_MAX_UNITS / Math.max(1, loaded.source.length));
  const most = Math.max(1, Math.min(EDITS, tries));
  const where = { catalogue, nowMs };
  return new Map([...safeEdits(loaded, where, most), ...safeChoices(loaded, where, most)]);
}

/** Each by itself: two choices of one finding are for the same place. */
function safeChoices(loaded: Loaded, where: FixCircumstances, most: number): ReadonlyMap<Fix, Edit> {
  const { problems, source } = loaded;
  const open = problems.filter(({ choices = [] }) => choices.length > 0);
  if (open.length === 0) return new Map();
  const text = { source, positions: new Positions(source) };
  const good = open
    .flatMap((problem) => (problem.choices ?? []).flatMap(({ fix }) => mendsOf(problem, fix, text)))
    .slice(0, most)
    .filter((mend) => isSafe(mend, loaded, where));
  return new Map(good.map(({ fix, edit }) => [fix, edit]));
}

/** In the order of the text; none touches another. */
function safeEdits(loaded: Loaded, where: FixCircumstances, most: number): ReadonlyMap<Fix, Edit> {
  const { problems, source } = loaded;
  const fixable = problems.filter(({ fix }) => fix !== undefined);
  if (fixable.length === 0) return new Map();
  const text = { source, positions: new Positions(source) };
  const good = disjoint(fixable.flatMap((problem) => mendsOf(problem, problem.fix, text)))
    .slice(0, most)
    .filter((mend) => isSafe(mend, loaded, where));
  // Each alone was safe; together they have to be as well.
  const together = applied(
    source,
    good.map(({ edit }) => edit),
  );
  const kept =
    good.length < 2 || keeps(loaded, lintPolicy(Buffer.from(together), where.catalogue, where.nowMs));
  return new Map((kept ? good : good.slice(0, 1)).map(({ fix, edit }) => [fix, edit]));
}

interface Mend {
  readonly problem: Problem;
  readonly fix: Fix;
  readonly edit: Edit;
}

interface Text {
  readonly source: string;
  readonly positions: Positions;
}

function mendsOf(problem: Problem, fix: Fix | undefined, text: Text): Mend[] {
  const edit = fix === undefined ? undefined : editOf(fix, problem, text);
  return fix === undefined || edit === undefined ? [] : [{ problem, fix, edit }];
}

/** What a fix comes to in the text; nothing where the text is written so that nobody can tell. */
function editOf(fix: Fix, { at }: Pick<Problem, "at">, { source, positions }: Text): Edit | undefined {
  const [start, end] = positions.range(at);
  switch (fix.kind) {
    case "replace":
      return { start, end, text: fix.by };
    case "rename": {
      // Behind a quote, or what marks an identity. With escapes in it the word is not found, and left alone.
      const [front = ""] = /^['"]?(?:id:)?/.exec(source.slice(start, end)) ?? [];
      const from = start + front.length;
      const to = from + fix.word.length;
      return to <= end && source.slice(from, to) === fix.word
        ? { start: from, end: to, text: fix.by }
        : undefined;
    }
    case "put_first":
      return source[start] === "{"
        ? { start: start + 1, end: start + 1, text: `${fix.entry}, ` }
        : { start, end: start, text: `${fix.entry}\n${" ".repeat(at.column - 1)}` };
    case "remove_entry":
      return withoutBlock(source, at);
    case "remove_comment":
      return withoutComment(source, start, end);
    default:
      return assertNever(fix, "a fix");
  }
}

/** The lines of an entry that has them for itself; nothing where others stand there too, between brackets say. */
function withoutBlock(source: string, { line, column }: Place): Edit | undefined {
  const lines = source.split("\n");
  if (column === 1 || indentOf(lines[line - 1] ?? "") !== column - 1) return undefined;
  const unitsOf = (count: number): number => lines.slice(0, count).join("\n").length;
  const start = unitsOf(line - 1) + (line > 1 ? 1 : 0);
  const end = Math.min(source.length, unitsOf(lastOfBlock(line, lines)) + 1);
  const { root, problems } = readYaml(Buffer.from(source.slice(start, end)));
  const isOne = root?.kind === "map" && root.entries.size === 1 && !hasErrors(problems);
  return isOne ? { start, end, text: "" } : undefined;
}

/** With the blanks in front of it; a line of its own goes too. */
function withoutComment(source: string, start: number, end: number): Edit {
  let from = start;
  while (from > 0 && /[ \t]/.test(source[from - 1] ?? "")) from--;
  const isAlone = from === 0 || source[from - 1] === "\n";
  return { start: from, end: isAlone && source[end] === "\n" ? end + 1 : end, text: "" };
}

function disjoint(mends: readonly Mend[]): readonly Mend[] {
  const kept: Mend[] = [];
  for (const mend of mends.toSorted((a, b) => a.edit.start - b.edit.start))
    if (mend.edit.start >= (kept.at(-1)?.edit.end ?? 0)) kept.push(mend);
  return kept;
}

/** @param edits - in the order of the text, none touching another */
function applied(source: string, edits: readonly Edit[]): string {
  return edits
    .toReversed()
    .reduce((text, { start, end, text: by }) => text.slice(0, start) + by + text.slice(end), source);
}

function isSafe({ problem, edit }: Mend, told: Loaded, { catalogue, nowMs }: FixCircumstances): boolean {
  const mended = lintPolicy(Buffer.from(applied(told.source, [edit])), catalogue, nowMs);
  // Another may have stood behind it; this one must be gone, and no more than before may be there.
  const isThis = ({ code, text }: Problem): boolean => code === problem.code && text === problem.text;
  const [before, after] = [told.problems, mended.problems];
  return after.filter(isThis).length < before.filter(isThis).length && keeps(told, mended);
}

/** Whether nothing got worse: there are no more problems, and what loaded allows no more. */
function keeps({ problems: told, policy }: Loaded, mended: Loaded): boolean {
  if (mended.problems.length > told.length || errorsIn(mended.problems) > errorsIn(told)) return false;
  return policy === undefined || allowsNoMore(mended.policy?.tree, policy.tree);
}

function errorsIn(problems: readonly Problem[]): number {
  return problems.filter(({ severity }) => severity === "error").length;
}

/** Whether everything that decides is as it was, but that grants, shadow grants and identities may be gone. */
function allowsNoMore(after: PolicyTree | undefined, before: PolicyTree): boolean {
  if (after === undefined) return false;
  return (
    isSubset(after.grants, before.grants) &&
    isSubset(after.shadow, before.shadow) &&
    isSubset(after.identities, before.identities) &&
    meaning(after.roles) === meaning(before.roles) &&
    meaning(after.authorities) === meaning(before.authorities) &&
    meaning(after.revoked) === meaning(before.revoked) &&
    meaning(after.never) === meaning(before.never)
  );
}

function isSubset(now: ReadonlyMap<string, unknown>, then: ReadonlyMap<string, unknown>): boolean {
  return [...now].every(([name, one]) => then.has(name) && meaning(one) === meaning(then.get(name)));
}
