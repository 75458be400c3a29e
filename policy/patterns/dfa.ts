/**
 * A deterministic finite automaton over Unicode scalar values, as plain tables:
 *
 *     code point ──starts, classes──▶ class ──next──▶ state ──accepting──▶ yes or no
 *
 *     starts      the first code points of intervals, ascending from 0; an interval ends before the next start,
 *                 the last one at U+10FFFF. No start is a surrogate: those between two starts are no characters
 *     classes     the class of each interval, below `width`
 *     next        a row for each state, an entry for each class: next[state * width + class]
 *     accepting   1 for each state in which a text may end, else 0
 *
 * State 0 is the first. The tables are total: every state has a next one for every character. So the complement
 * is the same with `accepting` turned around, and products need no case for what is missing.
 */
export interface Automaton {
  readonly starts: Uint32Array;
  readonly classes: Uint16Array;
  readonly width: number;
  readonly next: Uint16Array;
  readonly accepting: Uint8Array;
}

/**
 * An automaton in normal form: it has the fewest states and classes that its language allows, states are numbered
 * in the order in which a walk in breadth meets them, classes in the order of their first characters, and
 * neighbouring intervals differ in class. Two that admit the same texts are equal, table by table.
 */
export interface Dfa extends Automaton {
  /** The class of each code point below 128: the same as the intervals say, without the search. */
  readonly ascii: Uint8Array;
  /** The state from which no text is accepted any more, where there is one. */
  readonly dead: number | undefined;
}

/** Longer texts match no pattern, in code points: a decision takes a bounded time, whatever the peer sends. */
export const TEXT_MAX_CODE_POINTS = 65_536;

/**
 * Whether the automaton accepts the whole text. One step for each code point, with nothing allocated and nothing
 * to go back to. A text with half of a surrogate pair in it is no text.
 */
export function accepts(
  { starts, classes, width, next, accepting, ascii, dead }: Dfa,
  text: string,
): boolean {
  // A code point is one or two UTF-16 units.
  if (text.length > 2 * TEXT_MAX_CODE_POINTS) return false;
  let state = 0;
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    let symbol: number;
    if (unit < 128) {
      symbol = ascii[unit] ?? 0;
    } else if (unit < 0xd800 || unit > 0xdfff) {
      symbol = classes[intervalOf(starts, unit)] ?? 0;
    } else {
      const low = text.charCodeAt(++i);
      // At the end of the text `low` is NaN, and in no range.
      if (unit > 0xdbff || !(low >= 0xdc00 && low <= 0xdfff)) return false;
      const codePoint = 0x10000 + (unit - 0xd800) * 0x400 + (low - 0xdc00);
      symbol = classes[intervalOf(starts, codePoint)] ?? 0;
    }
    state = next[state * width + symbol] ?? 0;
    if (state === dead || ++length > TEXT_MAX_CODE_POINTS) return false;
  }
  return accepting[state] === 1;
}

/** Which of the intervals the code point is in: the last that does not begin after it. */
export function intervalOf(starts: Uint32Array, codePoint: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? 0) <= codePoint) low = middle;
    else high = middle;
  }
  return low;
}
