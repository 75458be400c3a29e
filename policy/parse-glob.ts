import { ANY_CHARACTER, charSet, without } from "./code-points.ts";
import { PATTERN_MAX_CHARS } from "./parse-regex.ts";
import { literal, PatternFlaw, type Regex } from "./regex.ts";

const NOT_SLASH: Regex = { kind: "set", set: without(ANY_CHARACTER, charSet([[0x2f, 0x2f]])) };
const ANYTHING: Regex = { kind: "set", set: ANY_CHARACTER };

const run = (of: Regex): Regex => ({ kind: "repeat", of, min: 0, max: Number.POSITIVE_INFINITY });

/** What globs elsewhere give a meaning to. Read literally here, they would never match what was meant. */
const ELSEWHERE: ReadonlySet<string> = new Set(["[", "]", "{", "}", "\\"]);

/**
 * Reads a glob: `*` is any run of characters but `/`, `**` any run, `?` one character but `/`; everything else
 * stands for itself.
 *
 * @throws {@link PatternFlaw}
 */
export function parseGlob(text: string): Regex {
  const characters = Array.from(text);
  if (characters.length > PATTERN_MAX_CHARS) {
    const flaw = `the pattern has ${characters.length} characters, at most ${PATTERN_MAX_CHARS} are read`;
    throw new PatternFlaw(flaw, "for a list of texts write an enum", 0, characters.length);
  }
  const parts: Regex[] = [];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? "";
    if (character === "*") {
      const stars = starsAt(characters, at);
      parts.push(run(stars === 2 ? ANYTHING : NOT_SLASH));
      at += stars - 1;
    } else if (ELSEWHERE.has(character)) {
      const hint = "only *, ** and ? have a meaning; for more than that write re";
      throw new PatternFlaw(`'${character}' may not stand in a glob`, hint, at);
    } else {
      parts.push(character === "?" ? NOT_SLASH : literal(character));
    }
  }
  return { kind: "sequence", parts };
}

function starsAt(characters: readonly string[], start: number): number {
  let end = start;
  while (characters[end] === "*") end++;
  const stars = end - start;
  if (stars <= 2) return stars;
  const hint = "write * for any characters but '/', or ** for any";
  throw new PatternFlaw(`${stars} stars in a row mean nothing`, hint, start, stars);
}

/**
 * Reads a glob for paths, which has to be the kind of path that it is to match: absolute, without empty, `.` or
 * `..` segments and without control characters.
 *
 * @throws {@link PatternFlaw}
 */
export function parsePathGlob(text: string): Regex {
  const glob = parseGlob(text);
  if (!text.startsWith("/")) {
    throw new PatternFlaw("a path begins with '/'", "write the absolute path; for other names write glob", 0);
  }
  // oxlint-disable-next-line no-control-regex -- the control characters are what this is about
  const control = Array.from(text).findIndex((character) => /[\u0000-\u001f\u007f-\u009f]/.test(character));
  if (control !== -1) throw new PatternFlaw("a path has no control characters", "remove it", control);
  let at = 1;
  for (const segment of text.slice(1).split("/")) {
    const length = Array.from(segment).length;
    if (segment === "") {
      const last = at > Array.from(text).length - 1;
      const flaw = last ? "a path does not end in '/'" : "a path has no empty segment";
      throw new PatternFlaw(flaw, last ? "for what lies below it write /**" : "write one '/'", at - 1);
    }
    if (segment === "." || segment === "..") {
      throw new PatternFlaw(`a path has no segment '${segment}'`, "write the path without it", at, length);
    }
    at += length + 1;
  }
  return glob;
}
