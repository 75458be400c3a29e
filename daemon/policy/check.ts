import { Worker } from "node:worker_threads";
import { systemCode } from "../../files/file-problem.ts";
import { isPackageReplaced, POLICY_THREAD } from "../base/loaded-package.ts";
import { answerTo, type Order, type ThreadAnswer } from "./answer.ts";

/** What a check may take. */
export interface CheckLimits {
  /** in milliseconds: the largest file takes a sixth of it */
  readonly maxMs: number;
  /** of memory, in MiB */
  readonly maxMiB: number;
}

const LIMITS: CheckLimits = { maxMs: 120_000, maxMiB: 1_024 };

/**
 * Reads and checks a policy file on a thread of its own. Where the system gives none, it is done here: whoever holds all that
 * there is, by calls that start programs, must not keep a policy away that takes their key back. The same goes for an upgrade: once
 * the files of the package are others, a thread would run those.
 *
 * @param start - makes the thread
 * @param isReplaced - whether the files of the package are no longer those that run
 * @throws Error if the thread failed, took too long or too much memory
 */
export async function checkOnThread(
  order: Order,
  { maxMs, maxMiB }: CheckLimits = LIMITS,
  start: (order: Order, maxMiB: number) => Worker = startThread,
  isReplaced: () => boolean = isPackageReplaced,
): Promise<ThreadAnswer> {
  // A large file holds up calls meanwhile; that is the lesser evil.
  if (isReplaced()) return answerTo(order);
  let worker: Worker;
  try {
    worker = start(order, maxMiB);
  } catch (error) {
    if (systemCode(error) !== "ERR_WORKER_INIT_FAILED") throw error;
    return answerTo(order);
  }
  try {
    const answer = await answerOf(worker, maxMs);
    // They may have been replaced while the thread was loading them.
    return isReplaced() ? answerTo(order) : answer;
  } catch (error) {
    if (!isReplaced()) throw error;
    return answerTo(order);
  }
}

function startThread(order: Order, maxMiB: number): Worker {
  return new Worker(POLICY_THREAD, {
    workerData: order,
    // Neither the daemon's words nor its environment are any of its affairs.
    argv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: maxMiB },
  });
}

function answerOf(worker: Worker, maxMs: number): Promise<ThreadAnswer> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      reject(new Error(`the check took more than ${maxMs} ms`));
      worker.terminate().catch(() => undefined);
    }, maxMs);
    worker.once("message", (answer: ThreadAnswer) => resolve(answer));
    worker.once("error", reject);
    worker.once("exit", (code) => {
      clearTimeout(late);
      // Settled already, if it had an answer.
      reject(new Error(`the thread of the check ended with ${code}`));
    });
  });
}
