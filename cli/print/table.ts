import { columnsOf } from "./text-columns.ts";

/** The widest cell that makes its column wider, in terminal columns, where nothing else is said. */
const CELL_MAX = 60;

/**
 * Columns under each other, two spaces apart; nothing behind the last one. The cells are escaped already.
 *
 * @param widest - a cell with more columns of the terminal pushes the rest of its own row to the right, and no other row: one long
 *   signature must not put 170 blanks into every row
 */
export function table(rows: readonly (readonly string[])[], widest = CELL_MAX): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      const width = columnsOf(cell);
      widths[i] = Math.max(widths[i] ?? 0, width <= widest ? width : 0);
    });
  }
  return rows
    .map((row) =>
      row
        .map((cell, i) => padded(cell, widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function padded(cell: string, width: number): string {
  return cell + " ".repeat(Math.max(0, width - columnsOf(cell)));
}
