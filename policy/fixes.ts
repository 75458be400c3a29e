import type { Catalogue } from "../base/catalogue.ts";
import { editDistance } from "./closest.ts";
import { type Loaded, loadPolicy } from "./load.ts";
import type { Problem } from "./problem.ts";
import type { GrantTree, PolicyTree } from "./tree.ts";

/*
 * What the linter mends by itself: only where one thing can have been meant, and never so that a policy which the daemon
 * loads would allow more. Each mended text is read again, and what it says is held against what was said before.
 */

interface Edit {
  readonly code: string;
  /** The sentence of the finding. */
  readonly about: string;
  /** In UTF-16 units of the text; what stands there gives way to `text`. */
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

interface Circumstances {
  readonly catalogue: Catalogue | undefined;
  readonly nowMs: number;
}

/** @param nowMs - milliseconds since 1970: what is over then, and the moment of tests that name none */
export function fixPolicy(source: string, catalogue: Catalogue | undefined, nowMs: number): Fixed {
  let text = source;
  const codes: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = loadPolicy(Buffer.from(text), catalogue, nowMs);
    const edits = disjoint(before.problems.flatMap((problem) => editOf(problem, text, nowMs)));
    const good = edits.slice(0, EDITS).filter((edit) => isSafe(text, edit, before, { catalogue, nowMs }));
    if (good.length === 0) break;
    const mended = applied(text, good);
    // Each alone was safe; together they have to be as well.
    if (!isSafeText(mended, before.policy?.tree, { catalogue, nowMs })) break;
    text = mended;
    codes.push(...good.map(({ code }) => code));
  }
  return { text, codes };
}

function editOf(problem: Problem, source: string, nowMs: number): Edit[] {
  return changesOf(problem, source, nowMs).map((edit) => ({
    code: problem.code,
    about: problem.text,
    ...edit,
  }));
}

type Change = Omit<Edit, "code" | "about">;

