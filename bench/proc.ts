import { readFileSync } from "node:fs";

/** What the kernel counts in, whatever its own clock does: a hundredth of a second (proc(5), USER_HZ). */
const TICKS_PER_SECOND = 100;

/** CPU time that a process has used, user and system, in all of its threads; in seconds. */
export function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name of the program is in parentheses and may hold anything: what is counted stands behind it.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  if (!Number.isFinite(ticks)) throw new Error(`/proc/${pid}/stat: no times in ${text}`);
  return ticks / TICKS_PER_SECOND;
}

/**
 * Resident memory of a process, in bytes. VmRSS of /proc/PID/status would be the quicker way, but the kernel
 * keeps it for each CPU and adds it up late: this one is counted page by page.
 */
export function residentBytes(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const [, kibibytes] = /^Rss:\s+(\d+) kB$/m.exec(text) ?? [];
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/smaps_rollup: no Rss in ${text}`);
  return Number(kibibytes) * 1024;
}
