import type { Bound, Unit } from "./measures.ts";
import type { Report, Row } from "./report.ts";
import type { Sample } from "./statistics.ts";

const HEADINGS = [
  "",
  "workload",
  "over",
  "floor",
  "rpcd",
  "ratio",
  "bar",
  "goal",
  "reached",
  "pickle",
] as const;
/** Columns that hold numbers stand to the right. */
const RIGHT: readonly string[] = ["floor", "rpcd", "ratio", "bar", "goal", "pickle"];

/** The report for a terminal: where it was made, the table, and what to know of it. */
export function textOf(report: Report): string {
  return `${[...headOf(report), "", ...alignedLines(cellsOf(report)), "", ...footOf(report)].join("\n")}\n`;
}

/** The same as a section of a Markdown page. */
export function markdownOf(report: Report): string {
  const [headings = [], ...rows] = cellsOf(report);
  const rule = headings.map((heading) => (RIGHT.includes(heading) ? "---:" : "---"));
  const table = [headings, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return `${[headOf(report).join(" "), "", ...table, "", footOf(report).join(" ")].join("\n")}\n`;
}

function headOf({ date, machine, plan }: Report): readonly string[] {
  const { cpu, cores, memoryBytes, kernel, node, python, load } = machine;
  const programs = [`Node ${node}`, ...(python === undefined ? [] : [`Python ${python}`])].join(", ");
  const gibibytes = (memoryBytes / 1024 ** 3).toFixed(0);
  return [
    `${date.slice(0, 10)}, ${plan.name} run: ${programs}, ${kernel}, ${cores} cores of ${cpu}, ${gibibytes} GiB.`,
    `Load before the run: ${load.toFixed(1)}. Medians of ${plan.rounds} rounds, with the least and the greatest.`,
  ];
}

function footOf({ rows, remarks }: Report): readonly string[] {
  const missed = rows.filter(({ reached }) => reached === "neither");
  const names = missed.map(({ workload, title, transport }) => `${workload} (${title}, ${transport})`);
  return [
    missed.length === 0 ? "Every bar is reached." : `Not reached: ${names.join("; ")}.`,
    ...remarks.map((remark) => `Note: ${remark}.`),
  ];
}

function cellsOf({ rows }: Report): readonly (readonly string[])[] {
  return [HEADINGS, ...rows.map(rowCells)];
}

function rowCells({
  workload,
  title,
  transport,
  unit,
  floor,
  rpcd,
  ratio,
  target,
  reached,
  pickle,
}: Row): string[] {
  return [
    workload,
    title,
    transport,
    sampleText(floor, unit),
    sampleText(rpcd, unit),
    ratio.median.toFixed(2),
    target === undefined ? "–" : boundText(target.bar, unit),
    target === undefined ? "–" : boundText(target.goal, unit),
    reached ?? "–",
    pickle === undefined ? "–" : sampleText(pickle, unit),
  ];
}

/** `23.4 µs (23.1–25.0)` */
function sampleText({ median, least, greatest }: Sample, unit: Unit): string {
  const space = unit.startsWith("/") ? "" : " ";
  return `${numberText(median)}${space}${unit} (${numberText(least)}–${numberText(greatest)})`;
}

function boundText({ of, to, limit }: Bound, unit: Unit): string {
  const sign = to === "most" ? "≤" : "≥";
  if (of === "ratio") return `${sign} ${limit} × floor`;
  return `${sign} ${numberText(limit)}${unit.startsWith("/") ? "" : " "}${unit}`;
}

/** Three digits that mean something, and thousands parted. */
function numberText(value: number): string {
  if (Number.isInteger(value) && value < 1000) return String(value);
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function alignedLines([headings = [], ...rows]: readonly (readonly string[])[]): readonly string[] {
  const widths = headings.map((heading, i) =>
    Math.max(heading.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => {
        const width = widths[i] ?? 0;
        return RIGHT.includes(headings[i] ?? "") ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return [line(headings), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)];
}
