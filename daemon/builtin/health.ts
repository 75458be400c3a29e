import type { AuditRoom } from "../audit/room.ts";
import type { AuditWriter } from "../audit/writer.ts";
import type { PolicyStatus } from "../policy/keeper.ts";

/**
 * How long a write to the audit log that failed is told of, in milliseconds. While it fails nobody can ask, since what
 * cannot be recorded is not run: whoever asks after that has to be told that it was so.
 */
const FAILURE_TOLD_MS = 5 * 60_000;

/**
 * What is wrong with a daemon, and what to do: a sentence each.
 *
 * @param nowMs - milliseconds since 1970
 */
export function problemsOf(
  { refused }: Pick<PolicyStatus, "refused">,
  {
    isFailing,
    failedAtMs,
    exposure,
  }: Pick<AuditWriter, "isFailing" | "failedAtMs"> & Partial<Pick<AuditWriter, "exposure">>,
  nowMs: number,
  { isLow }: Pick<AuditRoom, "isLow"> = { isLow: false },
): readonly string[] {
  const problems: string[] = [];
  if (refused !== undefined)
    problems.push(
      `a reload was refused at ${timeText(refused.atMs)}, and what was in force before it stays: rpcctl policy status says what is wrong; mend the file and reload`,
    );
  if (isFailing)
    problems.push(
      "the audit log cannot be written, and calls and logins are refused: see that its disk has room and that its path leads to a file of the daemon's own; the daemon's log has the cause",
    );
  else if (failedAtMs !== undefined && nowMs - failedAtMs < FAILURE_TOLD_MS)
    problems.push(
      `the audit log could not be written, last at ${timeText(failedAtMs)}, and calls and logins were refused: see that its disk has room and that its path leads to a file of the daemon's own; the daemon's log has the cause`,
    );
  if (isLow)
    problems.push(
      "the disk of the audit log is nearly full, and the principals with the most calls are limited: make room there, or lower audit_reserve_mib",
    );
  if (exposure !== undefined)
    problems.push(`others can change the audit log, or put another in its place: ${exposure.message}`);
  return problems;
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
