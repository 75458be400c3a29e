import type { Automaton } from "./dfa.ts";

/**
 * The states in blocks of those that accept the same texts: Hopcroft's algorithm. A block is split where some of
 * its states lead into another block and some do not; of two halves only the smaller one is looked at again.
 *
 * @returns the block of each state, numbered from 0
 */
export function equivalentStates(automaton: Automaton): Uint16Array {
  const { width, accepting } = automaton;
  const before = predecessors(automaton);
  const blocks = new Blocks(accepting.length);
  for (let state = 0; state < accepting.length; state++) if (accepting[state] === 1) blocks.mark(state);
  blocks.splitMarked();
  // Both halves of the first split: one of them would do, two are no more work than the smaller one to find.
  const waiting = Array.from({ length: blocks.count }, (_, block) => block);
  const isWaiting = new Set(waiting);
  for (let splitter = waiting.pop(); splitter !== undefined; splitter = waiting.pop()) {
    isWaiting.delete(splitter);
    // The block may itself be split below: what it was is what all classes are held against.
    const members = blocks.members(splitter);
    for (let symbol = 0; symbol < width; symbol++) {
      for (let m = 0; m < members.length; m++) {
        const row = (members[m] ?? 0) * width + symbol;
        const end = before.first[row + 1] ?? 0;
        for (let i = before.first[row] ?? 0; i < end; i++) blocks.mark(before.from[i] ?? 0);
      }
      for (const [old, split] of blocks.splitMarked()) {
        const again = isWaiting.has(old) || blocks.size(split) <= blocks.size(old) ? split : old;
        isWaiting.add(again);
        waiting.push(again);
      }
    }
  }
  return blocks.blockOf;
}

type Split = readonly [old: number, split: number];

/** Most classes split nothing. */
const NONE: readonly Split[] = [];

interface Predecessors {
  /** Where in `from` those begin that lead to a state by a class: first[state * width + class]. */
  readonly first: Uint32Array;
  readonly from: Uint16Array;
}

function predecessors({ width, next, accepting }: Automaton): Predecessors {
  const rows = accepting.length * width;
  const rowOf = (entry: number): number => (next[entry] ?? 0) * width + (entry % width);
  // Counted, then summed up: each row's number becomes the place behind the rows before it.
  const first = new Uint32Array(rows + 1);
  for (let entry = 0; entry < next.length; entry++) add(first, rowOf(entry) + 1, 1);
  for (let row = 0; row < rows; row++) add(first, row + 1, first[row] ?? 0);
  const free = first.slice();
  const from = new Uint16Array(next.length);
  for (let entry = 0; entry < next.length; entry++) {
    const row = rowOf(entry);
    from[free[row] ?? 0] = Math.floor(entry / width);
    add(free, row, 1);
  }
  return { first, from };
}

function add(numbers: Uint32Array, at: number, more: number): void {
  numbers[at] = (numbers[at] ?? 0) + more;
}

/**
 * A partition that can be split. The states of a block stand side by side, its marked ones in front:
 *
 *     states   … │ marked, marked, other, other │ …
 *                ▲ first[block]                  ▲ end[block]
 */
class Blocks {
  readonly blockOf: Uint16Array;
  readonly #states: Uint16Array;
  readonly #placeOf: Uint16Array;
  readonly #first = [0];
  readonly #end: number[];
  readonly #marked = [0];
  /** The blocks that have marked states. */
  #touched: number[] = [];

  constructor(states: number) {
    this.blockOf = new Uint16Array(states);
    this.#states = new Uint16Array(states).map((_, i) => i);
    this.#placeOf = this.#states.slice();
    this.#end = [states];
  }

  get count(): number {
    return this.#first.length;
  }

  size(block: number): number {
    return (this.#end[block] ?? 0) - (this.#first[block] ?? 0);
  }

  members(block: number): Uint16Array {
    return this.#states.slice(this.#first[block], this.#end[block]);
  }

  mark(state: number): void {
    const block = this.blockOf[state] ?? 0;
    const place = this.#placeOf[state] ?? 0;
    const border = (this.#first[block] ?? 0) + (this.#marked[block] ?? 0);
    if (place < border) return;
    if (this.#marked[block] === 0) this.#touched.push(block);
    const neighbour = this.#states[border] ?? 0;
    this.#put(neighbour, place);
    this.#put(state, border);
    this.#marked[block] = (this.#marked[block] ?? 0) + 1;
  }

  /** Makes blocks of their own of the marked states, and lists each block that lost some with the new one. */
  splitMarked(): readonly Split[] {
    if (this.#touched.length === 0) return NONE;
    const splits: Split[] = [];
    for (const block of this.#touched) {
      const first = this.#first[block] ?? 0;
      const border = first + (this.#marked[block] ?? 0);
      this.#marked[block] = 0;
      if (border === this.#end[block]) continue;
      const split = this.#first.push(first) - 1;
      this.#end.push(border);
      this.#marked.push(0);
      this.#first[block] = border;
      for (let place = first; place < border; place++) this.blockOf[this.#states[place] ?? 0] = split;
      splits.push([block, split]);
    }
    this.#touched = [];
    return splits;
  }

  #put(state: number, place: number): void {
    this.#states[place] = state;
    this.#placeOf[state] = place;
  }
}
