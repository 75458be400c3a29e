import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

type FlushableOutput = Pick<Writable, "write" | "writableLength" | "destroyed">;

/** Streams whose reader was stuck: nobody waits for it again. The streams of a process cannot be destroyed, which would say the same. */
const givenUp = new WeakSet<FlushableOutput>();

/** Settles when the system has taken all that was written, or nothing more can be written. A process that ends before loses the rest. */
export function flushed(stream: FlushableOutput): Promise<void> {
  if (stream.destroyed || stream.writableLength === 0 || givenUp.has(stream)) return Promise.resolve();
  return new Promise((resolve) => {
    stream.write("", () => resolve());
  });
}

/**
 * The same, for a reader that may be stuck: as long as it takes something. One that takes nothing is given up.
 *
 * @param patienceMs - how long it may take nothing
 */
export async function flushedWhileTaken(stream: FlushableOutput, patienceMs: number): Promise<void> {
  while (!stream.destroyed && stream.writableLength > 0) {
    const left = stream.writableLength;
    const isTaken = new AbortController();
    const patience = sleep(patienceMs, undefined, { signal: isTaken.signal }).catch(() => undefined);
    await Promise.race([flushed(stream), patience]);
    isTaken.abort();
    if (stream.writableLength < left) continue;
    givenUp.add(stream);
    return;
  }
}
