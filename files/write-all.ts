import { write } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { systemCode } from "./file-problem.ts";

const writeSome = promisify(write);

/** How long to wait for room where the file does not, in milliseconds. */
const NO_ROOM_MS = 5;

/**
 * Writes all of it, and waits until the system has taken it. On a thread of node's: process.stdout writes to a pipe on the
 * event loop, which then hears neither signals nor the daemon's pings for as long as the reader of the pipe pauses.
 *
 * @throws the system's error
 */
export async function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    try {
      const { bytesWritten } = await writeSome(fd, bytes, at, bytes.length - at, null);
      at += bytesWritten;
    } catch (error) {
      // Somebody who shares the pipe has made it one that does not wait.
      if (systemCode(error) !== "EAGAIN") throw error;
      await sleep(NO_ROOM_MS);
    }
  }
}
