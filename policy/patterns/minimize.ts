import type { Automaton, Dfa } from "./dfa.ts";
import { equivalentStates } from "./partition.ts";

/**
 * Brings an automaton in which every state can be reached into its normal form (dfa.ts):
 *
 *     states that accept the same texts become one → so do classes that lead to the same states → both are
 *     numbered in the order in which they are met
 */
export function minimize(automaton: Automaton): Dfa {
  const quotient = quotientOf(automaton, equivalentStates(automaton));
  const { starts, classes, representatives } = joinClasses(automaton, quotient);
  const width = representatives.length;
  // In breadth from the first state: `order` is the queue, and what is in it has its number.
  const order = [0];
  const numberOf = new Int32Array(quotient.accepting.length).fill(-1);
  numberOf[0] = 0;
  const next = new Uint16Array(quotient.accepting.length * width);
  for (let number = 0; number < order.length; number++) {
    const row = (order[number] ?? 0) * automaton.width;
    for (let symbol = 0; symbol < width; symbol++) {
      const target = quotient.next[row + (representatives[symbol] ?? 0)] ?? 0;
      if (numberOf[target] === -1) numberOf[target] = order.push(target) - 1;
      next[number * width + symbol] = numberOf[target] ?? 0;
    }
  }
  const accepting = new Uint8Array(order.length);
  for (const [number, state] of order.entries()) accepting[number] = quotient.accepting[state] ?? 0;
  const ascii = asciiClasses(starts, classes);
  return { starts, classes, width, next, accepting, ascii, dead: deadState(next, accepting, width) };
}

type StateTable = Pick<Automaton, "next" | "accepting">;

/** The automaton whose states are the blocks; the block of the first state comes first. */
function quotientOf({ width, next, accepting }: Automaton, blockOf: Uint16Array): StateTable {
  const firstBlock = blockOf[0] ?? 0;
  // Two numbers change places, so that the walk can begin at 0.
  const rename = (block: number): number => (block === firstBlock ? 0 : block === 0 ? firstBlock : block);
  let blocks = 0;
  for (const block of blockOf) blocks = Math.max(blocks, block + 1);
  const rows = new Uint16Array(blocks * width);
  const ends = new Uint8Array(blocks);
  for (let state = 0; state < accepting.length; state++) {
    const block = rename(blockOf[state] ?? 0);
    ends[block] = accepting[state] ?? 0;
    for (let symbol = 0; symbol < width; symbol++) {
      rows[block * width + symbol] = rename(blockOf[next[state * width + symbol] ?? 0] ?? 0);
    }
  }
  return { next: rows, accepting: ends };
}

interface JoinedClasses {
  readonly starts: Uint32Array;
  readonly classes: Uint16Array;
  /** For each of the new classes an old one. */
  readonly representatives: readonly number[];
}

/** Classes with equal columns become one, numbered by first character; then so do neighbouring intervals of one class. */
function joinClasses({ starts, classes, width }: Automaton, { next, accepting }: StateTable): JoinedClasses {
  const column = new Uint16Array(accepting.length);
  const idOf = new Map<string, number>();
  const newClassOf = new Map<number, number>();
  const representatives: number[] = [];
  const joinedStarts: number[] = [];
  const joinedClasses: number[] = [];
  for (let i = 0; i < starts.length; i++) {
    const old = classes[i] ?? 0;
    let id = newClassOf.get(old);
    if (id === undefined) {
      for (let state = 0; state < column.length; state++) column[state] = next[state * width + old] ?? 0;
      const key = Buffer.from(column.buffer).toString("latin1");
      id = idOf.get(key) ?? representatives.push(old) - 1;
      idOf.set(key, id);
      newClassOf.set(old, id);
    }
    if (joinedClasses.at(-1) === id) continue;
    joinedStarts.push(starts[i] ?? 0);
    joinedClasses.push(id);
  }
  return { starts: new Uint32Array(joinedStarts), classes: new Uint16Array(joinedClasses), representatives };
}

function asciiClasses(starts: Uint32Array, classes: Uint16Array): Uint8Array {
  const ascii = new Uint8Array(128);
  for (let unit = 0, i = 0; unit < ascii.length; unit++) {
    if ((starts[i + 1] ?? ascii.length) <= unit) i++;
    ascii[unit] = classes[i] ?? 0;
  }
  return ascii;
}

/** In a minimal automaton at most one state leads nowhere but to itself without accepting. */
function deadState(next: Uint16Array, accepting: Uint8Array, width: number): number | undefined {
  for (let state = 0; state < accepting.length; state++) {
    if (accepting[state] === 0 && leadsNowhere(next, state, width)) return state;
  }
  return undefined;
}

function leadsNowhere(next: Uint16Array, state: number, width: number): boolean {
  for (let entry = state * width; entry < (state + 1) * width; entry++) {
    if (next[entry] !== state) return false;
  }
  return true;
}
