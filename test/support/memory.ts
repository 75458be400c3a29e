import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

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

/** The heap of this process with all that nobody holds any longer given back, in bytes. */
export function heapAfterCollection(): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("no collector");
  // Twice: what the first finds to be unused may hold more.
  for (let i = 0; i < 3; i++) collect();
  return process.memoryUsage().heapUsed;
}
