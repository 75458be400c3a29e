import { CHECK_HEADINGS, checkCells } from "./check/table.ts";
import { DECISION_HEADINGS, decisionCells, decisionWords } from "./decisions/table.ts";
import { LIVE_HEADINGS, liveCells, liveWords } from "./live/table.ts";
import type { Bound, Unit } from "./measures.ts";
import type { Report, Row } from "./report.ts";
import { SIEGE_HEADINGS, siegeCells } from "./siege/table.ts";
import type { Sample } from "./statistics.ts";
import { alignedLines, markdownLines, numberText } from "./table-text.ts";

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

const isRight = (heading: string): boolean => RIGHT.includes(heading);
const isLiveFigure = (heading: string): boolean => LIVE_HEADINGS.slice(2, -1).some((one) => one === heading);
const isCheckFigure = (heading: string): boolean =>
  CHECK_HEADINGS.slice(1, -1).some((one) => one === heading);
const isSiegeFigure = (heading: string): boolean =>
  SIEGE_HEADINGS.slice(1, -1).some((one) => one === heading);
const isFigure = (heading: string): boolean => heading !== DECISION_HEADINGS[0];

/** The report for a terminal: where it was made, the tables, and what to know of it. */
export function textOf(report: Report): string {
  const tables = tablesOf(report).flatMap(({ cells, isNumber }) => ["", ...alignedLines(cells, isNumber)]);
  return `${[...headOf(report), ...tables, "", ...footOf(report)].join("\n")}\n`;
}

/** The same as a section of a Markdown page. */
export function markdownOf(report: Report): string {
  const tables = tablesOf(report).flatMap(({ cells, isNumber }) => ["", ...markdownLines(cells, isNumber)]);
  return `${[headOf(report).join(" "), ...tables, "", footOf(report).join(" ")].join("\n")}\n`;
}

interface Table {
  readonly cells: readonly (readonly string[])[];
  readonly isNumber: (heading: string) => boolean;
}

/** Those in which something was measured. */
function tablesOf(report: Report): readonly Table[] {
  const { rows, checks, live, decisions, siege, plan } = report;
  return [
    ...(siege.length === 0
      ? []
      : [{ cells: siegeCells(siege, plan.siegeMs / 1_000), isNumber: isSiegeFigure }]),
    ...(rows.length === 0 ? [] : [{ cells: cellsOf(report), isNumber: isRight }]),
    ...(checks.length === 0 ? [] : [{ cells: checkCells(checks), isNumber: isCheckFigure }]),
    ...(live.length === 0 ? [] : [{ cells: liveCells(live), isNumber: isLiveFigure }]),
    ...(decisions.length === 0 ? [] : [{ cells: decisionCells(decisions), isNumber: isFigure }]),
  ];
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

function footOf({ rows, live, decisions, remarks }: Report): readonly string[] {
  const missed = rows.filter(({ reached }) => reached === "neither");
  const names = missed.map(({ workload, title, transport }) => `${workload} (${title}, ${transport})`);
  return [
    ...(rows.length === 0
      ? []
      : [missed.length === 0 ? "Every bar is reached." : `Not reached: ${names.join("; ")}.`]),
    ...liveWords(live),
    ...decisionWords(decisions),
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
