import { lstatSync, readFileSync } from "node:fs";

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

/**
 * Whether a process runs that began at that moment and belongs to that user. What a file says of a process is believed about processes
 * of the file's owner alone.
 */
export function isProcessOf(
  { pid, processStart: began }: { readonly pid: number; readonly processStart: string },
  owner: number | undefined,
): boolean {
  const start = processStart(pid);
  if (start !== undefined) return start === began && ownerOf(pid) === owner;
  // Within a unit no process sees another (PrivateUsers, ProtectProc). There the file lies in a folder that ends with the
  // daemon, and only a process of our own user takes a signal from us.
  if (process.geteuid?.() !== owner) return false;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function ownerOf(pid: number): number | undefined {
  return lstatSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid;
}
