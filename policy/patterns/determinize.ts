import { type Alphabet, alphabetOf } from "./alphabet.ts";
import type { Automaton } from "./dfa.ts";
import { LAST, type Nfa } from "./nfa.ts";
import type { Work } from "./work.ts";

/** The most states on the way to a minimal automaton. */
export const RAW_MAX_STATES = 16_000;
/** The most entries of its table, which is two bytes each. */
export const RAW_MAX_ENTRIES = 1024 * 1024;

/**
 * The subset construction: a state of the result is the set of states in which the other automaton can be.
 * Nothing where that needs more room or work than there is.
 */
export function determinize(nfa: Nfa, work: Work): Automaton | undefined {
  const alphabet = alphabetOf(nfa.sets, work);
  return alphabet === undefined ? undefined : new Subsets(nfa, alphabet, work).explore();
}

class Subsets {
  readonly #nfa: Nfa;
  readonly #alphabet: Alphabet;
  readonly #work: Work;
  /** Each subset once: the states that read, and the last one; ascending. */
  readonly #subsets: Uint16Array[] = [];
  readonly #ids = new Map<string, number>();
  /** The subset that one state alone leads to, and behind all states that of none: −1 until it is known. */
  readonly #simple: Int32Array;
  /** The round in which a state was last met, so that nothing has to be cleared. */
  readonly #met: Uint32Array;
  #round = 0;

  constructor(nfa: Nfa, alphabet: Alphabet, work: Work) {
    this.#nfa = nfa;
    this.#alphabet = alphabet;
    this.#work = work;
    this.#simple = new Int32Array(nfa.reads.length + 1).fill(-1);
    this.#met = new Uint32Array(nfa.reads.length);
  }

  explore(): Automaton | undefined {
    const { starts, classes, width } = this.#alphabet;
    const next: number[] = [];
    const targets: number[][] = Array.from({ length: width }, () => []);
    this.#subsetOf([this.#nfa.start]);
    for (let id = 0; id < this.#subsets.length; id++) {
      if (!this.#gather(this.#subsets[id] ?? new Uint16Array(), targets)) return undefined;
      for (const reached of targets) {
        next.push(this.#subsetOf(reached));
        if (this.#work.exhausted) return undefined;
      }
      const states = this.#subsets.length;
      if (states > RAW_MAX_STATES || states * width > RAW_MAX_ENTRIES || !this.#work.spend(width))
        return undefined;
    }
    const accepting = new Uint8Array(this.#subsets.map((subset) => (subset[0] === LAST ? 1 : 0)));
    return { starts, classes, width, next: new Uint16Array(next), accepting };
  }

  /** Where each class leads from a subset, into the lists that it is given. @returns false if that is too much */
  #gather(subset: Uint16Array, targets: readonly number[][]): boolean {
    const { reads, out } = this.#nfa;
    for (const list of targets) list.length = 0;
    for (const state of subset) {
      const members = this.#alphabet.members[reads[state] ?? -1] ?? [];
      if (!this.#work.spend(members.length)) return false;
      for (const symbol of members) targets[symbol]?.push(out[state] ?? LAST);
    }
    return true;
  }

  /** The number of the subset that begins with these states and all that they reach without reading. */
  #subsetOf(reached: readonly number[]): number {
    // Most transitions lead to one state or to none.
    const simple =
      reached.length === 0 ? this.#nfa.reads.length : reached.length === 1 ? (reached[0] ?? -1) : -1;
    const known = this.#simple[simple] ?? -1;
    if (known !== -1) return known;
    const subset = this.#closure(reached);
    const key = Buffer.from(subset.buffer).toString("latin1");
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#subsets.push(subset) - 1;
      this.#ids.set(key, id);
    }
    if (simple !== -1) this.#simple[simple] = id;
    return id;
  }

  #closure(reached: readonly number[]): Uint16Array {
    const { reads, out, other } = this.#nfa;
    const met = this.#met;
    const round = ++this.#round;
    const found: number[] = [];
    const waiting = [...reached];
    for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
      if (met[state] === round) continue;
      met[state] = round;
      if (!this.#work.spend(1)) break;
      if ((reads[state] ?? -1) >= 0 || state === LAST) {
        found.push(state);
      } else {
        waiting.push(other[state] ?? LAST, out[state] ?? LAST);
      }
    }
    return new Uint16Array(found).toSorted();
  }
}
