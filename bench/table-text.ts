/** Three digits that mean something, and thousands parted. */
export function numberText(value: number): string {
  if (Number.isInteger(value) && value < 1000) return String(value);
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Cells in columns for a terminal. @param isNumber - by the heading: such columns stand to the right */
export function alignedLines(
  [headings = [], ...rows]: readonly (readonly string[])[],
  isNumber: (heading: string) => boolean,
): readonly string[] {
  const widths = headings.map((heading, i) =>
    Math.max(heading.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => {
        const width = widths[i] ?? 0;
        return isNumber(headings[i] ?? "") ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return [line(headings), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)];
}

/** The same as a table of Markdown. */
export function markdownLines(
  [headings = [], ...rows]: readonly (readonly string[])[],
  isNumber: (heading: string) => boolean,
): readonly string[] {
  const rule = headings.map((heading) => (isNumber(heading) ? "---:" : "---"));
  return [headings, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`);
}
