import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { PrivateKey } from "../../certs/ed25519.ts";
import { OVER, TestDaemon, WIDE_OPEN } from "../support/daemon.ts";
import { RawPeer } from "../support/peers/raw-peer.ts";

/** Reports what a daemon holds: the heap after a collection, timers and other handles, listeners. */
const PROBE = `
import v8 from "node:v8";
import vm from "node:vm";
import { defineService, method } from "rpcd/service";
v8.setFlagsFromString("--expose-gc");
const gc = vm.runInNewContext("gc");
export default defineService({
  wait: method({ params: [], run: (_args, ctx) => new Promise((resolve) => ctx.signal.addEventListener("abort", resolve)) }),
  held: method({ params: [], run: () => {
    gc(); gc();
    const resources = process.getActiveResourcesInfo();
    return {
      heap: process.memoryUsage().heapUsed,
      timers: resources.filter((name) => name === "Timeout").length,
      sockets: resources.filter((name) => name.endsWith("Wrap")).length,
      listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    };
  } }),
});
`;

interface Held {
  readonly heap: number;
  readonly timers: number;
  readonly sockets: number;
  readonly listeners: number;
}

/** TLS costs five milliseconds a connection: fewer say the same there. */
const ROUNDS = { unix: 2_000, "unix+tls": 600, tls: 600 } as const;

for (const kind of OVER)
  describe(`${ROUNDS[kind]} connections that log in, call and go, over ${kind}`, () => {
    test("leave descriptors, timers and listeners where they were, and the heap within noise", async (t) => {
      const stranger = new PrivateKey(new Uint8Array(32).fill(3));
      const daemon = await TestDaemon.start({ service: PROBE, config: WIDE_OPEN });
      const descriptors = (): number => readdirSync(`/proc/${daemon.pid}/fd`).length;
      const held = async (): Promise<Held> => {
        const rpc = await daemon.connect({}, kind);
        const found = (await rpc.call("held")) as Held;
        await rpc.close();
        return found;
      };
      const round = async (count: number): Promise<void> => {
        for (let i = 0; i < count; i += 20) {
          const rpcs = await Promise.all(Array.from({ length: 20 }, () => daemon.connect({}, kind)));
          await Promise.all(rpcs.map((rpc) => rpc.call("rpcd.whoami")));
          // Some say good-bye; others are just gone: after the login, with a call under way, and in the middle of it.
          await Promise.all(rpcs.map((rpc) => rpc.close()));
          const gone = await Promise.all(Array.from({ length: 4 }, () => RawPeer.connect(daemon.at(kind))));
          await Promise.all(gone.slice(1).map((peer) => peer.hello()));
          for (const peer of gone.slice(2)) peer.login(peer === gone[3] ? stranger : daemon.identity);
          await gone[2]?.next();
          gone[2]?.send([16, 1, 0, "wait", [], {}, {}]);
          await Promise.all(gone.map((peer) => peer.destroy()));
        }
      };
      // The first ones fill caches and compile code.
      await round(400);
      const before = { ...(await held()), descriptors: descriptors() };
      await round(ROUNDS[kind]);
      const after = { ...(await held()), descriptors: descriptors() };
      t.diagnostic(`before ${JSON.stringify(before)}`);
      t.diagnostic(`after  ${JSON.stringify(after)}`);
      assert.deepEqual(
        [after.timers, after.sockets, after.listeners],
        [before.timers, before.sockets, before.listeners],
      );
      assert.equal(Math.abs(after.descriptors - before.descriptors) <= 1, true, "descriptors");
      // Compiled code and caches come to less than this. Connections that were kept would be five times as much:
      // the least that one holds, its socket and its link, is over 5 KiB.
      assert.equal(
        after.heap - before.heap < 2 * 1024 * 1024,
        true,
        `the heap grew by ${after.heap - before.heap} bytes`,
      );
      assert.match(
        readFileSync(`/proc/${daemon.pid}/cmdline`, "utf8"),
        /--disallow-code-generation-from-strings\0--disable-proto=delete/,
      );
      assert.equal(await daemon.stop(), 0);
    });
  });
