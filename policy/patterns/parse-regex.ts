import { NO_CONTROL } from "./code-points.ts";
import { literal, PatternFlaw, type Regex } from "./regex.ts";
import { readClass } from "./regex-class.ts";
import { RegexCursor } from "./regex-cursor.ts";

/** The longest pattern, in code points: what is longer was made by a program, and should be an enum. */
export const PATTERN_MAX_CHARS = 4096;
/** The most groups inside one another: this parser and what walks its tree recurse. */
export const GROUP_MAX_DEPTH = 32;
/** The highest number in `{m,n}`. */
export const REPEAT_MAX = 256;

/**
 * Reads a regular expression of the subset that docs/policy.md, "Patterns of text", defines. Everything outside
 * of it is refused: a pattern never means something else here than where it was copied from.
 *
 *     choice    = sequence *("|" sequence)
 *     sequence  = *(atom [quantifier])
 *     atom      = character / "." / escape / class / "(" choice ")"
 *
 * @throws {@link PatternFlaw}
 */
export function parseRegex(text: string): Regex {
  const cursor = new RegexCursor(text);
  if (cursor.length > PATTERN_MAX_CHARS) {
    const flaw = `the pattern has ${cursor.length} characters, at most ${PATTERN_MAX_CHARS} are read`;
    throw new PatternFlaw(flaw, "for a list of texts write an enum", 0, cursor.length);
  }
  const regex = readChoice(cursor, 0);
  if (cursor.peek() === undefined) return regex;
  throw new PatternFlaw("this ')' closes nothing", "for the character write \\)", cursor.at);
}

function readChoice(cursor: RegexCursor, depth: number): Regex {
  const first = readSequence(cursor, depth);
  const options = [first];
  while (cursor.take("|")) options.push(readSequence(cursor, depth));
  return options.length === 1 ? first : { kind: "choice", options };
}

function readSequence(cursor: RegexCursor, depth: number): Regex {
  const parts: Regex[] = [];
  for (let next = cursor.peek(); next !== undefined && next !== "|" && next !== ")"; next = cursor.peek()) {
    const of = readAtom(cursor, next, depth);
    const times = readQuantifier(cursor);
    parts.push(times === undefined ? of : { kind: "repeat", of, ...times });
  }
  const [only] = parts;
  return only !== undefined && parts.length === 1 ? only : { kind: "sequence", parts };
}

function readAtom(cursor: RegexCursor, next: string, depth: number): Regex {
  switch (next) {
    case "(":
      return readGroup(cursor, depth + 1);
    case "[":
      return { kind: "set", set: readClass(cursor) };
    case "\\":
      return { kind: "set", set: cursor.readEscape() };
    case ".":
      cursor.at++;
      return { kind: "set", set: NO_CONTROL };
    case "^":
    case "$":
      throw new PatternFlaw(
        `'${next}' is not needed: the whole text is matched`,
        `leave it out; for the character write \\${next}`,
        cursor.at,
        1,
        // In the middle of a pattern nobody knows what it was to do.
        cursor.at === (next === "^" ? 0 : cursor.length - 1),
      );
    case "*":
    case "+":
    case "?":
    case "{":
      throw new PatternFlaw(
        `there is nothing in front of '${next}' to repeat`,
        `for the character write \\${next}`,
        cursor.at,
      );
    case "]":
    case "}":
      throw new PatternFlaw(`this '${next}' closes nothing`, `for the character write \\${next}`, cursor.at);
    default:
      cursor.at++;
      return literal(next);
  }
}

function readGroup(cursor: RegexCursor, depth: number): Regex {
  const start = cursor.at;
  cursor.at++;
  if (cursor.peek() === "?") {
    const text = "'(?' begins a flag, a look-around or a kind of group that there is not";
    throw new PatternFlaw(text, "a group is written (…); for the character write \\?", start, 2);
  }
  if (depth > GROUP_MAX_DEPTH) {
    const text = `groups nest deeper than ${GROUP_MAX_DEPTH} levels`;
    throw new PatternFlaw(text, "leave out those that are not needed", start);
  }
  const inner = readChoice(cursor, depth);
  if (cursor.take(")")) return inner;
  throw new PatternFlaw("this '(' is never closed", "for the character write \\(", start);
}

interface Times {
  readonly min: number;
  readonly max: number;
}

function readQuantifier(cursor: RegexCursor): Times | undefined {
  const times = readTimes(cursor);
  const next = cursor.peek();
  if (times === undefined || next === undefined || !"*+?{".includes(next)) return times;
  if (next === "?") {
    const text =
      "this '?' would make the repetition lazy, which changes nothing where the whole text is matched";
    throw new PatternFlaw(text, "leave it out", cursor.at);
  }
  const text = `'${next}' follows another repetition`;
  throw new PatternFlaw(text, "put what is repeated twice between ( )", cursor.at);
}

function readTimes(cursor: RegexCursor): Times | undefined {
  if (cursor.take("*")) return { min: 0, max: Number.POSITIVE_INFINITY };
  if (cursor.take("+")) return { min: 1, max: Number.POSITIVE_INFINITY };
  if (cursor.take("?")) return { min: 0, max: 1 };
  return cursor.peek() === "{" ? readBounds(cursor) : undefined;
}

/** `{3}`, `{3,}` or `{3,5}` */
function readBounds(cursor: RegexCursor): Times {
  const start = cursor.at;
  cursor.at++;
  const inner = cursor.upTo("}");
  const found = inner === undefined ? null : /^([0-9]*)(,?)([0-9]*)$/.exec(inner);
  if (inner === undefined || found === null || inner === "" || inner === ",") {
    const hint = "write {3}, {3,} or {3,5}; for the character write \\{";
    throw new PatternFlaw("'{' begins no number of times", hint, start);
  }
  const [, low = "", comma = "", high = ""] = found;
  cursor.at += inner.length + 1;
  const length = cursor.at - start;
  if (low === "")
    throw new PatternFlaw("the least number of times is missing", `write {0,${high}}`, start, length);
  const min = Number(low);
  const max = comma === "" ? min : high === "" ? Number.POSITIVE_INFINITY : Number(high);
  if (min > REPEAT_MAX || (max > REPEAT_MAX && high !== "")) {
    const text = `something may be repeated up to ${REPEAT_MAX} times`;
    throw new PatternFlaw(text, "write a smaller number, or {m,} for no upper end", start, length);
  }
  if (min <= max) return { min, max };
  throw new PatternFlaw(
    `the number of times is empty: ${min} is more than ${max}`,
    "swap the two",
    start,
    length,
  );
}
