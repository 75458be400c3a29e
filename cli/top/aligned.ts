import { columnsOf, shortenToColumns } from "../print/text-columns.ts";

/** A column of a table that has to fit. */
export interface Column {
  readonly title: string;
  /** Numbers stand at the right; a text may be shortened, if the line would be too long. */
  readonly kind: "number" | "text";
}

const GAP = "  ";
/** A text is not shortened to less, in columns. */
const TEXT_MIN = 8;

/**
 * A table, its titles first, no line longer than that many columns of the terminal. The cells are escaped already.
 */
export function alignedTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  columnsMax: number,
): readonly string[] {
  const all = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, i) => all.reduce((most, row) => Math.max(most, columnsOf(row[i] ?? "")), 0));
  narrow(widths, columns, columnsMax);
  return all.map((row) => {
    const cells = columns.map(({ kind }, i) => padded(row[i] ?? "", widths[i] ?? 0, kind));
    return shortenToColumns(cells.join(GAP).trimEnd(), columnsMax);
  });
}

/** Takes from the widest texts what is too much; what is left over then is cut at the end of the line. */
function narrow(widths: number[], columns: readonly Column[], columnsMax: number): void {
  let over = widths.reduce((sum, width) => sum + width, 0) + GAP.length * (columns.length - 1) - columnsMax;
  while (over > 0) {
    const texts = columns.flatMap(({ kind }, i) => (kind === "text" ? [widths[i] ?? 0] : []));
    const widest = Math.max(...texts);
    if (widest <= TEXT_MIN) return;
    // Down to the next narrower one at once: a name may be as long as a message.
    const next = Math.max(TEXT_MIN, ...texts.filter((width) => width < widest));
    const at = columns.findIndex(({ kind }, i) => kind === "text" && widths[i] === widest);
    const less = Math.min(over, widest - next);
    widths[at] = widest - less;
    over -= less;
  }
}

function padded(cell: string, width: number, kind: Column["kind"]): string {
  const fitting = shortenToColumns(cell, width);
  const space = " ".repeat(Math.max(0, width - columnsOf(fitting)));
  return kind === "number" ? space + fitting : fitting + space;
}
