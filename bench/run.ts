import { join } from "node:path";
import { checkRounds } from "./check/round.ts";
import type { Children } from "./children.ts";
import {
  type Contender,
  type NodeFlags,
  pythonVersion,
  type Server,
  startFloor,
  startPickle,
  startRpcd,
  type Transport,
} from "./contenders.ts";
import { decisionRounds } from "./decisions/round.ts";
import { LIVE, LOOPS } from "./jobs.ts";
import { liveRounds } from "./live/round.ts";
import { thisMachine } from "./machine.ts";
import type { Plan } from "./plan.ts";
import { type Found, type Report, rowsOf } from "./report.ts";
import { commandRound, loopRound, memoryRound, warmUp } from "./rounds.ts";
import { siegeRounds } from "./siege/round.ts";

export const WORKLOADS = ["A", "B", "C", "D", "E", "F", "G", "H", "K", "L", "P", "S"] as const;
export type Workload = (typeof WORKLOADS)[number];

export interface Wanted {
  readonly plan: Plan;
  readonly workloads: readonly Workload[];
  /** for the processes of rpcd and the floor that run the loops */
  readonly flags: NodeFlags;
  /** a folder of the run's own */
  readonly folder: string;
  readonly onDisk: boolean;
  /** is told what goes on */
  readonly progress: (text: string) => void;
}

/** Starts what is compared, measures round by round, and reports. What it started is for the caller to end. */
export async function run(children: Children, wanted: Wanted): Promise<Report> {
  const { plan, workloads, folder, progress } = wanted;
  const python = pythonVersion();
  const machine = thisMachine(python);
  const servers = [
    await startFloor(children, folder, wanted.flags),
    await startRpcd(children, join(folder, "rpcd"), wanted.flags),
    ...(python === undefined ? [] : [await startPickle(children, folder)]),
  ];
  const daemon = servers.find(({ name }) => name === "rpcd");
  if (daemon === undefined) throw new Error("no daemon was started");
  const transports = (["unix", "tls"] as const).filter(
    (transport) => daemon.addresses[transport] !== undefined,
  );
  const contenders = connectAll(servers, transports);
  const loops = LOOPS.filter((loop) => workloads.includes(loop));
  const found: Found[] = [];
  if (loops.length > 0) {
    progress("warming up");
    await warmUp(contenders);
  }
  for (let round = 0; round < plan.rounds; round++) {
    progress(`round ${round + 1} of ${plan.rounds}: ${workloads.join(" ")}`);
    found.push(...(await loopRound(contenders, loops, plan, round)));
    if (workloads.includes("H")) found.push(...(await commandRound(children, daemon, plan, round)));
    if (workloads.includes("E") || workloads.includes("F")) {
      found.push(...(await memoryRound(children, folder, transports, plan, round)));
    }
  }
  const isLive = LIVE.some((one) => workloads.includes(one));
  if (isLive) progress("what is passed by reference, beside RPyC");
  const live = isLive ? await liveRounds(children, daemon, folder, plan) : [];
  if (workloads.includes("P")) progress("policies, in processes of their own");
  const decisions = workloads.includes("P") ? await decisionRounds(children, plan) : [];
  if (workloads.includes("K")) progress("the check of messages, in a process of its own");
  const checks = workloads.includes("K") ? await checkRounds(children, plan) : [];
  // Those that measured write their profiles, if they are asked to, when they end.
  for (const contender of contenders) await contender.end();
  for (const server of servers) await server.process.end();
  return {
    date: new Date().toISOString(),
    machine,
    plan,
    remarks: [
      ...(python === undefined ? ["pickle is not compared with: this machine has no python3"] : []),
      ...(isLive && live.every(({ rpyc }) => rpyc === undefined)
        ? ["RPyC is not compared with: no python3 has it (Debian: python3-rpyc)"]
        : []),
      ...(wanted.onDisk ? [] : ["the audit log was in memory: no disk was found for it"]),
    ],
    siege: [],
    checks,
    decisions,
    live,
    rows: rowsOf(found).filter(({ workload }) => workloads.some((one) => one === workload)),
  };
}

/** Runs the siege alone. @param wanted - `otherBuild` is attacked in the same way */
export async function runSiege(
  children: Children,
  wanted: Wanted & { readonly otherBuild: string | undefined; readonly attack: string },
): Promise<Report> {
  const machine = thisMachine(pythonVersion());
  const siege = await siegeRounds(children, wanted);
  return {
    date: new Date().toISOString(),
    machine,
    plan: wanted.plan,
    remarks: wanted.onDisk ? [] : ["the audit log was in memory: no disk was found for it"],
    siege,
    checks: [],
    decisions: [],
    live: [],
    rows: [],
  };
}

/** A client process for each server and transport, in the order in which they take their turns. */
function connectAll(servers: readonly Server[], transports: readonly Transport[]): readonly Contender[] {
  return transports.flatMap((transport) =>
    servers
      .filter(({ addresses }) => addresses[transport] !== undefined)
      .map((server) => server.connect(transport)),
  );
}
