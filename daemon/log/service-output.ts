import { Console } from "node:console";
import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { PACKAGE_FOLDER } from "../base/package-folder.ts";
import type { Log, LogLevel } from "./log.ts";

/*
 * What services print, in the log: one line of it for each thing that is printed, with the module that did. The log itself goes out
 * on the same descriptor, so without this a line that is none would stand among its lines.
 */

/** Of a thing that is printed so much is kept, in characters. */
const PRINTED_MAX_CHARS = 4096;

/** So many calls are looked at to find out whose code prints. */
const FRAMES = 32;

/**
 * Has everything that is printed in this process go to the log, until the process ends. Who writes the log must have taken the
 * `write` of standard output before.
 *
 * @param serviceOf - the name of the service that a module defines, where it is known
 */
export function logPrinted(log: Log, serviceOf: (module: string) => string | undefined): void {
  const print = (level: LogLevel, text: string): void => {
    const printed = text.endsWith("\n") ? text.slice(0, -1) : text;
    const module = callingModule();
    log[level](
      printed.length > PRINTED_MAX_CHARS ? `${printed.slice(0, PRINTED_MAX_CHARS)}…` : printed,
      module === undefined ? {} : { service: serviceOf(module), module },
    );
  };
  const stream = (level: LogLevel): Writable =>
    new Writable({
      decodeStrings: false,
      write(chunk, _encoding, done) {
        print(level, String(chunk));
        done();
      },
    });
  globalThis.console = new Console({ stdout: stream("info"), stderr: stream("warn"), colorMode: false });
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    // Nothing, with a function that is called when all before it is written: whoever waits for that, waits for the log.
    const [flushed] = rest;
    if (chunk.length === 0 && typeof flushed === "function") return write("", () => void flushed());
    print("info", typeof chunk === "string" ? chunk : Buffer.from(chunk).toString());
    for (const done of rest) if (typeof done === "function") process.nextTick(done);
    return true;
  };
}

/** Has what services print go to standard error, while a command loads them whose own output is for other programs. */
export async function whilePrintedApart<T>(load: () => Promise<T>): Promise<T> {
  const { console: own } = globalThis;
  const stdout = Object.getOwnPropertyDescriptor(process.stdout, "write");
  globalThis.console = new Console({ stdout: process.stderr, stderr: process.stderr });
  process.stdout.write = process.stderr.write.bind(process.stderr);
  try {
    return await load();
  } finally {
    globalThis.console = own;
    Reflect.deleteProperty(process.stdout, "write");
    if (stdout !== undefined) Object.defineProperty(process.stdout, "write", stdout);
  }
}

/** The file whose code prints now: the nearest one that is neither node's nor the daemon's own. */
function callingModule(): string | undefined {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES;
  const { stack = "" } = new Error("who prints");
  Error.stackTraceLimit = stackTraceLimit;
  for (const [, url = ""] of stack.matchAll(/(file:\/\/[^\s)]+?):\d+:\d+\)?$/gm)) {
    const path = fileURLToPath(url);
    if (!path.startsWith(`${PACKAGE_FOLDER}/dist/`) && !path.includes("/node_modules/")) return path;
  }
  return undefined;
}
