/**
 * Patterns of text once more, straight from their description: no parser, no automaton, nothing shared with the
 * rest. A regular expression is built, not read, so that its text and its meaning come from one value.
 */
export type ModelRegex =
  | { readonly kind: "char"; readonly char: string }
  | { readonly kind: "dot" }
  | { readonly kind: "digit" }
  | { readonly kind: "word" }
  | {
      readonly kind: "class";
      readonly negated: boolean;
      readonly items: readonly (readonly [string, string])[];
    }
  | { readonly kind: "sequence"; readonly parts: readonly ModelRegex[] }
  | { readonly kind: "choice"; readonly options: readonly ModelRegex[] }
  /** an end that is missing is open */
  | { readonly kind: "repeat"; readonly of: ModelRegex; readonly min: number; readonly max?: number };

/** The expression as it stands in a policy. */
export function regexText(regex: ModelRegex): string {
  return textOf(regex, { dot: ".", open: "(", negated: (items) => `[^${items}]` });
}

/** The same for JavaScript, with the flag `u`: there `.` and `[^…]` have other ideas of control characters. */
export function javascriptText(regex: ModelRegex): string {
  const controls = "\\u0000-\\u001f\\u007f-\\u009f";
  return `^(?:${textOf(regex, { dot: `[^${controls}]`, open: "(?:", negated: (items) => `[^${items}${controls}]` })})$`;
}

interface Dialect {
  readonly dot: string;
  readonly open: string;
  readonly negated: (items: string) => string;
}

function textOf(regex: ModelRegex, dialect: Dialect): string {
  if (regex.kind === "char") return regex.char.replace(/[\\^$.*+?()[\]{}|]/, "\\$&");
  if (regex.kind === "dot") return dialect.dot;
  if (regex.kind === "digit") return "\\d";
  if (regex.kind === "word") return "\\w";
  if (regex.kind === "class") {
    const escaped = (char: string): string => char.replace(/[\\^\-[\]]/, "\\$&");
    const items = regex.items
      .map(([first, last]) => (first === last ? escaped(first) : `${escaped(first)}-${escaped(last)}`))
      .join("");
    return regex.negated ? dialect.negated(items) : `[${items}]`;
  }
  const grouped = (inner: ModelRegex): string => `${dialect.open}${textOf(inner, dialect)})`;
  if (regex.kind === "sequence") return regex.parts.map((part) => textOf(part, dialect)).join("");
  if (regex.kind === "choice")
    return `${dialect.open}${regex.options.map((one) => textOf(one, dialect)).join("|")})`;
  const { of, min, max } = regex;
  const atom = of.kind === "sequence" || of.kind === "repeat" ? grouped(of) : textOf(of, dialect);
  if (max === undefined) return min === 0 ? `${atom}*` : min === 1 ? `${atom}+` : `${atom}{${min},}`;
  if (min === 0 && max === 1) return `${atom}?`;
  return min === max ? `${atom}{${min}}` : `${atom}{${min},${max}}`;
}

export function regexMatches(regex: ModelRegex, text: string): boolean {
  const characters = Array.from(text);
  return ends(regex, characters, 0).has(characters.length);
}

/** All the places at which a match that begins here can end. */
function ends(regex: ModelRegex, text: readonly string[], from: number): Set<number> {
  switch (regex.kind) {
    case "sequence":
      return regex.parts.reduce((places, part) => after(part, text, places), new Set([from]));
    case "choice":
      return new Set(regex.options.flatMap((option) => [...ends(option, text, from)]));
    case "repeat": {
      const { of, min, max = min + text.length } = regex;
      let places = new Set([from]);
      for (let i = 0; i < min; i++) places = after(of, text, places);
      const all = new Set(places);
      for (let i = min; i < max; i++) {
        places = after(of, text, places);
        for (const place of places) all.add(place);
      }
      return all;
    }
    case "char":
    case "class":
    case "digit":
    case "dot":
    case "word": {
      const character = text[from];
      return new Set(character !== undefined && reads(regex, character) ? [from + 1] : []);
    }
    default:
      throw new Error("no such expression");
  }
}

function after(regex: ModelRegex, text: readonly string[], places: Iterable<number>): Set<number> {
  return new Set([...places].flatMap((place) => [...ends(regex, text, place)]));
}

function reads(regex: ModelRegex, character: string): boolean {
  const codePoint = character.codePointAt(0) ?? 0;
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) return false;
  switch (regex.kind) {
    case "char":
      return character === regex.char;
    case "dot":
      return !isControl(codePoint);
    case "digit":
      return "0123456789".includes(character);
    case "word":
      return character.length === 1 && /[A-Za-z0-9_]/.test(character);
    case "class": {
      const within = regex.items.some(
        ([first, last]) =>
          (first.codePointAt(0) ?? 0) <= codePoint && codePoint <= (last.codePointAt(0) ?? 0),
      );
      return regex.negated ? !within && !isControl(codePoint) : within;
    }
    case "sequence":
    case "choice":
    case "repeat":
    default:
      throw new Error("not one character");
  }
}

function isControl(codePoint: number): boolean {
  return codePoint < 0x20 || (codePoint >= 0x7f && codePoint < 0xa0);
}

/**
 * A text and the pattern are laid side by side in every way that there is. A wildcard takes part in the segments in which
 * its characters stand, and in the one in which it stands itself; of these none may be empty, `.` or `..`.
 */
export function globMatches(pattern: string, text: string): boolean {
  return text.isWellFormed() && ways(Array.from(pattern), Array.from(text)).some(isClean);
}

/** A character of the text, and whether a wildcard made it; a mark without a character where a wildcard stands. */
type Made = readonly [character: string, isWild: boolean];

function ways([first, ...pattern]: readonly string[], text: readonly string[]): Made[][] {
  if (first === undefined) return text.length === 0 ? [[]] : [];
  if (first === "*") {
    const double = pattern[0] === "*";
    const behind = double ? pattern.slice(1) : pattern;
    return Array.from({ length: text.length + 1 }, (_, i) => text.slice(0, i))
      .filter((run) => double || !run.includes("/"))
      .flatMap((run) => {
        const made = [["", true], ...run.map((character): Made => [character, true]), ["", true]] as const;
        return ways(behind, text.slice(run.length)).map((rest) => [...made, ...rest]);
      });
  }
  const [character, ...rest] = text;
  if (character === undefined || (first === "?" ? character === "/" : character !== first)) return [];
  return ways(pattern, rest).map((way) => [[character, first === "?"], ...way]);
}

function isClean(way: readonly Made[]): boolean {
  if (way.some(([character, isWild]) => isWild && isControl(character.codePointAt(0) ?? 0x61))) return false;
  const segments: Made[][] = [[]];
  for (const made of way) {
    // A '/' that a wildcard made ends the segment of that wildcard, and begins another one of its own.
    if (made[1]) segments.at(-1)?.push(["", true]);
    if (made[0] === "/") segments.push(made[1] ? [["", true]] : []);
    else segments.at(-1)?.push(made);
  }
  return segments.every((segment) => {
    const content = segment.map(([character]) => character).join("");
    return !segment.some(([, isWild]) => isWild) || !["", ".", ".."].includes(content);
  });
}

export function pathMatches(pattern: string, text: string): boolean {
  const [root, ...segments] = text.split("/");
  return (
    globMatches(pattern, text) &&
    root === "" &&
    segments.length > 0 &&
    segments.every((segment) => segment !== "" && segment !== "." && segment !== "..") &&
    Array.from(text).every((character) => !isControl(character.codePointAt(0) ?? 0))
  );
}
