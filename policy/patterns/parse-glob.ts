import { type GlobPart, globNodes } from "./glob-nodes.ts";
import { PATTERN_MAX_CHARS } from "./parse-regex.ts";
import { PatternFlaw, type Regex } from "./regex.ts";

/** What globs elsewhere give a meaning to. Read literally here, they would never match what was meant. */
const ELSEWHERE: ReadonlySet<string> = new Set(["[", "]", "{", "}", "\\"]);

/**
 * Reads a glob: `*` is any run of characters but `/`, `**` any run, `?` one character but `/`; everything else
 * stands for itself. No wildcard produces an empty, `.` or `..` segment or a control character (glob-nodes.ts).
 *
 * @throws {@link PatternFlaw}
 */
export function parseGlob(text: string): Regex {
  const characters = Array.from(text);
  if (characters.length > PATTERN_MAX_CHARS) {
    const flaw = `the pattern has ${characters.length} characters, at most ${PATTERN_MAX_CHARS} are read`;
    throw new PatternFlaw(flaw, "for a list of texts write an enum", 0, characters.length);
  }
  const parts: GlobPart[] = [];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? "";
    if (character === "*") {
      const stars = starsAt(characters, at);
      parts.push({ kind: stars === 2 ? "deep" : "run" });
      at += stars - 1;
    } else if (ELSEWHERE.has(character)) {
      const hint = "only *, ** and ? have a meaning; for more than that write re";
      throw new PatternFlaw(`'${character}' may not stand in a glob`, hint, at);
    } else {
      parts.push(
        character === "?" ? { kind: "one" } : { kind: "character", codePoint: character.codePointAt(0) ?? 0 },
      );
    }
  }
  refuseDots(text, "a glob");
  return { kind: "glob", nodes: globNodes(parts) };
}

function starsAt(characters: readonly string[], start: number): number {
  let end = start;
  while (characters[end] === "*") end++;
  const stars = end - start;
  if (stars <= 2) return stars;
  const hint = "write * for any characters but '/', or ** for any";
  throw new PatternFlaw(`${stars} stars in a row mean nothing`, hint, start, stars);
}

/** Whoever resolves such a segment is led to another place than the pattern seems to name. */
function refuseDots(text: string, what: string): void {
  for (const { segment, at, length } of segmentsOf(text)) {
    if (segment !== "." && segment !== "..") continue;
    const hint = `write it without '${segment}'; for that very text write an enum`;
    throw new PatternFlaw(`${what} has no segment '${segment}'`, hint, at, length);
  }
}

interface PlacedSegment {
  readonly segment: string;
  /** Where it begins, and how long it is, in code points. */
  readonly at: number;
  readonly length: number;
}

function segmentsOf(text: string): readonly PlacedSegment[] {
  let next = 0;
  return text.split("/").map((segment) => {
    const length = Array.from(segment).length;
    const at = next;
    next += length + 1;
    return { segment, at, length };
  });
}

/**
 * Reads a glob for paths, which has to be the kind of path that it is to match: absolute, without empty, `.` or
 * `..` segments and without control characters.
 *
 * @throws {@link PatternFlaw}
 */
export function parsePathGlob(text: string): Regex {
  if (!text.startsWith("/")) {
    throw new PatternFlaw("a path begins with '/'", "write the absolute path; for other names write glob", 0);
  }
  // oxlint-disable-next-line no-control-regex -- the control characters are what this is about
  const control = Array.from(text).findIndex((character) => /[\u0000-\u001f\u007f-\u009f]/.test(character));
  if (control !== -1) throw new PatternFlaw("a path has no control characters", "remove it", control);
  const [, ...segments] = segmentsOf(text);
  const empty = segments.find(({ segment }) => segment === "");
  if (empty !== undefined) {
    const isLast = empty === segments.at(-1);
    const flaw = isLast ? "a path does not end in '/'" : "a path has no empty segment";
    const hint = isLast ? "for what lies below it write /**" : "write one '/'";
    throw new PatternFlaw(flaw, hint, empty.at - 1);
  }
  refuseDots(text, "a path");
  return parseGlob(text);
}
