/**
 * The columns of a terminal that a text takes at the most: a character beyond ASCII may take two. The text is escaped
 * already, so none of it takes a line of its own.
 */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const char of text) columns += columnsOfOne(char);
  return columns;
}

/** As much of a text as surely fits. */
export function cutToColumns(text: string, columns: number): string {
  let used = 0;
  let kept = "";
  for (const char of text) {
    used += columnsOfOne(char);
    if (used > columns) return kept;
    kept += char;
  }
  return kept;
}

const MARK = "…";
const MARK_COLUMNS = columnsOf(MARK);

/** The same, with a mark where something was left out, if there is room for one. */
export function shortenToColumns(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  if (columns <= MARK_COLUMNS) return cutToColumns(text, columns);
  return cutToColumns(text, columns - MARK_COLUMNS) + MARK;
}

function columnsOfOne(char: string): number {
  return char < "\u007f" ? 1 : 2;
}
