import { MAX_CLASSES } from "./alphabet.ts";
import { RAW_MAX_ENTRIES, RAW_MAX_STATES } from "./determinize.ts";
import type { Automaton } from "./dfa.ts";
import type { Work } from "./work.ts";

/**
 * The automaton of the texts that both accept: its states are pairs, and only those that can be reached are made.
 * Nothing where that needs more room or work than there is.
 */
export function intersect(a: Automaton, b: Automaton, work: Work): Automaton | undefined {
  const { starts, classes, pairs } = joinAlphabets(a, b);
  const width = pairs.length;
  if (width > MAX_CLASSES) return undefined;
  const states: [number, number][] = [[0, 0]];
  const ids = new Map([[0, 0]]);
  const next: number[] = [];
  for (const [inA, inB] of states) {
    for (const [classA, classB] of pairs) {
      const nextA = a.next[inA * a.width + classA] ?? 0;
      const nextB = b.next[inB * b.width + classB] ?? 0;
      const key = nextA * b.accepting.length + nextB;
      let id = ids.get(key);
      if (id === undefined) {
        id = states.push([nextA, nextB]) - 1;
        ids.set(key, id);
      }
      next.push(id);
    }
    const room = states.length <= RAW_MAX_STATES && states.length * width <= RAW_MAX_ENTRIES;
    if (!room || !work.spend(width)) return undefined;
  }
  const accepting = Uint8Array.from(
    states,
    ([inA, inB]) => (a.accepting[inA] ?? 0) & (b.accepting[inB] ?? 0),
  );
  return { starts, classes, width, next: new Uint16Array(next), accepting };
}

interface JoinedAlphabets {
  readonly starts: Uint32Array;
  readonly classes: Uint16Array;
  /** For each class that of `a` and that of `b`. */
  readonly pairs: readonly (readonly [number, number])[];
}

function joinAlphabets(a: Automaton, b: Automaton): JoinedAlphabets {
  const starts: number[] = [];
  const classes: number[] = [];
  const pairs: [number, number][] = [];
  const ids = new Map<number, number>();
  for (let i = 0, j = 0; i < a.starts.length && j < b.starts.length; ) {
    const [classA, classB] = [a.classes[i] ?? 0, b.classes[j] ?? 0];
    const key = classA * b.width + classB;
    let id = ids.get(key);
    if (id === undefined) {
      id = pairs.push([classA, classB]) - 1;
      ids.set(key, id);
    }
    starts.push(Math.max(a.starts[i] ?? 0, b.starts[j] ?? 0));
    classes.push(id);
    const [endA, endB] = [
      a.starts[i + 1] ?? Number.POSITIVE_INFINITY,
      b.starts[j + 1] ?? Number.POSITIVE_INFINITY,
    ];
    if (endA <= endB) i++;
    if (endB <= endA) j++;
  }
  return { starts: new Uint32Array(starts), classes: new Uint16Array(classes), pairs };
}
