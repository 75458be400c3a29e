import { mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Child, Children } from "./children.ts";
import {
  type Contender,
  type NodeFlags,
  type Server,
  startFloor,
  startRpcd,
  type Transport,
} from "./contenders.ts";
import { MEMORY_LINE } from "./live-memory.ts";
import { residentBytes } from "./proc.ts";

/** So long a process is left alone before its memory is read, in milliseconds. */
const SETTLE_MS = 250;
/** And is read so often: the least counts, since what is measured is what it needs. */
const READS = 3;

/**
 * E: connections that are open at the first reading already, and stay: code is compiled, tables are there, and
 * the allocator has taken the few megabytes that it takes for the first reads of a process. Unix comes first.
 */
const FIRST_CONNECTIONS: Readonly<Record<Transport, number>> = { unix: 300, tls: 20 };

/** The room for new objects is kept at one MiB: node commits more of it than it uses, up to 48 MiB. */
const COLLECTING: NodeFlags = { node: ["--expose-gc", "--max-semi-space-size=1"] };

export interface Memory {
  /** F: of a server that nobody has connected to */
  readonly idleBytes: number;
  /** E, over each transport */
  readonly bytesPerConnection: ReadonlyMap<Transport, number>;
}

/** F and E of one fresh server, which is ended then. @param folder - for its files; two daemons never share one */
export async function measureMemory(
  children: Children,
  folder: string,
  name: "floor" | "rpcd",
  transports: readonly Transport[],
  connections: number,
): Promise<Memory> {
  mkdirSync(folder, { mode: 0o700 });
  const server = await (name === "floor" ? startFloor : startRpcd)(children, folder, COLLECTING);
  const clients: Contender[] = [];
  try {
    await sleep(SETTLE_MS);
    const idleBytes = await leastBytes(server.process.pid);
    const bytesPerConnection = new Map<Transport, number>();
    for (const transport of transports) {
      const client = server.connect(transport);
      // To the end: what one had left behind, the next would use again.
      clients.push(client);
      bytesPerConnection.set(transport, await perConnection(server, client, connections));
    }
    return { idleBytes, bytesPerConnection };
  } finally {
    await Promise.all(clients.map((client) => client.end()));
    await server.process.end();
  }
}

/** F's reference: a node that does nothing, and does not end. @returns bytes */
export async function idleNodeBytes(children: Children): Promise<number> {
  const idle = children.start(process.execPath, ["-e", "setInterval(() => {}, 1e9)"], { endsBy: "SIGTERM" });
  try {
    await sleep(2 * SETTLE_MS);
    return await leastBytes(idle.pid);
  } finally {
    await idle.end();
  }
}

async function perConnection(server: Server, client: Contender, connections: number): Promise<number> {
  const first = FIRST_CONNECTIONS[client.transport];
  await client.ask({ kind: "hold", connections: first });
  const before = await bytesInUse(server.process);
  await client.ask({ kind: "hold", connections: first + connections });
  return ((await bytesInUse(server.process)) - before) / connections;
}

/** What a server says of itself (live-memory.ts), the least of several answers. */
async function bytesInUse(server: Child): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < READS; i++) {
    await sleep(SETTLE_MS / READS);
    server.signal("SIGUSR2");
    least = Math.min(least, await saidBytes(server));
  }
  return least;
}

async function saidBytes(server: Child): Promise<number> {
  for (;;) {
    const line: { readonly msg?: string; readonly bytes?: number } = JSON.parse(await server.next());
    if (line.msg === MEMORY_LINE && line.bytes !== undefined) return line.bytes;
  }
}

async function leastBytes(pid: number): Promise<number> {
  let least = residentBytes(pid);
  for (let i = 1; i < READS; i++) {
    await sleep(SETTLE_MS / READS);
    least = Math.min(least, residentBytes(pid));
  }
  return least;
}
