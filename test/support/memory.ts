import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What a process has in memory, in KiB (proc_pid_status(5)). */
export function memoryKib(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
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
