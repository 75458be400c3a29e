/*
 * SIGHUP asks a daemon to read its files again, and ends a process that does not expect it. A daemon expects it from its first
 * moment on: whoever has just started it may have changed a file already.
 */

let hasCome = false;
const note = (): void => {
  hasCome = true;
};

/** Keeps a SIGHUP until it is known what this process is to do. */
export function holdHangup(): void {
  process.on("SIGHUP", note);
}

/** For a daemon, which listens by itself now. @returns whether one has come */
export function takeHangup(): boolean {
  process.off("SIGHUP", note);
  return hasCome;
}

/** For a command that is no daemon: SIGHUP ends it, as it would have. */
export function obeyHangup(): void {
  // The listener stays: Node drops a signal that arrived just before its last listener is removed.
  process.on("SIGHUP", end);
  if (takeHangup()) end();
}

function end(): void {
  process.off("SIGHUP", end);
  process.kill(process.pid, "SIGHUP");
}
