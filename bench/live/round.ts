import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Children } from "../children.ts";
import { Contender, listening, type Server } from "../contenders.ts";
import { LIVE, type LiveWorkload } from "../jobs.ts";
import { sourcePath } from "../places.ts";
import { LINE, PIECE_BYTES, type Plan } from "../plan.ts";
import { residentBytes } from "../proc.ts";
import { type Sample, sampleOf } from "../statistics.ts";

/** What came of one workload. */
export interface LiveFound {
  readonly workload: LiveWorkload;
  /** µs for each callback or line; MB/s for the stream */
  readonly rpcd: Sample;
  readonly rpyc: Sample | undefined;
  /** of the daemon, after the stream, in MiB */
  readonly memoryMib: number | undefined;
}

/** A Python that has RPyC: Debian installs it for its own, which need not be the first in the path. */
function pythonWithRpyc(): string | undefined {
  return ["python3", "/usr/bin/python3"].find(
    (python) => spawnSync(python, ["-c", "import rpyc"], { encoding: "utf8" }).status === 0,
  );
}

/** G, L, S: interleaved, as everything is. */
export async function liveRounds(
  children: Children,
  daemon: Server,
  folder: string,
  plan: Plan,
): Promise<readonly LiveFound[]> {
  const python = pythonWithRpyc();
  const contenders = [
    daemon.connect("unix"),
    ...(python === undefined ? [] : [await startRpyc(children, folder, python)]),
  ];
  const rates = new Map<string, number[]>();
  for (const contender of contenders) await measure(contender, plan.liveWarmup, rates);
  rates.clear();
  for (let round = 0; round < plan.rounds; round++)
    for (const contender of contenders) await measure(contender, plan.live, rates);
  const memoryMib = residentBytes(daemon.process.pid) / 1024 ** 2;
  for (const contender of contenders) await contender.end();
  return LIVE.map((workload) => {
    const [rpcd, rpyc] = ["rpcd", "rpyc"].map((name) => rates.get(`${name} ${workload}`));
    return {
      workload,
      rpcd: sampleOf(rpcd ?? []),
      rpyc: rpyc === undefined ? undefined : sampleOf(rpyc),
      memoryMib: workload === "S" ? memoryMib : undefined,
    };
  });
}

async function measure(
  contender: Contender,
  counts: Readonly<Record<LiveWorkload, number>>,
  rates: Map<string, number[]>,
): Promise<void> {
  for (const workload of LIVE) {
    // RPyC is slower by much: as many would take minutes, and a rate is a rate.
    const count = contender.name === "rpyc" ? Math.ceil(counts[workload] / 5) : counts[workload];
    const timing = await contender.ask({ kind: "live", workload, count });
    if (timing === undefined) throw new Error(`${contender.name}: ${workload} without times`);
    const key = `${contender.name} ${workload}`;
    rates.set(key, [...(rates.get(key) ?? []), rateOf(workload, timing)]);
  }
}

function rateOf(workload: LiveWorkload, { count, seconds }: { count: number; seconds: number }): number {
  return workload === "S" ? (count * PIECE_BYTES) / 1e6 / seconds : (seconds * 1e6) / count;
}

async function startRpyc(children: Children, folder: string, python: string): Promise<Contender> {
  const path = join(folder, "rpyc.sock");
  const server = children.start(python, [sourcePath("bench/rpyc/server.py"), path], { endsBy: "SIGTERM" });
  await listening(server);
  const words = [sourcePath("bench/rpyc/client.py"), path, LINE, String(PIECE_BYTES)];
  const client = children.start(python, words, { endsBy: "input" });
  return new Contender({ name: "rpyc", process: server }, "unix", client);
}
