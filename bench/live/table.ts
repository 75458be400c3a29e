import type { LiveWorkload } from "../jobs.ts";
import type { Sample } from "../statistics.ts";
import { numberText } from "../table-text.ts";
import type { LiveFound } from "./round.ts";

const ROWS: Readonly<
  Record<
    LiveWorkload,
    { readonly title: string; readonly unit: string; readonly most?: readonly [bar: number, goal: number] }
  >
> = {
  G: { title: "a callback, each awaited", unit: "µs", most: [38, 27] },
  L: { title: "a line of the caller's file, and a callback for it", unit: "µs", most: [45, 30] },
  S: { title: "a stream of bytes to the daemon", unit: "MB/s" },
};

/** Numbers but for the first two columns. */
export const LIVE_HEADINGS = [
  "",
  "passed by reference",
  "rpcd",
  "RPyC",
  "rpcd to RPyC",
  "bar",
  "goal",
  "reached",
] as const;

/** A row for each workload, and the headings above. */
export function liveCells(found: readonly LiveFound[]): readonly (readonly string[])[] {
  return [LIVE_HEADINGS, ...found.map(rowCells)];
}

function rowCells({ workload, rpcd, rpyc }: LiveFound): string[] {
  const { title, unit, most } = ROWS[workload];
  const [bar, goal] = most ?? [];
  return [
    workload,
    title,
    sampleText(rpcd, unit),
    rpyc === undefined ? "–" : sampleText(rpyc, unit),
    rpyc === undefined ? "–" : (rpcd.median / rpyc.median).toFixed(2),
    bar === undefined ? "–" : `≤ ${bar} ${unit}`,
    goal === undefined ? "–" : `≤ ${goal} ${unit}`,
    bar === undefined || goal === undefined ? "–" : reached(rpcd.median, bar, goal),
  ];
}

function reached(value: number, bar: number, goal: number): string {
  return value <= goal ? "goal" : value <= bar ? "bar" : "neither";
}

function sampleText({ median, least, greatest }: Sample, unit: string): string {
  return `${numberText(median)} ${unit} (${numberText(least)}–${numberText(greatest)})`;
}

/** What the table has no column for. */
export function liveWords(found: readonly LiveFound[]): readonly string[] {
  return found.flatMap(({ workload, memoryMib }) =>
    memoryMib === undefined
      ? []
      : [`After ${workload} the daemon had ${numberText(memoryMib)} MiB resident.`],
  );
}
