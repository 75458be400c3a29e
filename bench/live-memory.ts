import { writeSync } from "node:fs";

/**
 * Lets the bench ask a server of its own how much memory it keeps: on SIGUSR2 it collects its garbage and prints
 * a line. Only where node was started with --expose-gc; elsewhere it does nothing.
 *
 * What counts is what is in use: the live objects of the heap, and everything that is resident outside of it. Free
 * room that the heap keeps comes in steps of megabytes, and hides or feigns a thousand connections.
 */
export function sayMemoryOnSignal(): void {
  const collect = globalThis.gc;
  if (collect === undefined) return;
  process.on("SIGUSR2", () => {
    collect();
    const { rss, heapTotal, heapUsed } = process.memoryUsage();
    // Past the daemon, which makes lines of its log of what services print.
    writeSync(1, `${JSON.stringify({ msg: MEMORY_LINE, bytes: rss - heapTotal + heapUsed })}\n`);
  });
}

/** What the line says, beside the lines of a log. */
export const MEMORY_LINE = "memory in use";
