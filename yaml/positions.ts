import type { Place } from "./problem.ts";

/**
 * Turns offsets in a text into lines and columns, and back. Editors and SARIF count code points, JavaScript counts
 * UTF-16 units: each surrogate pair before the offset is one column less. Lines and pairs are found by
 * bisection, so a file of one long line costs no more than one of many.
 */
export class Positions {
  readonly #lineStarts: readonly number[];
  /** The offsets of the second halves of all surrogate pairs. */
  readonly #pairs: readonly number[];
  readonly #length: number;

  constructor(source: string) {
    const lineStarts = [0];
    for (let at = source.indexOf("\n"); at !== -1; at = source.indexOf("\n", at + 1)) lineStarts.push(at + 1);
    this.#lineStarts = lineStarts;
    this.#pairs = [...source.matchAll(/[\ud800-\udbff][\udc00-\udfff]/g)].map((match) => match.index + 1);
    this.#length = source.length;
  }

  /** The place from one offset up to, not including, another; both in UTF-16 units. */
  place(start: number, end: number = start): Place {
    const [line, column] = this.#lineAndColumn(start);
    if (end <= start) return { line, column };
    const [endLine, endColumn] = this.#lineAndColumn(end);
    return { line, column, endLine, endColumn };
  }

  /** The offsets of a place, the way back from {@link place}: its first, and the one behind its last. */
  range({ line, column, endLine = line, endColumn = column }: Place): readonly [number, number] {
    return [this.#offset(line, column), this.#offset(endLine, endColumn)];
  }

  #offset(line: number, column: number): number {
    const lineStart = this.#lineStarts[line - 1] ?? this.#length;
    const before = countUpTo(this.#pairs, lineStart);
    let offset = lineStart + column - 1;
    // Each pair that is passed leads one unit further, perhaps past more of them.
    for (let last = -1; last !== offset; ) {
      last = offset;
      offset = lineStart + column - 1 + countUpTo(this.#pairs, offset) - before;
    }
    return Math.min(offset, this.#length);
  }

  #lineAndColumn(offset: number): [number, number] {
    const bounded = Math.min(offset, this.#length);
    const line = countUpTo(this.#lineStarts, bounded);
    const lineStart = this.#lineStarts[line - 1] ?? 0;
    const pairs = countUpTo(this.#pairs, bounded) - countUpTo(this.#pairs, lineStart);
    return [line, bounded - lineStart - pairs + 1];
  }
}

/** How many of the ascending numbers are at most the bound. */
function countUpTo(ascending: readonly number[], bound: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) <= bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
