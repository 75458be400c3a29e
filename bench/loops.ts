import { performance } from "node:perf_hooks";
import { assertNever } from "../base/assert-never.ts";
import type { LiveJob, Loop, LoopJob, Timing } from "./jobs.ts";
import { cpuSeconds } from "./proc.ts";
import { quantile } from "./statistics.ts";

/** What a client process can do. Each reply is looked at: a wrong one is thrown. */
export interface Client {
  /** A: one call after the other, as many as there are places; each one's time goes into its place, in µs */
  sequence(latenciesUs: Float64Array): Promise<void>;
  /** B: on one connection, the next call sent as soon as one is answered */
  flight(calls: number): Promise<void>;
  /** C: one large echo after the other */
  echo(calls: number): Promise<void>;
  /** D: connect, log in, call, close; one after the other */
  visits(count: number): Promise<void>;
  /** E: opens connections until so many are kept */
  hold(connections: number): Promise<void>;
  /** G, L, S: only where something can be passed by reference */
  live?(job: LiveJob): Promise<Timing>;
}

/** Warms up, then times a loop whose count is fixed before it begins. */
export async function runLoop(client: Client, job: LoopJob): Promise<Timing> {
  const count = job.count ?? (await calibrate(client, job));
  const latenciesUs = new Float64Array(job.loop === "A" ? count : 0);
  const cpuBefore = cpuSeconds(job.serverPid);
  const startedAt = performance.now();
  await turn(client, job.loop, count, latenciesUs);
  const seconds = (performance.now() - startedAt) / 1000;
  const serverCpuSeconds = cpuSeconds(job.serverPid) - cpuBefore;
  if (job.loop !== "A") return { count, seconds, serverCpuSeconds };
  latenciesUs.sort();
  const latencyUs = { p50: quantile(latenciesUs, 0.5), p99: quantile(latenciesUs, 0.99) };
  return { count, seconds, serverCpuSeconds, latencyUs };
}

/** Runs more each time until that takes as long as the warm-up; the rate at its end gives the count. */
async function calibrate(client: Client, { loop, warmupMs, measureMs }: LoopJob): Promise<number> {
  for (let count = 1; ; ) {
    const latenciesUs = new Float64Array(loop === "A" ? count : 0);
    const startedAt = performance.now();
    await turn(client, loop, count, latenciesUs);
    const tookMs = performance.now() - startedAt;
    if (tookMs >= warmupMs) return Math.max(1, Math.round((count * measureMs) / tookMs));
    count = Math.ceil(count * Math.min(10, Math.max(2, (1.1 * warmupMs) / tookMs)));
  }
}

function turn(client: Client, loop: Loop, count: number, latenciesUs: Float64Array): Promise<void> {
  switch (loop) {
    case "A":
      return client.sequence(latenciesUs);
    case "B":
      return client.flight(count);
    case "C":
      return client.echo(count);
    case "D":
      return client.visits(count);
    default:
      return assertNever(loop, "a loop");
  }
}
