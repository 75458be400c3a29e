import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Child, Children } from "../children.ts";
import { listening, type Server } from "../contenders.ts";
import { builtPath } from "../places.ts";
import type { Plan } from "../plan.ts";
import { residentBytes } from "../proc.ts";
import type { Spent } from "./attacker.ts";
import { ATTACKS, type Attack } from "./attacks.ts";
import type { Battle, SiegeFound } from "./found.ts";
import type { Seen } from "./good-client.ts";
import { makeSiegeState } from "./state.ts";

const MIB = 1024 ** 2;

/** A daemon of its own for each attack: what one leaves behind is not the next one's. */
export async function siegeRounds(
  children: Children,
  {
    plan,
    folder,
    attack: wanted = "",
    otherBuild,
    progress,
  }: {
    readonly plan: Plan;
    readonly folder: string;
    /** only those whose names contain it */
    readonly attack?: string;
    /** the folder of another build, whose daemon is attacked in the same way */
    readonly otherBuild: string | undefined;
    readonly progress: (text: string) => void;
  },
): Promise<readonly SiegeFound[]> {
  const found: SiegeFound[] = [];
  for (const [number, attack] of ATTACKS.entries()) {
    const { name, over, principals, isGranted, connections } = attack;
    if (!name.includes(wanted)) continue;
    progress(`siege, ${number + 1} of ${ATTACKS.length}: ${name} (${over})`);
    const fight = (build: string, which: string): Promise<Battle> =>
      battle(children, { attack, number, build, folder: join(folder, `siege-${which}-${number}`), plan });
    const now = await fight(builtPath(""), "now");
    const other = otherBuild === undefined ? undefined : await fight(otherBuild, "other");
    found.push({ attack: name, over, principals, isGranted, connections, now, other });
  }
  return found;
}

async function battle(
  children: Children,
  {
    attack,
    number,
    build,
    folder,
    plan,
  }: {
    readonly attack: Attack;
    readonly number: number;
    readonly build: string;
    readonly folder: string;
    readonly plan: Plan;
  },
): Promise<Battle> {
  const words = await makeSiegeState(children, build, folder);
  const daemon = children.start(process.execPath, words, { endsBy: "SIGTERM" });
  const addresses = await listening(daemon);
  const good = await clientOf(children, "good-client", [needed(addresses, "unix"), folder]);
  const attacker = await clientOf(children, "attacker", [
    String(number),
    needed(addresses, attack.over),
    folder,
  ]);
  try {
    const seenFor = async (ms: number): Promise<Seen> => {
      good.write(String(ms));
      return JSON.parse(await good.next());
    };
    // The first calls are compiled code's, not the attack's.
    await seenFor(plan.warmupMs);
    const before = await seenFor(plan.siegeMs / 2);
    const idleMib = residentBytes(daemon.pid) / MIB;
    resetPeak(daemon.pid);
    if (attack.isLogStuck === true) daemon.stopReading();
    // From its first moment on: the arrival of an attacker is a part of the attack.
    attacker.write("go");
    const during = await seenFor(plan.siegeMs);
    const peakMib = peakBytes(daemon.pid) / MIB;
    attacker.write("stop");
    const spent: Spent = JSON.parse(await attacker.next());
    return { before, during, idleMib, peakMib, spent };
  } finally {
    await attacker.end();
    daemon.readOn();
    await good.end();
    await daemon.end();
  }
}

async function clientOf(children: Children, program: string, words: readonly string[]): Promise<Child> {
  const child = children.start(process.execPath, [builtPath(`bench/siege/${program}.js`), ...words], {
    endsBy: "input",
  });
  const line = await child.next();
  if (line !== "ready") throw new Error(`${program} said ${line}`);
  return child;
}

function needed(addresses: Server["addresses"], transport: "unix" | "tls"): string {
  const address = addresses[transport];
  if (address === undefined) throw new Error(`the daemon does not listen on ${transport}`);
  return address;
}

/** The kernel forgets the most memory that a process ever had (proc(5), clear_refs). */
function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

function peakBytes(pid: number): number {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/status: no VmHWM`);
  return Number(kibibytes) * 1024;
}
