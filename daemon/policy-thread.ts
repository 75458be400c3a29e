import { parentPort, workerData } from "node:worker_threads";
import type { Catalogue } from "../base/catalogue.ts";
import { FileProblem } from "../certs/file-problem.ts";
import type { CheckedPolicy } from "../policy/index.ts";
import { readPolicy } from "./read-policy.ts";

/** What the thread is given. */
export interface Order {
  readonly path: string;
  readonly catalogue: Catalogue;
  readonly nowMs: number;
}

/** What it answers: the file as data, or why it could not be read. */
export type Answer = { readonly checked: CheckedPolicy } | { readonly unreadable: readonly string[] };

/*
 * A thread that reads one policy file and ends. A file of ten thousand grants takes seconds, in which the daemon goes on
 * answering; and whatever a file does to whoever reads it, it does to this thread.
 */
function answer({ path, catalogue, nowMs }: Order): Answer {
  try {
    return { checked: readPolicy(path, catalogue, nowMs) };
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    return { unreadable: [error.message, ...(error.mend === undefined ? [] : [error.mend])] };
  }
}

if (parentPort === null) throw new Error("this file is for a thread of the daemon");
// oxlint-disable-next-line typescript/no-unsafe-type-assertion, unicorn/require-post-message-target-origin -- made by check-policy.ts and by nobody else; a port of a thread has no origin
parentPort.postMessage(answer(workerData as Order));
