import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { Children } from "./children.ts";
import type { Server } from "./contenders.ts";
import { builtPath, programWords } from "./places.ts";
import { sampleOf } from "./statistics.ts";

/** H, in milliseconds: whole processes, from their start to their end. */
export interface Commands {
  readonly rpcctlMs: number;
  readonly nodeMs: number;
}

/** Runs `rpcctl call add 2 3` and `node -e 0` in turn, so many of each. @returns the medians */
export async function measureCommands(
  children: Children,
  server: Server,
  processes: number,
): Promise<Commands> {
  const rpcctl = [...programWords(builtPath("rpcctl/main.js")), "call", "add", "2", "3"];
  const env = { ...process.env, RPCCTL_CONFIG: join(server.folder, "client", "rpcctl.yaml") };
  const times: { readonly rpcctl: number[]; readonly node: number[] } = { rpcctl: [], node: [] };
  for (let i = 0; i < processes; i++) {
    times.node.push(await run(children, ["-e", "0"], process.env, undefined));
    times.rpcctl.push(await run(children, rpcctl, env, "5"));
  }
  return { rpcctlMs: sampleOf(times.rpcctl).median, nodeMs: sampleOf(times.node).median };
}

/** @param expected - the line that it prints @returns milliseconds */
async function run(
  children: Children,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  expected: string | undefined,
): Promise<number> {
  const startedAt = performance.now();
  const child = children.start(process.execPath, words, { env, endsBy: "input" });
  const code = await child.ended;
  const tookMs = performance.now() - startedAt;
  const printed = expected === undefined ? undefined : await child.next();
  if (code !== 0 || printed !== expected)
    throw new Error(`${words.join(" ")}: ended with ${code}, printed ${printed}`);
  return tookMs;
}
