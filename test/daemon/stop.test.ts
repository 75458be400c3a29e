import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { RpcError } from "../../client/index.ts";
import type { Rpc } from "../../client/rpc.ts";
import { KINDS, SERVICE, TestDaemon, WIDE_OPEN } from "../support/daemon.ts";
import { until } from "../support/failure.ts";

/** Of each kind of listener so many connections, and on each so many calls: as many as one principal may have, and a little less. */
const CONNECTIONS = 3;
const EACH = 112;
const ALL = KINDS.length * CONNECTIONS * EACH;
/** One in seven never ends by itself. */
const HANGING = ALL / 7;

/** `waiting` calls go on until somebody lets them all go, after some time. */
const HOLDING = SERVICE.replace(
  "export default defineService({",
  `let letGo;
const released = new Promise((resolve) => { letGo = resolve; });
export default defineService({
  waiting: method({ params: [], run: async () => { running++; await released; running--; return "done"; } }),
  release: method({ params: [param("ms", z.int())], run: ({ ms }) => { setTimeout(letGo, ms); } }),`,
);

/** How a call came back: with its value, or why not and whether it had begun. */
async function told(call: Promise<unknown>): Promise<string> {
  try {
    return `value ${JSON.stringify(await call)}`;
  } catch (error) {
    assert.ok(error instanceof RpcError, String(error));
    return `${error.code} ${error.outcome}`;
  }
}

function counted(words: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

describe("a stop with a thousand calls in flight", () => {
  /** @returns the answers, once each call runs */
  const inFlight = async (daemon: TestDaemon, watcher: Rpc) => {
    const rpcs = await Promise.all(
      KINDS.flatMap((kind) => Array.from({ length: CONNECTIONS }, () => daemon.connect({}, kind))),
    );
    const answers = new Map<string, number>();
    const calls = rpcs.flatMap((rpc, connection) =>
      Array.from({ length: EACH }, (_one, i) => {
        const key = `${connection}.${i}`;
        return told(rpc.call(i % 7 === 0 ? "hang" : "waiting")).finally(() =>
          answers.set(key, (answers.get(key) ?? 0) + 1),
        );
      }),
    );
    await until(async () => (await watcher.call("running")) === ALL);
    return { rpcs, calls, answers };
  };

  test("each caller gets one true answer, over every kind of listener: the value, that it had begun, or that it had not", async () => {
    const config = `${WIDE_OPEN}drain_timeout_ms: 3000\n`;
    const daemon = await TestDaemon.start({ service: HOLDING, config });
    const watcher = await daemon.connect();
    const { rpcs, calls, answers } = await inFlight(daemon, watcher);
    await watcher.call("release", [200]);
    const stopping = daemon.nextLine('"msg":"stopping"');
    daemon.signal("SIGTERM");
    await stopping;
    const late = rpcs.map((rpc) => told(rpc.call("add", [2, 3])));
    assert.deepEqual(counted(await Promise.all(calls)), {
      'value "done"': ALL - HANGING,
      "unavailable unknown": HANGING,
    });
    assert.deepEqual(counted(await Promise.all(late)), { "unavailable not_started": rpcs.length });
    assert.equal(await daemon.exited(), 0);
    const allowed = daemon.audit.filter(
      ({ method, decision }) => /^(?:hang|waiting)$/.test(String(method)) && decision === "allow",
    );
    assert.equal(allowed.length, ALL, "each that ran has its line");
    assert.deepEqual(
      readdirSync(daemon.folder).filter((name) => /sock|tmp/.test(name)),
      [],
      "no socket is left, and nothing half-made",
    );
    assert.deepEqual(counted([...answers.values()].map(String)), { "1": ALL });
    await daemon.stop();
  });

  test("a second signal does not wait: what runs is answered at once, and it ends with 0", async () => {
    const config = `${WIDE_OPEN}drain_timeout_ms: 300000\n`;
    const daemon = await TestDaemon.start({ service: HOLDING, config });
    const { calls } = await inFlight(daemon, await daemon.connect());
    const stopping = daemon.nextLine('"msg":"stopping"');
    daemon.signal("SIGTERM");
    await stopping;
    daemon.signal("SIGINT");
    assert.deepEqual(counted(await Promise.all(calls)), { "unavailable unknown": ALL });
    assert.equal(await daemon.exited(), 0);
    await daemon.stop();
  });
});

const LARGE = `
grants:
${Array.from({ length: 3_000 }, (_one, i) => `  g${i}: {to: caller, call: add, args: {a: ${i}, b: ${i}}}\n`).join("")}`;

describe("a stop at another time", () => {
  test("while the daemon starts: it ends as soon as it has begun, or at once, and leaves no socket", async () => {
    // The signal comes from within, at a moment when services are loaded.
    const service = `setImmediate(() => process.kill(process.pid, "SIGTERM"));\n${SERVICE}`;
    const { code, said, left } = await TestDaemon.refused({ service });
    // Before there is anybody who listens to it, it ends by the signal.
    assert.ok(code === 0 || code === null, said);
    assert.deepEqual(
      left.filter((name) => name.endsWith(".sock")),
      [],
    );
  });

  test("while a reload is under way: it ends with 0, and the policy that was read decides nothing any more", async () => {
    const daemon = await TestDaemon.start();
    // So large that its check takes longer than the stop.
    daemon.writePolicy(LARGE);
    daemon.signal("SIGHUP");
    daemon.signal("SIGTERM");
    assert.equal(await daemon.exited(), 0);
    await until(() => daemon.log.some((line) => line.includes('"stopped"')));
    assert.equal(
      daemon.log.some((line) => line.includes("the policy was reloaded")),
      false,
    );
    assert.match(readFileSync(join(daemon.folder, "rpcd.status.json"), "utf8"), /"generation": 1,/);
    assert.deepEqual(
      daemon.audit.filter(({ kind }) => kind === "reload"),
      [],
    );
    assert.equal(
      daemon.log.some((line) => line.includes("caught it")),
      false,
    );
    await daemon.stop();
  });
});
