import { parentPort, workerData } from "node:worker_threads";
import { answerTo, type Order } from "./answer.ts";

/*
 * A thread that reads one policy file and ends. A file of ten thousand grants takes seconds, in which the daemon goes on
 * answering; and whatever a file does to whoever reads it, it does to this thread.
 */
if (parentPort === null) throw new Error("this file is for a thread of the daemon");
// oxlint-disable-next-line typescript/no-unsafe-type-assertion, unicorn/require-post-message-target-origin -- made by check-policy.ts and by nobody else; a port of a thread has no origin
parentPort.postMessage(answerTo(workerData as Order));
