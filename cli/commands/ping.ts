import { escapeText } from "../../base/escape.ts";
import type { Rpc } from "../../client/index.ts";
import { callLimits, openRpc, withRpc } from "../connect/connection.ts";
import { waitForDaemon } from "../connect/wait-for-daemon.ts";
import type { Io } from "../io/io.ts";
import { jsonText } from "../print/json.ts";
import { CONNECTION } from "../settings/options.ts";
import { durationOf, readSettings } from "../settings/settings.ts";
import { defineCommand } from "../words/command.ts";

/** How long one attempt may take where no timeout is given, in milliseconds: a daemon that hangs must not use up all of the wait. */
const ATTEMPT_MS = 10_000;

export default defineCommand({
  examples: [
    ["rpcctl ping", "log in, and time one message there and back"],
    ["rpcctl ping --wait 30s", "wait until a daemon that is being started answers, 30 seconds at most"],
  ],
  options: {
    wait: {
      kind: "text",
      value: "TIME",
      describe:
        "try again until the daemon answers, for this long at most: 500ms, 30s, 10m; without it, try once",
    },
    ...CONNECTION,
  },
  notes:
    "With --wait it ends with 7 if no daemon has answered in time. What waiting cannot change ends it at once: a login that is refused, an unknown host key, a missing key.",

  run: async ({ wait, ...options }, io) => {
    if (wait === undefined)
      return withRpc(options, io, async (session) => {
        const { rpc, settings } = session;
        await ping(rpc, callLimits(session, io).timeoutMs, settings.address, options.json, io);
        return "ok";
      });
    const waitMs = durationOf(wait, "--wait");
    const settings = await readSettings(options, io);
    await waitForDaemon(waitMs, io.signal, async (leftMs) => {
      const timeoutMs = (): number => Math.min(leftMs(), settings.timeoutMs ?? ATTEMPT_MS);
      const rpc = await openRpc(settings, io, timeoutMs);
      try {
        await ping(rpc, timeoutMs(), settings.address, options.json, io);
      } finally {
        await rpc.close();
      }
    });
    return "ok";
  },
});

async function ping(
  rpc: Rpc,
  timeoutMs: number | undefined,
  address: string,
  json: boolean,
  io: Io,
): Promise<void> {
  const ms = await rpc.ping(timeoutMs);
  const { principal, roles } = rpc;
  if (json) {
    io.out(jsonText({ principal, roles, address, ms }));
    return;
  }
  const held = roles.length === 0 ? "no roles" : `roles ${roles.join(", ")}`;
  io.out(escapeText(`${principal} (${held}) at ${address}: ${ms.toFixed(2)} ms`));
}
