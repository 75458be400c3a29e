import { type CharSet, isSurrogate, MAX_CODE_POINT } from "./code-points.ts";
import type { Work } from "./work.ts";

/** The characters in as few classes as some sets can tell them apart; `starts` and `classes` as in {@link Automaton}. */
export interface Alphabet {
  readonly starts: Uint32Array;
  readonly classes: Uint16Array;
  readonly width: number;
  /** For each of the sets the classes that it consists of. */
  readonly members: readonly (readonly number[])[];
}

/** The most classes: their numbers are kept in two bytes. */
export const MAX_CLASSES = 65_536;

/**
 * Cuts the characters at the ends of the sets, and joins what is in the same sets to a class. Nothing where that
 * makes too many classes or needs more work than there is: many large sets have many parts each.
 */
export function alphabetOf(sets: readonly CharSet[], work: Work): Alphabet | undefined {
  const starts = cuts(sets);
  const indexOf = new Map(Array.from(starts, (start, i) => [start, i]));
  const classes = new Uint16Array(starts.length);
  let width = 1;
  // At first all characters are one class; each set splits the classes that it has a part of.
  for (const set of sets) {
    const inside = new Map<number, number>();
    for (const i of intervalsOf(set, starts, indexOf)) {
      if (!work.spend(1)) return undefined;
      const before = classes[i] ?? 0;
      const split = inside.get(before) ?? width++;
      if (width > MAX_CLASSES) return undefined;
      inside.set(before, split);
      classes[i] = split;
    }
  }
  const members: number[][] = [];
  for (const set of sets) {
    const found = new Set<number>();
    for (const i of intervalsOf(set, starts, indexOf)) {
      if (!work.spend(1)) return undefined;
      found.add(classes[i] ?? 0);
    }
    members.push([...found]);
  }
  return { starts, classes, width, members };
}

function cuts(sets: readonly CharSet[]): Uint32Array {
  const points = new Set([0]);
  for (const set of sets) {
    for (const [first, last] of set) {
      points.add(first);
      if (last < MAX_CODE_POINT) points.add(afterSurrogates(last + 1));
    }
  }
  return new Uint32Array(points).toSorted();
}

/** The places of the intervals that the set consists of. */
function* intervalsOf(
  set: CharSet,
  starts: Uint32Array,
  indexOf: ReadonlyMap<number, number>,
): Iterable<number> {
  for (const [first, last] of set) {
    for (let i = indexOf.get(first) ?? starts.length; (starts[i] ?? last + 1) <= last; i++) yield i;
  }
}

/** The code point itself, or the next one that is a character. */
function afterSurrogates(codePoint: number): number {
  return isSurrogate(codePoint) ? 0xe000 : codePoint;
}
