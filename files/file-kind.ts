import { type Stats, statSync } from "node:fs";

/** What there is at a path, for messages that expected a regular file. */
export function kindOf(stat: Pick<Stats, "isFile" | "isDirectory" | "isFIFO" | "isSocket">): string {
  if (stat.isFile()) return "a regular file";
  if (stat.isDirectory()) return "a folder";
  if (stat.isFIFO()) return "a FIFO";
  return stat.isSocket() ? "a socket" : "a device";
}

/** The same of what a path leads to, links followed; `undefined` where that cannot be looked at. */
export function kindAt(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? undefined : kindOf(stat);
}
