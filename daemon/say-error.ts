import { isJournal } from "./is-journal.ts";

/** Prints what is wrong. For the journal each line bears the priority of an error (sd-daemon(3)): it takes it for news otherwise. */
export function sayError(report: string): void {
  console.error(isJournal(2) ? report.trimEnd().replace(/^/gm, "<3>") : report);
}
