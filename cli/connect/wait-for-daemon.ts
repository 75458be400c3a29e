import { setTimeout as sleep } from "node:timers/promises";
import { durationWords } from "../../base/duration.ts";
import { RpcError } from "../../client/index.ts";
import { Failure } from "../io/failure.ts";

/** Between two attempts, in milliseconds: a start takes a few hundred, and an attempt costs the daemon little. */
const PAUSE_MS = 100;

/**
 * Makes attempts until one reaches a daemon.
 *
 * @param attempt - given what is left of the time, in milliseconds
 * @throws Failure `unavailable` when the time is over; at once what another attempt cannot change
 */
export async function waitForDaemon<T>(
  waitMs: number,
  signal: AbortSignal,
  attempt: (leftMs: () => number) => Promise<T>,
): Promise<T> {
  const endMs = performance.now() + waitMs;
  for (;;) {
    try {
      return await attempt(() => Math.max(1, endMs - performance.now()));
    } catch (error) {
      if (signal.aborted || !mayPass(error)) throw error;
      if (performance.now() + PAUSE_MS >= endMs) throw tooLate(waitMs, error);
    }
    await sleep(PAUSE_MS, undefined, { signal });
  }
}

/** Whether a daemon that is being started, or that has much to do, would answer a later attempt. */
function mayPass(error: unknown): error is RpcError {
  return (
    error instanceof RpcError &&
    ["unavailable", "deadline_exceeded", "resource_exhausted"].includes(error.code)
  );
}

function tooLate(waitMs: number, cause: RpcError): Failure {
  return new Failure("unavailable", `no daemon answered within ${durationWords(waitMs)}: ${cause.message}`, {
    hints: [
      "rpcctl doctor says what is wrong",
      "rpcctl help addresses says where rpcctl looks for the daemon",
    ],
    cause,
  });
}
