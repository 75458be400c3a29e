/** A policy needs seven levels; more is somebody trying the parser, which recurses. */
export const MAX_DEPTH = 12;

interface OpenBlock {
  readonly column: number;
  readonly kind: "map" | "list";
}

/**
 * Counts how deep the collections of a YAML text nest, token by token and without recursion, so that a
 * text can be refused before anything recursive sees it (docs/policy.md, "Format"). Block collections are
 * told by the column of their entries, flow collections by their brackets:
 *
 *     a:            map at column 0              1
 *     - - b: [c]    list at 0, list at 2,        2, 3
 *                   map at 4, bracket            4, 5
 */
export class DepthCounter {
  readonly #blocks: OpenBlock[] = [];
  #flow = 0;
  /** The column of the node that may turn out to be a key, on the present line. */
  #nodeColumn: number | undefined;

  get depth(): number {
    return this.#blocks.length + this.#flow;
  }

  /**
   * Takes the next token.
   *
   * @param type - as the lexer of the YAML package names it
   * @param column - of its first character, from 0
   */
  push(type: string | null, column: number): void {
    if (type === "flow-map-start" || type === "flow-seq-start") {
      this.#beginNode(column);
      this.#flow++;
    } else if (type === "flow-map-end" || type === "flow-seq-end") {
      this.#flow = Math.max(0, this.#flow - 1);
    } else if (type === "flow-error-end") {
      this.#flow = 0;
    } else if (type === "doc-start" || type === "doc-end" || type === "doc-mode") {
      this.#blocks.length = 0;
      this.#nodeColumn = undefined;
    } else if (this.#flow === 0) {
      this.#pushBlock(type, column);
    }
  }

  #pushBlock(type: string | null, column: number): void {
    if (type === "space" || type === "comment" || type === "scalar") return;
    if (type === "seq-item-ind") this.#open(column, "list");
    else if (type === "explicit-key-ind") this.#open(column, "map");
    else if (type === "map-value-ind") this.#open(this.#nodeColumn ?? column, "map");
    else if (type !== "newline") {
      this.#beginNode(column);
      return;
    }
    this.#nodeColumn = undefined;
  }

  #beginNode(column: number): void {
    if (this.#flow === 0) this.#nodeColumn ??= column;
  }

  #open(column: number, kind: OpenBlock["kind"]): void {
    const blocks = this.#blocks;
    while ((blocks.at(-1)?.column ?? -1) > column) blocks.pop();
    // A key at the column of a list's dashes ends the list; dashes at the column of keys are a value.
    if (kind === "map" && blocks.at(-1)?.column === column && blocks.at(-1)?.kind === "list") blocks.pop();
    const top = blocks.at(-1);
    if (top?.column !== column || top.kind !== kind) blocks.push({ column, kind });
  }
}
