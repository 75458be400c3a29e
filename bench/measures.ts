/** What is measured, in which unit, and how far it should come. */
export type Figure =
  | "p50"
  | "p99"
  | "callsPerSecond"
  | "serverCpu"
  | "echoed"
  | "visits"
  | "perConnection"
  | "idle"
  | "command";

export type Unit = "µs" | "/s" | "MB/s" | "KiB" | "MiB" | "ms";

/** A bound of the ratio to the floor, or of the value itself in its unit. */
export interface Bound {
  readonly of: "ratio" | "value";
  readonly to: "most" | "least";
  readonly limit: number;
}

export interface Measure {
  readonly workload: string;
  readonly figure: Figure;
  readonly title: string;
  readonly unit: Unit;
  /** what has to be reached, and what is wished for; neither where it is only shown */
  readonly unix: Target | undefined;
  readonly tls: Target | undefined;
}

export interface Target {
  readonly bar: Bound;
  readonly goal: Bound;
}

const atMost = (of: Bound["of"], bar: number, goal: number): Target => ({
  bar: { of, to: "most", limit: bar },
  goal: { of, to: "most", limit: goal },
});

const atLeast = (of: Bound["of"], bar: number, goal: number): Target => ({
  bar: { of, to: "least", limit: bar },
  goal: { of, to: "least", limit: goal },
});

/** The rows of the table, in their order (docs/performance.md, "What is measured"). */
export const MEASURES: readonly Measure[] = [
  {
    workload: "A",
    figure: "p50",
    title: "one call at a time, p50",
    unit: "µs",
    unix: atMost("ratio", 1.35, 1.15),
    tls: atMost("ratio", 1.35, 1.15),
  },
  {
    workload: "A",
    figure: "p99",
    title: "one call at a time, p99",
    unit: "µs",
    unix: undefined,
    tls: undefined,
  },
  {
    workload: "B",
    figure: "callsPerSecond",
    title: "64 in flight",
    unit: "/s",
    unix: atLeast("ratio", 0.2, 0.35),
    tls: atLeast("ratio", 0.2, 0.35),
  },
  {
    workload: "B",
    figure: "serverCpu",
    title: "64 in flight, server CPU per call",
    unit: "µs",
    unix: atMost("value", 4, 2),
    tls: atMost("value", 4, 2),
  },
  {
    workload: "C",
    figure: "echoed",
    title: "1 MiB echo, one way",
    unit: "MB/s",
    unix: atLeast("ratio", 0.6, 0.85),
    tls: atLeast("ratio", 0.6, 0.85),
  },
  {
    workload: "D",
    figure: "visits",
    title: "connect, log in, call, close",
    unit: "/s",
    unix: atLeast("value", 2_000, 3_900),
    tls: atLeast("ratio", 0.7, 0.9),
  },
  {
    workload: "E",
    figure: "perConnection",
    title: "memory of an idle connection",
    unit: "KiB",
    unix: atMost("ratio", 2.5, 1.5),
    tls: atMost("ratio", 2.5, 1.5),
  },
  {
    workload: "F",
    figure: "idle",
    title: "memory of an idle server",
    unit: "MiB",
    unix: atMost("value", 90, 70),
    tls: undefined,
  },
  {
    workload: "H",
    figure: "command",
    title: "rpcctl call add 2 3, whole process",
    unit: "ms",
    unix: atMost("ratio", 3, 2),
    tls: undefined,
  },
];

/** Whether a value with this ratio to the floor keeps to the bound. */
export function isWithin({ of, to, limit }: Bound, value: number, ratio: number): boolean {
  const found = of === "value" ? value : ratio;
  return to === "most" ? found <= limit : found >= limit;
}
