import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { connect, KnownDaemons, loadKey, RpcError } from "../../client/index.ts";

/*
 * The good client: node good-client.js ADDRESS STATE-FOLDER. For each line of its input, a number of milliseconds, it calls `add` in a
 * loop for so long, and prints how long that took.
 */

/** What the good client saw. */
export interface Seen {
  readonly calls: number;
  /** of one call, in milliseconds */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** the longest; a stall of the daemon's loop is no longer than that */
  readonly maxMs: number;
  /** calls that were not answered by their sum, and why, by code */
  readonly refused: Readonly<Record<string, number>>;
}

const [address = "", folder = ""] = process.argv.slice(2);
const identity = await loadKey(join(folder, "client", "id_ed25519"));
// One host key, whichever of its addresses is called.
const pins = KnownDaemons.read([join(folder, "client", "known_daemons")]);
const hostKeyFingerprints = pins.fingerprints(`unix:${join(folder, "rpcd.sock")}`);
const rpc = await connect(address, { identity, hostKeyFingerprints });

async function callFor(ms: number): Promise<Seen> {
  const took: number[] = [];
  const refused: Record<string, number> = {};
  for (const untilMs = performance.now() + ms; performance.now() < untilMs; ) {
    const sentAtMs = performance.now();
    try {
      const sum = await rpc.call("add", [took.length, 7]);
      if (sum !== took.length + 7) throw new Error(`a wrong answer: ${String(sum)}`);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      refused[error.code] = (refused[error.code] ?? 0) + 1;
    }
    took.push(performance.now() - sentAtMs);
  }
  const sorted = took.toSorted((a, b) => a - b);
  const at = (part: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
  return { calls: took.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), refused };
}

process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(await callFor(Number(line)))}\n`);
await rpc.close();
