import assert from "node:assert/strict";

/**
 * What stands on a terminal, from the bytes that were written to it: as much of a terminal as rpcctl uses, and whatever
 * else comes fails the test, as does a line that runs over the edge and anything that would scroll the second page.
 */
export class TerminalPage {
  rows: number;
  columns: number;
  /** Whether the second page is shown, which programs draw on. */
  isSecond = false;
  isCursorShown = true;
  isWrapping = true;
  /** What was written on the first page: it stays. */
  first = "";
  #lines: string[] = [];
  #row = 0;
  #column = 0;
  #rest = "";

  constructor(rows: number, columns: number) {
    this.rows = rows;
    this.columns = columns;
  }

  /** The second page as it is now. */
  get text(): string {
    return this.#lines.map((line) => line.trimEnd()).join("\n");
  }

  write(text: string): void {
    // oxlint-disable-next-line no-control-regex -- an escape sequence, a line end, or text
    const parts = (this.#rest + text).match(/\u001b(?:\[[?0-9;]*[A-Za-z]?)?|\r?\n|[^\u001b\r\n]+|\r/g) ?? [];
    this.#rest = "";
    parts.forEach((part, i) => {
      // oxlint-disable-next-line no-control-regex -- the same
      if (i === parts.length - 1 && /^(?:\u001b(?:\[[?0-9;]*)?|\r)$/.test(part)) this.#rest = part;
      else if (this.isSecond ? part.startsWith("\u001b") : part.startsWith("\u001b[?"))
        this.#obey(part.slice(1));
      else if (this.isSecond) this.#put(part);
      else this.first += part;
    });
  }

  #obey(sequence: string): void {
    const [, row = "", column = ""] = /^\[(\d+);(\d+)H$/.exec(sequence) ?? [];
    if (row !== "") {
      this.#row = Number(row) - 1;
      this.#column = Number(column) - 1;
      assert.ok(this.#row < this.rows, `line ${row} of ${this.rows}`);
    } else if (sequence === "[K") this.#lines[this.#row] = this.#line.slice(0, this.#column);
    else if (sequence === "[J") {
      this.#lines[this.#row] = this.#line.slice(0, this.#column);
      this.#lines.length = this.#row + 1;
    } else if (sequence === "[?1049h") {
      this.isSecond = true;
      this.#lines = [];
    } else if (sequence === "[?1049l") this.isSecond = false;
    else if (/^\[\?25[hl]$/.test(sequence)) this.isCursorShown = sequence.endsWith("h");
    else if (/^\[\?7[hl]$/.test(sequence)) this.isWrapping = sequence.endsWith("h");
    else if (sequence !== "[7m" && sequence !== "[0m")
      assert.fail(`an escape sequence that nobody should send: ${JSON.stringify(sequence)}`);
  }

  #put(text: string): void {
    assert.doesNotMatch(text, /\p{C}/u);
    const line = this.#line.padEnd(this.#column);
    this.#lines[this.#row] = line.slice(0, this.#column) + text + line.slice(this.#column + text.length);
    this.#column += text.length;
    assert.ok(this.#column <= this.columns, `${this.#column} of ${this.columns} columns: ${text}`);
  }

  get #line(): string {
    return this.#lines[this.#row] ?? "";
  }
}
