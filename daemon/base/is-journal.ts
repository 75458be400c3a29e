import { fstatSync } from "node:fs";

/**
 * Whether what is written to a descriptor goes to the journal (systemd.exec(5), `$JOURNAL_STREAM`). The variable alone does not say
 * it: whoever was started below a service has it too, with a terminal or a pipe of their own.
 *
 * @param fd - standard output or standard error
 */
export function isJournal(fd: 1 | 2): boolean {
  const stream = process.env["JOURNAL_STREAM"];
  if (stream === undefined) return false;
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return stream === `${dev}:${ino}`;
}
