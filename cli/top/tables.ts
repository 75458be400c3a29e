import { escapeText } from "../../base/escape.ts";
import { alignedTable, type Column } from "./aligned.ts";
import { bytesText, durationText, rateText } from "./amounts.ts";
import type { SessionEntry } from "./answers.ts";
import { type Reading, SESSIONS } from "./ask.ts";
import { errorsOf, type Rates, sumOf } from "./rates.ts";

/** A table of which as many rows are shown as there is room for. */
export interface TopTable {
  /** How many rows it has. */
  readonly size: number;
  /** Its titles and so many of its rows, each within the columns. Escaped. */
  lines(rows: number, columns: number): readonly string[];
}

/** The methods that were called, the busiest first. */
export function methodsTable({ stats, isCut }: Reading, rates: Rates): TopTable {
  const methods = stats.calls.methods
    .map((one) => ({
      method: one.method,
      total: sumOf(one.codes),
      calls: rates.ofMethod(one, sumOf),
      errors: rates.ofMethod(one, errorsOf),
      failed: errorsOf(one.codes),
    }))
    .toSorted((a, b) => (b.calls ?? 0) - (a.calls ?? 0) || b.total - a.total);
  const columns = (shown: number): readonly Column[] => [
    { title: titleOf("METHODS", shown, methods.length, isCut.methods), kind: "text" },
    { title: "CALLS/S", kind: "number" },
    { title: "ERRORS/S", kind: "number" },
    { title: "CALLS", kind: "number" },
    { title: "ERRORS", kind: "number" },
  ];
  return {
    size: methods.length,
    lines: (rows, width) => {
      const shown = methods.slice(0, rows);
      const cells = shown.map(({ method, total, calls, errors, failed }) => [
        escapeText(method),
        rateCell(calls),
        rateCell(errors),
        String(total),
        String(failed),
      ]);
      return alignedTable(columns(shown.length), cells, width);
    },
  };
}

/** Who is logged in, those first who have the most calls running. */
export function sessionsTable({ sessions, stats, isCut }: Reading): TopTable {
  if (sessions === undefined)
    return {
      size: 0,
      lines: () => [`sessions are not shown: a grant must name ${SESSIONS} itself, no wildcard covers it`],
    };
  const sorted = sessions.toSorted((a, b) => b.calls - a.calls || b.bytes - a.bytes);
  const nowMs = stats.started.getTime() + stats.uptime_s * 1000;
  const columns = (shown: number): readonly Column[] => [
    { title: titleOf("SESSIONS", shown, sorted.length, isCut.sessions), kind: "text" },
    { title: "VIA", kind: "text" },
    { title: "ADDRESS", kind: "text" },
    { title: "AGE", kind: "number" },
    { title: "CALLS", kind: "number" },
    { title: "REFS", kind: "number" },
    { title: "BYTES", kind: "number" },
  ];
  return {
    size: sorted.length,
    lines: (rows, width) => {
      const shown = sorted.slice(0, rows);
      return alignedTable(
        columns(shown.length),
        shown.map((one) => sessionCells(one, nowMs)),
        width,
      );
    },
  };
}

/** @param nowMs - by the daemon's own clock, as its times are */
function sessionCells(
  { principal, via, address, since, calls, references, bytes }: SessionEntry,
  nowMs: number,
): readonly string[] {
  return [
    escapeText(principal),
    escapeText(via),
    escapeText(address ?? "-"),
    durationText((nowMs - since.getTime()) / 1000),
    String(calls),
    String(references),
    bytesText(bytes),
  ];
}

/** `METHODS 12/340`, where not all are shown, and `12/340+` where there are more than were asked for. */
function titleOf(title: string, shown: number, all: number, isCut: boolean): string {
  return shown === all && !isCut ? title : `${title} ${shown}/${all}${isCut ? "+" : ""}`;
}

/** Nothing is known of a second before there are two answers. */
function rateCell(perSecond: number | undefined): string {
  return perSecond === undefined ? "-" : rateText(perSecond);
}
