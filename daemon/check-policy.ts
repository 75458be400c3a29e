import { Worker } from "node:worker_threads";
import type { Answer, Order } from "./policy-thread.ts";

/** So long a check may take, in milliseconds: the largest file takes a sixth of it. */
const CHECK_MAX_MS = 120_000;
/** So much memory it may take, in MiB. */
const CHECK_MAX_MIB = 1_024;

const THREAD = new URL("./policy-thread.js", import.meta.url);

/**
 * Reads and checks a policy file on a thread of its own.
 *
 * @throws Error if the thread failed, took too long or too much memory
 */
export function checkOnThread(order: Order): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(THREAD, {
      workerData: order,
      // Neither the daemon's words nor its environment are any of its affairs.
      argv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: CHECK_MAX_MIB },
    });
    const late = setTimeout(() => {
      reject(new Error(`the check took more than ${CHECK_MAX_MS} ms`));
      worker.terminate().catch(() => undefined);
    }, CHECK_MAX_MS);
    worker.once("message", (answer: Answer) => resolve(answer));
    worker.once("error", reject);
    worker.once("exit", (code) => {
      clearTimeout(late);
      // Settled already, if it had an answer.
      reject(new Error(`the thread of the check ended with ${code}`));
    });
  });
}
