import type { Writable } from "node:stream";
import { isJournal } from "../base/is-journal.ts";
import { chooseFormat, createLog, type LogFormat, type LogLevel, type ProcessLog } from "./log.ts";
import { LogOutput } from "./output.ts";

/**
 * The log of this process, on its standard output.
 *
 * @param stdout - what writes there
 */
export function processLog(
  level: LogLevel,
  format: LogFormat,
  stdout: Pick<Writable, "write"> = process.stdout,
): ProcessLog {
  const output = new LogOutput(stdout);
  const place = { isTerminal: process.stdout.isTTY, underJournal: isJournal(1) };
  const log = createLog(output, level, chooseFormat(format, place));
  output.onFlowsAgain((count) =>
    log.error(`${count} lines of the log were dropped: its reader did not take them in time`, { count }),
  );
  return log;
}

/**
 * Has the process serve on whatever becomes of the reader of its log. Pipes and sockets, the journal's too, do not block: Node keeps what
 * they do not take. Files do, for as long as the disk takes. A terminal that is stopped (Ctrl-S) would stop the whole process.
 */
export function outliveReaders(output: Writable & { readonly isTTY?: boolean }): void {
  // The reader of the log is gone: the lines are counted, and serving goes on.
  output.on("error", () => undefined);
  if (output.isTTY !== true) return;
  // Node makes terminals block, so that no output is lost when a program ends; no public name leads to it.
  const handle: unknown = Reflect.get(output, "_handle");
  if (canBlock(handle)) handle.setBlocking(false);
}

function canBlock(handle: unknown): handle is { setBlocking(blocks: boolean): unknown } {
  return (
    typeof handle === "object" && handle !== null && typeof Reflect.get(handle, "setBlocking") === "function"
  );
}
