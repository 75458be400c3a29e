import { readFileSync } from "node:fs";

/** What a process has in memory, in KiB (proc_pid_status(5)). */
export function memoryKib(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  if (kib === undefined) throw new Error(`no memory of process ${pid}`);
  return Number(kib);
}
