import { type CharSet, DIGITS, WORD } from "./code-points.ts";
import { PatternFlaw } from "./regex.ts";

/** A place in the text of a regular expression, which counts code points and never UTF-16 units. */
export class RegexCursor {
  readonly #characters: readonly string[];
  at = 0;

  constructor(text: string) {
    this.#characters = Array.from(text);
  }

  get length(): number {
    return this.#characters.length;
  }

  /** The next character, or one further on; nothing at the end. */
  peek(ahead: number = 0): string | undefined {
    return this.#characters[this.at + ahead];
  }

  /** Steps over the next character if it is this one. */
  take(character: string): boolean {
    if (this.peek() !== character) return false;
    this.at++;
    return true;
  }

  /** The characters from the next one up to, not including, the first of these; nothing if there is none. */
  upTo(character: string): string | undefined {
    const end = this.#characters.indexOf(character, this.at);
    return end === -1 ? undefined : this.#characters.slice(this.at, end).join("");
  }

  /** Reads `\` and what stands behind it: a character that is meant literally, or a class that has a letter. */
  readEscape(): CharSet {
    const start = this.at++;
    const character = this.peek();
    if (character === undefined) {
      throw new PatternFlaw("a '\\' at the end escapes nothing", "for the character write \\\\", start);
    }
    this.at++;
    if (character === "d") return DIGITS;
    if (character === "w") return WORD;
    const codePoint = character.codePointAt(0) ?? 0;
    if (PUNCTUATION.test(character)) return [[codePoint, codePoint]];
    throw new PatternFlaw(`'\\${character}' is not known here`, escapeHint(character), start, 2);
  }
}

const PUNCTUATION = /^[!-/:-@[-`{-~]$/;

const CHARACTER_HINT = "put the character itself there: between double quotes YAML can write it as an escape";

const ESCAPE_HINTS: ReadonlyMap<string, string> = new Map([
  ["D", "write [^0-9]"],
  ["W", "write [^A-Za-z0-9_]"],
  ["s", "write the characters that may stand there, a space for example"],
  ["S", "write [^ ]"],
  ["b", "the whole text is matched: write what stands before and behind"],
  ["B", "the whole text is matched: write what stands before and behind"],
  ["p", "write the ranges of characters, like [a-zà-ÿ]"],
  ["P", "write the ranges of characters, like [a-zà-ÿ]"],
  ["k", "what a group matched cannot be asked for again"],
  ...["n", "r", "t", "f", "v", "u", "x", "c", "0"].map((one) => [one, CHARACTER_HINT] as const),
]);

function escapeHint(character: string): string {
  if (/^[1-9]$/.test(character)) return "what a group matched cannot be asked for again";
  return (
    ESCAPE_HINTS.get(character) ??
    `only punctuation is escaped, and there are \\d and \\w: write '${character}'`
  );
}
