import type { Stats } from "node:fs";
import { kindAt, kindOf } from "../../files/file-kind.ts";
import { systemCode } from "../../files/file-problem.ts";
import { Failure, usage } from "./failure.ts";

/** Turns an error of the operating system into a message for the user who named the file. Other errors are returned unchanged. */
export function readFailure(path: string, error: unknown): unknown {
  const code = systemCode(error);
  // Given up: that is no fault of the file.
  if (code === undefined || code === "ABORT_ERR") return error;
  // What open() says of a socket.
  if (code === "ENXIO")
    return notRead(path, `a file was expected, but this is ${kindAt(path) ?? "none"}`, error);
  const what = code === "ENOENT" ? "there is no such file" : `the file cannot be read (${code})`;
  return notRead(path, what, error);
}

/** A path that leads to something else than is expected there. */
export function wrongKind(path: string, expected: string, stat: Stats): Failure {
  return notRead(path, `${expected} was expected, but this is ${kindOf(stat)}`);
}

function notRead(path: string, what: string, cause?: unknown): Failure {
  const hint = /but this is a (FIFO|socket|device)$/.test(what)
    ? "- reads standard input: COMMAND | rpcctl … -"
    : undefined;
  return new Failure("not_found", `${path}: ${what}`, { hints: [hint], cause });
}

/** More than is read of it. */
export function tooLong(what: string, maxBytes: number): Failure {
  return usage(`${what}: at most ${maxBytes} bytes were expected, and there are more`);
}
