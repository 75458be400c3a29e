import { isJournal } from "../base/is-journal.ts";

/** As it was when the program began: what services print later goes elsewhere. */
const own = console;

/** Prints what is wrong. For the journal each line bears the priority of an error (sd-daemon(3)): it takes it for news otherwise. */
export function sayError(report: string): void {
  own.error(isJournal(2) ? report.trimEnd().replace(/^/gm, "<3>") : report);
}
