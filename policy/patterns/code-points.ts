/** A stretch of code points, both ends included. */
export type Interval = readonly [first: number, last: number];

/**
 * A set of characters: intervals in ascending order, with a gap between any two. Characters are Unicode scalar
 * values: halves of surrogate pairs are in no set, since no well-formed text has one by itself.
 */
export type CharSet = readonly Interval[];

export const MAX_CODE_POINT = 0x10ffff;
const SURROGATES: Interval = [0xd800, 0xdfff];

/** The set of all characters in any of the intervals, which may come in any order and overlap. */
export function charSet(intervals: readonly Interval[]): CharSet {
  const joined: [number, number][] = [];
  for (const [first, last] of intervals.toSorted(([a], [b]) => a - b)) {
    const before = joined.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else joined.push([first, last]);
  }
  return without(joined, [SURROGATES]);
}

/** What of the first set is not in the second. */
export function without(set: CharSet, taken: CharSet): CharSet {
  const left: Interval[] = [];
  let i = 0;
  for (const [first, last] of set) {
    let from = first;
    while (i < taken.length && (taken[i]?.[1] ?? 0) < from) i++;
    // The interval at `i` may reach into the next one of the set, so the walk in here has its own index.
    for (let j = i; from <= last; j++) {
      const [start, end] = taken[j] ?? [last + 1, last + 1];
      if (start > from) left.push([from, Math.min(last, start - 1)]);
      from = Math.max(from, end + 1);
    }
  }
  return left;
}

/** Whether the code point is half of a surrogate pair. */
export function isSurrogate(codePoint: number): boolean {
  return codePoint >= SURROGATES[0] && codePoint <= SURROGATES[1];
}

/** Every character. */
export const ANY_CHARACTER: CharSet = charSet([[0, MAX_CODE_POINT]]);

/** C0, DEL and C1. */
const CONTROLS: CharSet = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
];

/** Every character but the control characters: what `.` stands for, and what `[^…]` takes away from. */
export const NO_CONTROL: CharSet = without(ANY_CHARACTER, CONTROLS);

export const DIGITS: CharSet = charSet([[0x30, 0x39]]);

/** ASCII letters, digits and the underscore. */
export const WORD: CharSet = charSet([...DIGITS, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]]);
