import { type CharSet, charSet, type Interval, NO_CONTROL, without } from "./code-points.ts";
import { PatternFlaw } from "./regex.ts";
import type { RegexCursor } from "./regex-cursor.ts";

/**
 * Reads a class, from its `[` on:
 *
 *     [abc]     one of these          [a-f0-9]   ranges, both ends included
 *     [\d\].]   escapes               [a-z-]     a '-' in first or last place stands for itself
 *     [^abc]    one that `.` matches, but none of these
 *
 * What other languages read in another way is refused: a second `[`, a `-` that could be either, `[]`, `[^]`.
 */
export function readClass(cursor: RegexCursor): CharSet {
  const start = cursor.at;
  cursor.at++;
  const negated = cursor.take("^");
  const intervals: Interval[] = [];
  for (let first = true; !cursor.take("]"); first = false) {
    if (cursor.peek() === undefined) {
      throw new PatternFlaw("this '[' is never closed", "for the character write \\[", start);
    }
    intervals.push(...readItem(cursor, first));
  }
  const length = cursor.at - start;
  if (intervals.length === 0) {
    const hint = negated ? "for any character but controls write ." : "name the characters, or remove it";
    throw new PatternFlaw("the class has no characters", hint, start, length);
  }
  const set = negated ? without(NO_CONTROL, charSet(intervals)) : charSet(intervals);
  if (set.length > 0) return set;
  throw new PatternFlaw(
    "the class leaves no character to match",
    "take fewer characters away",
    start,
    length,
  );
}

/** A character, a range, or what an escape stands for. */
function readItem(cursor: RegexCursor, first: boolean): CharSet {
  const start = cursor.at;
  if (cursor.peek() === "-" && !first && cursor.peek(1) !== "]") throw unclearHyphen(start);
  const from = readEnd(cursor);
  const isRange = cursor.peek() === "-" && cursor.peek(1) !== "]" && cursor.peek(1) !== undefined;
  if (!isRange) return from.set;
  if (from.hyphen) throw unclearHyphen(start);
  cursor.at++;
  if (cursor.peek() === "-") throw unclearHyphen(cursor.at);
  const to = readEnd(cursor);
  const length = cursor.at - start;
  const [low, high] = [singleOf(from.set), singleOf(to.set)];
  if (low === undefined || high === undefined) {
    throw new PatternFlaw("a range goes from one character to another", "for a '-' write \\-", start, length);
  }
  if (low <= high) return [[low, high]];
  const text = "the range is the wrong way round: its first character comes after its last";
  throw new PatternFlaw(text, "swap the two ends", start, length);
}

function readEnd(cursor: RegexCursor): { readonly set: CharSet; readonly hyphen: boolean } {
  const character = cursor.peek() ?? "";
  if (character === "\\") return { set: cursor.readEscape(), hyphen: false };
  if (character === "[") {
    throw new PatternFlaw("a '[' stands inside a class", "for the character write \\[", cursor.at);
  }
  const codePoint = character.codePointAt(0) ?? 0;
  cursor.at++;
  return { set: [[codePoint, codePoint]], hyphen: character === "-" };
}

function unclearHyphen(at: number): PatternFlaw {
  const text = "a '-' in a class stands between two characters, or in first or last place";
  return new PatternFlaw(text, "for the character write \\-", at);
}

/** The character, if the set has no other. */
function singleOf(set: CharSet): number | undefined {
  const [only] = set;
  return only !== undefined && set.length === 1 && only[0] === only[1] ? only[0] : undefined;
}
