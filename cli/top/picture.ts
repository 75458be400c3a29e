import { escapeText } from "../../base/escape.ts";
import type { ScreenLine } from "../io/io.ts";
import { columnsOf, shortenToColumns } from "../print/text-columns.ts";
import { durationText } from "./amounts.ts";
import type { Reading } from "./ask.ts";
import { alarms, figures, identityText } from "./figures.ts";
import { Rates } from "./rates.ts";
import { methodsTable, sessionsTable, type TopTable } from "./tables.ts";

/** What there is to show. */
export interface View {
  readonly address: string;
  /** Nothing until the daemon has answered. */
  readonly now: Reading | undefined;
  /** The answer before it, from which on is counted; without it totals alone are shown. */
  readonly before: Reading | undefined;
  /** How old the figures are, where that has to be said. */
  readonly staleMs: number | undefined;
  /** What has become of the connection and the daemon; not escaped. */
  readonly notes: readonly string[];
}

/** What it has to fit in: both may be infinite. */
export interface Size {
  readonly rows: number;
  readonly columns: number;
}

/** The address is not shortened to less, in columns. */
const ADDRESS_MIN = 12;
/** A table takes an empty line, its titles and at least one row. */
const TABLE_MIN = 3;

/** The picture of a daemon: never more lines than rows, and none longer than the columns. All of it is escaped. */
export function picture({ address, now, before, staleMs, notes }: View, size: Size): readonly ScreenLine[] {
  const age =
    staleMs === undefined ? [] : [`THE FIGURES ARE ${durationText(staleMs / 1000)} OLD: no answer since`];
  const told = [...notes.map((note) => escapeText(note)), ...age];
  const all: ScreenLine[] = [{ text: headOf(address, now, size.columns) }, ...told.map(loud)];
  if (now === undefined) {
    if (told.length === 0) all.push({ text: "no answer yet" });
  } else {
    const rates = new Rates(before, now);
    all.push(...[...alarms(now)].map(loud), ...figures(now, rates).map((text) => ({ text })));
    const tables = [methodsTable(now, rates), sessionsTable(now)] as const;
    all.push(...placed(tables, size.rows - all.length, size.columns).map((text) => ({ text })));
  }
  return all
    .slice(0, size.rows)
    .map((line) => ({ ...line, text: shortenToColumns(line.text, size.columns) }));
}

function loud(text: string): ScreenLine {
  return { text, isLoud: true };
}

/** The address gives way: who looks knows it. */
function headOf(address: string, now: Reading | undefined, columns: number): string {
  const shown = escapeText(address);
  if (now === undefined) return shown;
  const rest = `  ${identityText(now.stats)}`;
  return shortenToColumns(shown, Math.max(columns - columnsOf(rest), ADDRESS_MIN)) + rest;
}

/** Two tables below each other: each gets half of the room, and what the other leaves. */
function placed(
  [first, second]: readonly [TopTable, TopTable],
  room: number,
  columns: number,
): readonly string[] {
  const needs = [first, second].map(({ size }) => Math.max(size, 1) + 2);
  const [needsFirst = 0, needsSecond = 0] = needs;
  const forSecond = Math.min(needsSecond, Math.max(Math.floor(room / 2), room - needsFirst));
  const forFirst = Math.min(needsFirst, room - forSecond);
  return [...fitted(first, forFirst, columns), ...fitted(second, forSecond, columns)];
}

function fitted(table: TopTable, room: number, columns: number): readonly string[] {
  return room < TABLE_MIN ? [] : ["", ...table.lines(room - 2, columns)];
}
