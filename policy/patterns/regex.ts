import type { CharSet } from "./code-points.ts";
import type { GlobNode } from "./glob-nodes.ts";

/**
 * A pattern for texts, taken apart. Regular expressions and globs are both read into this, and what is made
 * of it afterwards knows only these five.
 */
export type Regex =
  /** one character of the set, which is never empty */
  | { readonly kind: "set"; readonly set: CharSet }
  /** one after the other; without parts it is the empty text */
  | { readonly kind: "sequence"; readonly parts: readonly Regex[] }
  /** any one of them; there is at least one */
  | { readonly kind: "choice"; readonly options: readonly Regex[] }
  /** so many times; an open end is an infinity */
  | { readonly kind: "repeat"; readonly of: Regex; readonly min: number; readonly max: number }
  /** a whole glob: a graph, since what a wildcard may produce depends on what stands in front of it in its segment */
  | { readonly kind: "glob"; readonly nodes: readonly GlobNode[] };

/** What is wrong with a pattern, and where in it. Thrown by the parsers, caught where the pattern came from. */
export class PatternFlaw extends Error {
  override readonly name = "PatternFlaw";
  /** Where it begins, in code points from 0. */
  readonly at: number;
  /** How many code points it takes. */
  readonly length: number;
  readonly hint: string;
  /** Whether it does nothing where it stands, so that it can be left out: `^` in front of all, `$` behind. */
  readonly isIdle: boolean;

  constructor(text: string, hint: string, at: number, length: number = 1, isIdle: boolean = false) {
    super(text);
    this.hint = hint;
    this.at = at;
    this.length = length;
    this.isIdle = isIdle;
  }
}

/** The character that a code point of a pattern stands for by itself. */
export function literal(character: string): Regex {
  const codePoint = character.codePointAt(0) ?? 0;
  return { kind: "set", set: [[codePoint, codePoint]] };
}
