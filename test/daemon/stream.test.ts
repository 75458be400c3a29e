import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { Duplex, duplexPair } from "node:stream";
import { after, before, describe, test } from "node:test";
import { connectOver } from "../../client/index.ts";
import { type EmbeddedDaemon, startDaemon } from "../../daemon/index.ts";
import { dialled, TestDaemon } from "../support/daemon.ts";

async function gone(stream: Duplex): Promise<void> {
  if (!stream.closed) await once(stream, "close");
}

describe("a login over a stream that is no socket", () => {
  let state: TestDaemon;
  let daemon: EmbeddedDaemon;
  before(async () => {
    // For its folder: keys, policy, service.
    state = await TestDaemon.start();
    const file = join(state.folder, "embedded.yaml");
    const text =
      "listen: unix:e.sock\nservices: [service.mjs]\naudit: e.jsonl\nlog_level: error\nlogin_timeout_ms: 1000\n";
    writeFileSync(file, text, { mode: 0o600 });
    daemon = await startDaemon(file);
  });
  after(async () => {
    await daemon.drain();
    assert.equal(await state.stop(), 0);
  });
  const logIn = (stream: Duplex, hostKeyFingerprints = [state.hostKey]): ReturnType<typeof connectOver> =>
    connectOver(stream, { identity: state.identity, hostKeyFingerprints });

  test("calls go both ways, and the daemon's word for it is stream", async () => {
    const [near, far] = duplexPair();
    await daemon.serve(far);
    const rpc = await logIn(near);
    assert.equal(await rpc.call("add", [2, 3]), 5);
    assert.equal(await rpc.call("echo", ["x".repeat(1_000_000)]), "x".repeat(1_000_000));
    const { via } = (await rpc.call("rpcd.whoami")) as { via: string };
    assert.equal(via, "stream");
    await rpc.close();
    await gone(near);
    await gone(far);
    const lines = readFileSync(join(state.folder, "e.jsonl"), "utf8").trim().split("\n");
    assert.deepEqual(new Set(lines.map((line) => JSON.parse(line)["via"])), new Set(["stream"]));
  });

  test("many of them at a time, and over sockets that something else accepted", async () => {
    const broker = createServer((socket) => void daemon.serve(socket));
    broker.listen(0, "127.0.0.1");
    await once(broker, "listening");
    const rpcs = await Promise.all(Array.from({ length: 8 }, async () => logIn(await dialled(broker))));
    assert.deepEqual(
      await Promise.all(rpcs.map((rpc, i) => rpc.call("add", [i, 1]))),
      [1, 2, 3, 4, 5, 6, 7, 8],
    );
    await Promise.all(rpcs.map((rpc) => rpc.close()));
    broker.close();
    await once(broker, "close");
  });

  test("a wrong host key stops the client, whatever the stream", async () => {
    const [near, far] = duplexPair();
    await daemon.serve(far);
    await assert.rejects(logIn(near, ["SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]), {
      name: "HostKeyError",
    });
  });

  test("a stream that ends, breaks, says nothing or babbles ends its own login alone", async () => {
    const [quiet, quietFar] = duplexPair();
    await daemon.serve(quietFar);
    quiet.end();
    const [broken, brokenFar] = duplexPair();
    await daemon.serve(brokenFar);
    broken.destroy(new Error("the cable was cut"));
    broken.on("error", () => undefined);
    const [babbling, babblingFar] = duplexPair();
    await daemon.serve(babblingFar);
    babbling.resume();
    babbling.write("GET / HTTP/1.1\r\n\r\n");
    for (const far of [babblingFar, quietFar, brokenFar]) await gone(far);
    const [near, nearFar] = duplexPair();
    await daemon.serve(nearFar);
    const rpc = await logIn(near);
    assert.equal(await rpc.call("add", [2, 3]), 5);
    await rpc.close();
  });

  test("a client whose stream leads to no daemon is told so", async () => {
    const [near, far] = duplexPair();
    far.end("SSH-2.0-OpenSSH_9.2\r\n");
    await assert.rejects(logIn(near), { name: "RpcError", code: "unavailable", outcome: "not_started" });
  });
});

describe("a stream that does not tell of its end", () => {
  test("takes no place for longer than a login may last", async () => {
    const state = await TestDaemon.start();
    const file = join(state.folder, "embedded.yaml");
    const text = "listen: unix:e.sock\naudit: e.jsonl\nlog_level: error\nlogin_timeout_ms: 200\n";
    writeFileSync(file, `${text}max_startups_local: "1:100:1"\nservices: [service.mjs]\n`, { mode: 0o600 });
    const daemon = await startDaemon(file);
    const [, dead] = duplexPair();
    dead.destroy();
    const silent = new Duplex({ read: () => undefined, destroy: () => undefined });
    const mute = new Duplex({ read: () => undefined, emitClose: false });
    for (const stream of [dead, silent, mute]) {
      await daemon.serve(stream);
      await new Promise((resolve) => setTimeout(resolve, 400));
      const [near, far] = duplexPair();
      await daemon.serve(far);
      const rpc = await connectOver(near, { identity: state.identity, hostKeyFingerprints: [state.hostKey] });
      assert.equal(await rpc.call("add", [2, 3]), 5, "the one place is free");
      await rpc.close();
    }
    await daemon.drain();
    await state.stop();
  });

  test("does not keep a client beyond its time", async () => {
    const silent = new Duplex({ read: () => undefined, write: () => undefined, destroy: () => undefined });
    const [dead] = duplexPair();
    dead.destroy();
    const state = await TestDaemon.start();
    for (const stream of [silent, dead]) {
      const login = connectOver(stream, {
        identity: state.identity,
        hostKeyFingerprints: [state.hostKey],
        timeoutMs: 300,
      });
      await assert.rejects(login, { name: "RpcError", code: "unavailable" });
    }
    await state.stop();
  });
});
