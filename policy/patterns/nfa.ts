import { assertNever } from "../../base/assert-never.ts";
import type { CharSet } from "./code-points.ts";
import type { GlobNode } from "./glob-nodes.ts";
import type { Regex } from "./regex.ts";

/**
 * Thompson's automaton: a state reads one character and goes on, or goes on without reading to one or two others,
 * or is the last one.
 *
 *     reads[s] ≥ 0    one character of sets[reads[s]], then out[s]
 *     reads[s] = −1   nothing, then out[s] or other[s]
 *     s = 0           the last state: the text may end here
 */
export interface Nfa {
  readonly reads: readonly number[];
  readonly out: readonly number[];
  readonly other: readonly number[];
  readonly start: number;
  /** Each set once. */
  readonly sets: readonly CharSet[];
}

/** The state in which a text may end. */
export const LAST = 0;

/** Beyond this nothing is built: `(a{256}){256}` alone would have 65,536. */
export const NFA_MAX_STATES = 20_000;

/** Builds the automaton of a pattern; nothing if it would be too large. */
export function buildNfa(regex: Regex): Nfa | undefined {
  return statesOf(regex) < NFA_MAX_STATES ? new Builder().build(regex) : undefined;
}

/** How many states a pattern needs, besides the last one. Counted before anything is made. */
function statesOf(regex: Regex): number {
  switch (regex.kind) {
    case "set":
      return 1;
    case "sequence":
      return sum(regex.parts);
    case "choice":
      return sum(regex.options) + regex.options.length - 1;
    case "repeat": {
      const { of, min, max } = regex;
      const each = statesOf(of);
      return max === Number.POSITIVE_INFINITY ? each * Math.max(min, 1) + 1 : each * max + (max - min);
    }
    case "glob":
      return regex.nodes.reduce((states, node) => states + statesOfNode(node), 0);
    default:
      return assertNever(regex, "a pattern");
  }
}

/** One that reads in one way only is a state; any other one forks. */
function statesOfNode({ reads, skipsTo, isLast }: GlobNode): number {
  const ways = reads.length + Number(skipsTo !== undefined) + Number(isLast);
  return ways === 1 && reads.length === 1 ? 1 : 1 + reads.length + Math.max(0, ways - 2);
}

function sum(parts: readonly Regex[]): number {
  let states = 0;
  for (const part of parts) states += statesOf(part);
  return states;
}

/** Builds from the end: each part is told the state that follows it, so no transition is patched later but a loop's. */
class Builder {
  readonly #reads = [-1];
  readonly #out = [LAST];
  readonly #other = [LAST];
  readonly #sets: CharSet[] = [];
  readonly #setIds = new Map<string | number | CharSet, number>();

  build(regex: Regex): Nfa {
    const start = this.#enter(regex, LAST);
    return { reads: this.#reads, out: this.#out, other: this.#other, start, sets: this.#sets };
  }

  /** The state with which the part begins if `next` follows it. */
  #enter(regex: Regex, next: number): number {
    switch (regex.kind) {
      case "set":
        return this.#state(this.#setId(regex.set), next, next);
      case "sequence": {
        let state = next;
        for (let i = regex.parts.length - 1; i >= 0; i--) {
          const part = regex.parts[i];
          if (part !== undefined) state = this.#enter(part, state);
        }
        return state;
      }
      case "choice": {
        const [first, ...rest] = regex.options.map((option) => this.#enter(option, next));
        return rest.reduce((state, option) => this.#state(-1, option, state), first ?? next);
      }
      case "repeat":
        return this.#repeat(regex, next);
      case "glob":
        return this.#glob(regex, next);
      default:
        return assertNever(regex, "a pattern");
    }
  }

  #repeat({ of, min, max }: Extract<Regex, { kind: "repeat" }>, next: number): number {
    let state = next;
    let left = min;
    if (max === Number.POSITIVE_INFINITY) {
      //   ┌───────────┐
      //   ▼           │
      // fork ─▶ of ───┘     with {1,} and more the way in is at `of`
      //   └───▶ next
      const fork = this.#state(-1, next, next);
      const body = this.#enter(of, fork);
      this.#out[fork] = body;
      state = min === 0 ? fork : body;
      left = min - 1;
    } else {
      for (let i = min; i < max; i++) state = this.#state(-1, this.#enter(of, state), next);
    }
    for (; left > 0; left--) state = this.#enter(of, state);
    return state;
  }

  /** Nodes may lead back to each other: each has its state first, and is told its ways afterwards. */
  #glob({ nodes }: Extract<Regex, { kind: "glob" }>, next: number): number {
    const states = nodes.map(() => this.#state(-1, next, next));
    const stateOf = (node: number): number => states[node] ?? LAST;
    nodes.forEach(({ reads, skipsTo, isLast }, node) => {
      const state = stateOf(node);
      const [[set, to] = []] = reads;
      if (set !== undefined && to !== undefined && reads.length === 1 && skipsTo === undefined && !isLast) {
        this.#reads[state] = this.#setId(set);
        this.#out[state] = stateOf(to);
        this.#other[state] = stateOf(to);
        return;
      }
      const ways = reads.map(([each, target]) =>
        this.#state(this.#setId(each), stateOf(target), stateOf(target)),
      );
      if (skipsTo !== undefined) ways.push(stateOf(skipsTo));
      if (isLast) ways.push(next);
      const [first = next, ...rest] = ways;
      const last = rest.pop() ?? first;
      this.#out[state] = first;
      this.#other[state] = rest.reduceRight((other, way) => this.#state(-1, way, other), last);
    });
    return stateOf(0);
  }

  #state(reads: number, out: number, other: number): number {
    this.#reads.push(reads);
    this.#out.push(out);
    return this.#other.push(other) - 1;
  }

  #setId(set: CharSet): number {
    // The sets of wildcards have many intervals, and are the same object each time.
    const same = this.#setIds.get(set);
    if (same !== undefined) return same;
    const id = this.#idOf(set);
    this.#setIds.set(set, id);
    return id;
  }

  #idOf(set: CharSet): number {
    const [first, second] = set;
    // Most sets are one interval, and a number is looked up faster than a text is made.
    const key = first === undefined || second !== undefined ? set.join(" ") : first[0] * 0x110000 + first[1];
    const known = this.#setIds.get(key);
    if (known !== undefined) return known;
    const id = this.#sets.push(set) - 1;
    this.#setIds.set(key, id);
    return id;
  }
}
