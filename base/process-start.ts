import { readFileSync } from "node:fs";

/**
 * When a process began, in clock ticks since the machine did (proc(5), field 22 of `stat`): with it a process id names one
 * process, also after it has ended and the number is another's.
 *
 * @returns nothing where there is no such process, or it cannot be looked at
 */
export function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name stands in brackets and may have any character in it; behind the last bracket come fields from the third on.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
