import { parseDuration } from "../../base/duration.ts";
import { openRpc } from "../connect/connection.ts";
import { usage } from "../io/failure.ts";
import { jsonText } from "../print/json.ts";
import { CONNECTION } from "../settings/options.ts";
import { readSettings } from "../settings/settings.ts";
import { type Ask, ask, endless, type Reading, SESSIONS, STATS } from "../top/ask.ts";
import { LiveTop } from "../top/live.ts";
import { picture } from "../top/picture.ts";
import { defineCommand } from "../words/command.ts";

/** How often the daemon is asked, in milliseconds. */
const INTERVAL_MS = 1_000;
const INTERVAL_MIN_MS = 200;
const INTERVAL_MAX_MS = 60_000;

/** A page of a daemon that means well has some three hundred sessions, or a quarter of a megabyte. */
const PAGES_MAX = 256;

const EVERYTHING = { rows: Number.POSITIVE_INFINITY, columns: Number.POSITIVE_INFINITY };

export default defineCommand({
  examples: [
    ["rpcctl top", "what the daemon does, until q is pressed"],
    ["rpcctl top --interval 5s", "the same, asked less often"],
    ["rpcctl top --json | jq .stats.denials", "the figures of this moment, for a program"],
  ],
  options: {
    interval: {
      kind: "text",
      value: "TIME",
      describe: "how often the daemon is asked: 200ms to 1m, 1s where nothing is said",
    },
    ...CONNECTION,
  },
  notes:
    "It needs a grant that names rpcd.stats; with one of rpcd.sessions.list it shows the sessions, and with one of rpcd.health what to do. q ends it. Where there is no terminal, or with --json, it prints once.",

  run: async ({ interval, json, ...options }, io) => {
    const intervalMs = readInterval(interval);
    const settings = await readSettings(options, io);
    const takeScreen = json ? undefined : io.takeScreen;
    const rpc = await openRpc(settings, io);
    if (takeScreen !== undefined) return new LiveTop(settings, io, intervalMs).run(rpc, takeScreen);
    try {
      const { timeoutMs, address } = settings;
      const reading = await askAll((method, ...args) =>
        rpc.call(method, args, {}, { timeoutMs, signal: io.signal }),
      );
      const { stats, sessions, health } = reading;
      if (json && sessions === undefined)
        io.err(`the sessions are left out: a grant must name ${SESSIONS} itself, no wildcard covers it`);
      const text = json ? jsonText({ health, stats, sessions }) : pictureText(address, reading);
      await io.write(Buffer.from(`${text}\n`));
      return "ok";
    } finally {
      await rpc.close();
    }
  },
});

function readInterval(text: string | undefined): number {
  if (text === undefined) return INTERVAL_MS;
  const ms = parseDuration(text);
  if (typeof ms === "number" && ms >= INTERVAL_MIN_MS && ms <= INTERVAL_MAX_MS) return ms;
  throw usage(`--interval: a length of time from 200ms to 1m was expected, like 5s, not '${text}'`);
}

/** All of it: half of a list would be taken for the whole. @throws Failure, RpcError */
async function askAll(call: Ask): Promise<Reading> {
  const reading = await ask(call, { pagesMax: PAGES_MAX }, () => performance.now());
  if (reading.isCut.methods) throw endless(STATS);
  if (reading.isCut.sessions) throw endless(SESSIONS);
  return reading;
}

function pictureText(address: string, now: Reading): string {
  const view = { address, now, before: undefined, staleMs: undefined, notes: [] };
  return picture(view, EVERYTHING)
    .map(({ text }) => text)
    .join("\n");
}
