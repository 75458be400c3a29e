import { readFileSync } from "node:fs";

/** What a process has in memory, in KiB (proc_pid_status(5)). */
export function memoryKib(pid: number): number {
  return statusKib(pid, "VmRSS");
}

/** The most that a process ever had in memory, in KiB. */
export function peakMemoryKib(pid: number): number {
  return statusKib(pid, "VmHWM");
}

function statusKib(pid: number, field: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const [, kib] = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status) ?? [];
  if (kib === undefined) throw new Error(`no memory of process ${pid}`);
  return Number(kib);
}
