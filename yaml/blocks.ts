/*
 * Blocks of lines, as people see them: a line and all that is indented below it. Comments and blank lines between end
 * nothing. Lines count from 1.
 */

/** How many blanks a line begins with. */
export function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** Whether a line says something to the parser: it is neither blank nor a comment. */
export function hasContent(line: string): boolean {
  return !/^\s*(?:#|$)/.test(line);
}

/** The last line that is indented below this one, comments there too; the line itself where none is. */
export function lastOfBlock(first: number, lines: readonly string[]): number {
  const own = indentOf(lines[first - 1] ?? "");
  let last = first;
  for (let next = first + 1; next <= lines.length; next++) {
    const line = lines[next - 1] ?? "";
    if (line.trim() !== "" && indentOf(line) > own) last = next;
    else if (hasContent(line)) break;
  }
  return last;
}
