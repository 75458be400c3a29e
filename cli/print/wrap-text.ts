import { columnsOf } from "./text-columns.ts";

/**
 * Wraps the lines of a text that are wider than the terminal, between words. What is wrapped continues below the last column of its
 * line, where that begins in the left half of the terminal, else a little further in than its line. A word that is wider than the
 * terminal stays whole. The text is escaped already.
 *
 * @param columns - of the terminal; `undefined` where there is none, and nothing is wrapped
 */
export function wrapText(text: string, columns: number | undefined): string {
  if (columns === undefined) return text;
  return text
    .split("\n")
    .flatMap((line) => wrapLine(line, columns))
    .join("\n");
}

/** How much further in a line continues that has one column. */
const HANGING = 2;

function wrapLine(line: string, columns: number): readonly string[] {
  if (columnsOf(line) <= columns) return [line];
  const indent = " ".repeat(indentOf(line, columns));
  const lines: string[] = [];
  let current = "";
  for (const [whole, word = ""] of line.matchAll(/ *([^ ]+)/g)) {
    if (current === "" || columnsOf(current + whole) <= columns) {
      current += whole;
      continue;
    }
    lines.push(current);
    current = indent + word;
  }
  return [...lines, current];
}

/** Where the last column begins: behind the last gap of two blanks or more in the left half. */
function indentOf(line: string, columns: number): number {
  const [own = ""] = /^ */.exec(line) ?? [];
  const gaps = [...line.matchAll(/(?<=\S) {2,}(?=\S)/g)].map(({ index, 0: gap }) => index + gap.length);
  const last = gaps.findLast((at) => columnsOf(line.slice(0, at)) <= columns / 2);
  return last === undefined
    ? Math.min(own.length + HANGING, Math.floor(columns / 2))
    : columnsOf(line.slice(0, last));
}
