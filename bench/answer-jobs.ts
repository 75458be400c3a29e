import { createInterface } from "node:readline";
import type { Answer, Job, Timing } from "./jobs.ts";
import { type Client, runLoop } from "./loops.ts";

/**
 * The main loop of a client process: jobs come one by one on standard input, and its end is the end of the
 * process, whatever is still open.
 */
export async function answerJobs(client: Client): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const job: Job = JSON.parse(line);
    const answer = await run(client, job).then(
      (done): Answer => ({ done }),
      (error: unknown): Answer => ({
        failed: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
    );
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  process.exit();
}

async function run(client: Client, job: Job): Promise<Timing | true> {
  if (job.kind === "loop") return runLoop(client, job);
  if (job.kind === "live") {
    if (client.live === undefined) throw new Error("nothing can be passed by reference here");
    return client.live(job);
  }
  await client.hold(job.connections);
  return true;
}
