import type { CheckFound } from "./check/found.ts";
import type { ContenderName, Transport } from "./contenders.ts";
import type { Decisions } from "./decisions/found.ts";
import type { LiveFound } from "./live/round.ts";
import type { Machine } from "./machine.ts";
import { type Figure, isWithin, MEASURES, type Measure, type Target } from "./measures.ts";
import type { Plan } from "./plan.ts";
import type { SiegeFound } from "./siege/found.ts";
import { ratioOf, type Sample, sampleOf } from "./statistics.ts";

/** One contender's figure of one round, in the unit of its measure. */
export interface Found {
  readonly figure: Figure;
  readonly transport: Transport;
  readonly contender: ContenderName;
  readonly round: number;
  readonly value: number;
}

/** A row of the table. */
export interface Row extends Pick<Measure, "workload" | "figure" | "title" | "unit"> {
  readonly transport: Transport;
  readonly target: Target | undefined;
  readonly floor: Sample;
  readonly rpcd: Sample;
  readonly pickle: Sample | undefined;
  /** rpcd to the floor, of the same round each */
  readonly ratio: Sample;
  /** how far it came: to the goal, to the bar, or not so far; nothing where neither is set */
  readonly reached: "goal" | "bar" | "neither" | undefined;
}

/** All that a run has found: what `--json` writes. */
export interface Report {
  readonly date: string;
  readonly machine: Machine;
  readonly plan: Plan;
  /** what a reader should know of this run: what could not be compared with, say */
  readonly remarks: readonly string[];
  readonly rows: readonly Row[];
  readonly siege: readonly SiegeFound[];
  /** K */
  readonly checks: readonly CheckFound[];
  /** P */
  readonly decisions: readonly Decisions[];
  /** G, L, S */
  readonly live: readonly LiveFound[];
}

/** The rows of everything that was measured, in the order of the measures. */
export function rowsOf(found: readonly Found[]): readonly Row[] {
  return MEASURES.flatMap((measure) =>
    (["unix", "tls"] as const).flatMap((transport) => {
      const row = rowOf(measure, transport, found);
      return row === undefined ? [] : [row];
    }),
  );
}

function rowOf(measure: Measure, transport: Transport, found: readonly Found[]): Row | undefined {
  const rounds = (contender: ContenderName): readonly number[] =>
    found
      .filter(
        (one) => one.figure === measure.figure && one.transport === transport && one.contender === contender,
      )
      .toSorted((a, b) => a.round - b.round)
      .map(({ value }) => value);
  const [floor, rpcd, pickle] = [rounds("floor"), rounds("rpcd"), rounds("pickle")];
  if (rpcd.length === 0) return undefined;
  const sample = sampleOf(rpcd);
  const ratio = ratioOf(rpcd, floor);
  const { workload, figure, title, unit } = measure;
  const target = measure[transport];
  return {
    workload,
    figure,
    title,
    unit,
    transport,
    target,
    floor: sampleOf(floor),
    rpcd: sample,
    pickle: pickle.length === 0 ? undefined : sampleOf(pickle),
    ratio,
    reached: target === undefined ? undefined : reached(target, sample.median, ratio.median),
  };
}

function reached({ bar, goal }: Target, value: number, ratio: number): Row["reached"] {
  if (isWithin(goal, value, ratio)) return "goal";
  return isWithin(bar, value, ratio) ? "bar" : "neither";
}