function changesOf(problem: Problem, source: string, nowMs: number): Change[] {
  const { code, text, hint = "", at } = problem;
  const [start, end] = rangeOf(problem, source);
  const found = source.slice(start, end);
  const replace = (by: string): Change[] => [{ start, end, text: by }];
  switch (code) {
    case "P103":
      return found.startsWith("*") && /is an alias/.test(text) ? replace(`'${found}'`) : [];
    case "P106":
      return source.startsWith("\ufeff") && at.line === 1 && at.column === 1
        ? [{ start: 0, end: 1, text: "" }]
        : [];
    case "P108":
      return /^[^'"\s]+$/.test(found) ? replace(`'${found}'`) : [];
    case "P201":
    case "P301":
    case "P309":
      return renamed(problem, found, start);
    case "P209": {
      // In the middle of a pattern nobody knows what it was to do.
      const isFirst = found === "^" && text.includes("(character 1 of ");
      const isLast = found === "$" && /^(?:['"]|\s*[,\]}\n])/.test(source.slice(end, end + 2));
      return /is not needed/.test(text) && (isFirst || isLast) ? replace("") : [];
    }
    case "P210": {
      const [, meant] = /^write (\S+)$/.exec(hint) ?? [];
      return meant === undefined ? [] : replace(meant);
    }
    case "P505":
      return withoutBlock(source, at.line);
    case "P603": {
      const moment = `at: ${new Date(nowMs).toISOString()}`;
      if (found.startsWith("{")) return [{ start: start + 1, end: start + 1, text: `${moment}, ` }];
      return [{ start, end: start, text: `${moment}\n${" ".repeat(at.column - 1)}` }];
    }
    case "P702":
      return /there is no .* here to let be/.test(text) ? [withoutComment(source, start, end)] : [];
    default:
      return [];
  }
}

/** A word with one letter wrong, where only one word can have been meant. */
function renamed({ text, hint = "" }: Problem, found: string, start: number): Change[] {
  const [, meant] = /^did you mean '([^']+)'\?$/.exec(hint) ?? [];
  if (meant === undefined) return [];
  const wrong = [...text.matchAll(/'([^']+)'/g)]
    .map(([, word = ""]) => word)
    .find((word) => found.includes(word) && editDistance(word, meant) === 1);
  if (wrong === undefined || !/^[A-Za-z0-9_.-]+$/.test(meant)) return [];
  const at = start + found.indexOf(wrong);
  return [{ start: at, end: at + wrong.length, text: meant }];
}

/** The lines of an entry that begins on this line; nothing where it stands between brackets with others. */
function withoutBlock(source: string, line: number): Change[] {
  const lines = source.split("\n");
  const first = lines[line - 1] ?? "";
  const indent = first.length - first.trimStart().length;
  if (!/^\s*[A-Za-z][A-Za-z0-9_-]*:/.test(first) || indent === 0) return [];
  let last = line;
  while (last < lines.length) {
    const next = lines[last] ?? "";
    if (next.trim() !== "" && next.length - next.trimStart().length <= indent) break;
    last++;
  }
  while (last > line && (lines[last - 1] ?? "").trim() === "") last--;
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  const end = Math.min(source.length, lines.slice(0, last).join("\n").length + 1);
  return [{ start, end, text: "" }];
}

/** With the blanks in front of it; a line of its own goes too. */
function withoutComment(source: string, start: number, end: number): Change {
  let from = start;
  while (from > 0 && /[ \t]/.test(source[from - 1] ?? "")) from--;
  const isAlone = from === 0 || source[from - 1] === "\n";
  return { start: from, end: isAlone && source[end] === "\n" ? end + 1 : end, text: "" };
}

/** Places count code points; a text is cut by UTF-16 units. */
function rangeOf({ at }: Problem, source: string): readonly [number, number] {
  const offset = (line: number, column: number): number => {
    let start = 0;
    for (let passed = 1; passed < line; passed++) start = source.indexOf("\n", start) + 1;
    const text = source.slice(start, start + 2 * column);
    return (
      start +
      Array.from(text)
        .slice(0, column - 1)
        .join("").length
    );
  };
  const start = offset(at.line, at.column);
  return [start, offset(at.endLine ?? at.line, at.endColumn ?? at.column)];
}

function disjoint(edits: readonly Edit[]): readonly Edit[] {
  const kept: Edit[] = [];
  for (const edit of edits.toSorted((a, b) => a.start - b.start))
    if (edit.start >= (kept.at(-1)?.end ?? 0)) kept.push(edit);
  return kept;
}

function applied(source: string, edits: readonly Edit[]): string {
  return edits
    .toReversed()
    .reduce((text, { start, end, text: by }) => text.slice(0, start) + by + text.slice(end), source);
}

function isSafe(
  source: string,
  edit: Edit,
  { problems: told, policy }: Loaded,
  where: Circumstances,
): boolean {
  const mended = loadPolicy(Buffer.from(applied(source, [edit])), where.catalogue, where.nowMs);
  // Another may have stood behind it; this one must be gone, and nothing new in its place.
  const isThis = ({ code, text }: Problem): boolean => code === edit.code && text === edit.about;
  if (mended.problems.filter(isThis).length >= told.filter(isThis).length) return false;
  if (mended.problems.length > told.length) return false;
  return policy === undefined || allowsNoMore(mended.policy?.tree, policy.tree);
}

function isSafeText(
  text: string,
  before: PolicyTree | undefined,
  { catalogue, nowMs }: Circumstances,
): boolean {
  return (
    before === undefined || allowsNoMore(loadPolicy(Buffer.from(text), catalogue, nowMs).policy?.tree, before)
  );
}

/** Whether everything that decides is as it was, but that grants, shadow grants and identities may be gone. */
function allowsNoMore(after: PolicyTree | undefined, before: PolicyTree): boolean {
  if (after === undefined) return false;
  const isSubset = (now: ReadonlyMap<string, unknown>, then: ReadonlyMap<string, unknown>): boolean =>
    [...now].every(([name, one]) => then.has(name) && meaning(one) === meaning(then.get(name)));
  const isGrantSubset = (
    now: ReadonlyMap<string, GrantTree>,
    then: ReadonlyMap<string, GrantTree>,
  ): boolean => isSubset(now, then);
  return (
    isGrantSubset(after.grants, before.grants) &&
    isGrantSubset(after.shadow, before.shadow) &&
    isSubset(after.identities, before.identities) &&
    meaning(after.roles) === meaning(before.roles) &&
    meaning(after.authorities) === meaning(before.authorities) &&
    meaning(after.revoked) === meaning(before.revoked) &&
    meaning(after.never) === meaning(before.never)
  );
}

/** A tree without its places, as a text to compare. */
function meaning(tree: unknown): string {
  return JSON.stringify(tree, (key, value: unknown) => {
    if (key === "at" || key === "keyAt") return undefined;
    if (value instanceof Map) return [...value];
    return typeof value === "bigint" ? `${value}n` : value;
  });
}
