import { join } from "node:path";
import { assertNever } from "../base/assert-never.ts";
import type { Children } from "./children.ts";
import { measureCommands } from "./command.ts";
import type { Contender, Server, Transport } from "./contenders.ts";
import { LOOPS, type Loop, type Timing } from "./jobs.ts";
import type { Figure } from "./measures.ts";
import { idleNodeBytes, measureMemory } from "./memory.ts";
import { ECHO_BYTES, type Plan } from "./plan.ts";
import type { Found } from "./report.ts";

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * 1024;
const MEGABYTE = 1_000_000;

/** So many calls and visits make the compilers of both ends do their work. */
const WARMUP_CALLS = 20_000;
const WARMUP_VISITS = 100;

/** What came of one loop, in the units of the measures. */
type Figures = Partial<Record<Figure, number>>;

/** Before the first round: what is compiled while it runs is compiled then. */
export async function warmUp(contenders: readonly Contender[]): Promise<void> {
  const never = { warmupMs: 0, measureMs: 0 };
  for (const contender of contenders) {
    const { serverPid } = contender;
    await contender.ask({ kind: "loop", loop: "B", serverPid, ...never, count: WARMUP_CALLS });
    await contender.ask({ kind: "loop", loop: "D", serverPid, ...never, count: WARMUP_VISITS });
  }
}

/** A to D: every contender does each loop before the next loop begins. */
export async function loopRound(
  contenders: readonly Contender[],
  loops: readonly Loop[],
  plan: Plan,
  round: number,
): Promise<readonly Found[]> {
  const { warmupMs, measureMs } = plan;
  const found: Found[] = [];
  for (const loop of LOOPS.filter((one) => loops.includes(one))) {
    for (const contender of contenders) {
      const { name, transport, serverPid } = contender;
      const timing = await contender.ask({ kind: "loop", loop, serverPid, warmupMs, measureMs });
      if (timing === undefined) throw new Error(`${name} over ${transport}: a loop without times`);
      for (const [figure, value] of entriesOf(figuresOf(loop, timing))) {
        found.push({ figure, transport, contender: name, round, value });
      }
    }
  }
  return found;
}

/** The figures that a loop gives. */
export function figuresOf(loop: Loop, { count, seconds, serverCpuSeconds, latencyUs }: Timing): Figures {
  switch (loop) {
    case "A":
      if (latencyUs === undefined) throw new Error("a sequence of calls without latencies");
      return { p50: latencyUs.p50, p99: latencyUs.p99 };
    case "B":
      return { callsPerSecond: count / seconds, serverCpu: (serverCpuSeconds * 1e6) / count };
    case "C":
      return { echoed: (count * ECHO_BYTES) / MEGABYTE / seconds };
    case "D":
      return { visits: count / seconds };
    default:
      return assertNever(loop, "a loop");
  }
}

function entriesOf(figures: Figures): readonly (readonly [Figure, number])[] {
  // Object.entries forgets which keys there may be.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- just made, with these keys and no others
  return Object.entries(figures) as [Figure, number][];
}

/** E and F. The two run side by side: memory is measured, not time. */
export async function memoryRound(
  children: Children,
  folder: string,
  transports: readonly Transport[],
  plan: Plan,
  round: number,
): Promise<readonly Found[]> {
  const idleNode = await idleNodeBytes(children);
  const found = await Promise.all(
    (["floor", "rpcd"] as const).map(async (contender): Promise<Found[]> => {
      const path = join(folder, `memory-${contender}-${round}`);
      const memory = await measureMemory(children, path, contender, transports, plan.connections);
      const idle = contender === "floor" ? idleNode : memory.idleBytes;
      const perConnection = [...memory.bytesPerConnection].map(
        ([transport, bytes]): Found => ({
          contender,
          round,
          transport,
          figure: "perConnection",
          value: bytes / KIBIBYTE,
        }),
      );
      return [
        ...perConnection,
        { contender, round, transport: "unix", figure: "idle", value: idle / MEBIBYTE },
      ];
    }),
  );
  return found.flat();
}

/** H. */
export async function commandRound(
  children: Children,
  daemon: Server,
  plan: Plan,
  round: number,
): Promise<readonly Found[]> {
  const { rpcctlMs, nodeMs } = await measureCommands(children, daemon, plan.processes);
  const common = { figure: "command", transport: "unix", round } as const;
  return [
    { ...common, contender: "floor", value: nodeMs },
    { ...common, contender: "rpcd", value: rpcctlMs },
  ];
}
