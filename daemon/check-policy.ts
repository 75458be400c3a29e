import { Worker } from "node:worker_threads";
import type { Answer, Order } from "./policy-thread.ts";

/** What a check may take. */
export interface CheckLimits {
  /** in milliseconds: the largest file takes a sixth of it */
  readonly maxMs: number;
  /** of memory, in MiB */
  readonly maxMiB: number;
}

const LIMITS: CheckLimits = { maxMs: 120_000, maxMiB: 1_024 };

const THREAD = new URL("./policy-thread.js", import.meta.url);

/**
 * Reads and checks a policy file on a thread of its own.
 *
 * @throws Error if the thread failed, took too long or too much memory
 */
export function checkOnThread(order: Order, { maxMs, maxMiB }: CheckLimits = LIMITS): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(THREAD, {
      workerData: order,
      // Neither the daemon's words nor its environment are any of its affairs.
      argv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: maxMiB },
    });
    const late = setTimeout(() => {
      reject(new Error(`the check took more than ${maxMs} ms`));
      worker.terminate().catch(() => undefined);
    }, maxMs);
    worker.once("message", (answer: Answer) => resolve(answer));
    worker.once("error", reject);
    worker.once("exit", (code) => {
      clearTimeout(late);
      // Settled already, if it had an answer.
      reject(new Error(`the thread of the check ended with ${code}`));
    });
  });
}
