import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type ListenerKind, overEach, TestDaemon } from "../support/daemon.ts";
import { failure } from "../support/failure.ts";
import { RawPeer } from "../support/peers/raw-peer.ts";

const IDLE_CLIENT = fileURLToPath(new URL("../support/peers/idle-client.js", import.meta.url));
/** A connection that was silent for so long is asked for a sign of life, if there is no room for another. */
const SILENT_MS = 1_700;
const QUICK = "ping_after_ms: 1000\nping_timeout_ms: 1000\n";

/** The messages of a peer that are pings. */
const isPing = (message: unknown): boolean => Array.isArray(message) && message[0] === 26;

overEach("a peer that is dead", suite);

function suite(over: ListenerKind): void {
  let daemon: TestDaemon;
  before(async () => {
    daemon = await TestDaemon.start({ config: `${QUICK}max_connections_per_principal: 3\n` });
  });
  after(async () => {
    assert.equal(await daemon.stop(), 0);
  });

  const startIdle = async (): Promise<ChildProcess> => {
    const key = join(daemon.folder, "client_key");
    const child = spawn(process.execPath, [IDLE_CLIENT, daemon.at(over), key, daemon.hostKey], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(createInterface(child.stdout ?? assert.fail("no pipe")), "line");
    return child;
  };

  /**
   * Has 16 MB sent, and reads 4 MB of them in small parts for 6 s. The daemon's kernel takes up to 4 MB ahead (net.ipv4.tcp_wmem), so
   * some output waits all the while. @returns the longest time between two reads, in ms
   */
  const readSlowly = async (from: TestDaemon): Promise<number> => {
    const peer = await RawPeer.loggedIn(from.at(over), from.identity);
    peer.socket.pause();
    for (let id = 1; id <= 16; id++) peer.send([16, id, 0, "large", [], {}, {}]);
    let longestMs = 0;
    for (let i = 0, atMs = performance.now(); i < 40; i++) {
      await setTimeout(150);
      peer.socket.read(100_000);
      longestMs = Math.max(longestMs, performance.now() - atMs);
      atMs = performance.now();
    }
    await peer.destroy();
    return longestMs;
  };

  test("is asked, and its connection is closed when it does not answer", async () => {
    const peer = await RawPeer.loggedIn(daemon.at(over), daemon.identity);
    const said = daemon.nextLine("no sign of life");
    assert.deepEqual(await peer.next(), [26, 1]);
    await peer.closed;
    assert.match(await said, /"error":"the client is dead: no sign of life for [2-9] s"/);
  });

  test("is one whose process was stopped, and its slot is free for its principal again", async () => {
    const child = await startIdle();
    const said = daemon.nextLine("no sign of life");
    child.kill("SIGSTOP");
    await said;
    child.kill("SIGKILL");
    await once(child, "exit");
  });

  test("is not one that answers pings and says nothing else", async () => {
    const peer = await RawPeer.loggedIn(daemon.at(over), daemon.identity);
    for (let number = 1; number <= 3; number++) {
      assert.deepEqual(await peer.next(), [26, number]);
      peer.send([27, number]);
    }
    peer.send([16, 1, 0, "add", [2, 3], {}, {}]);
    for (let message = await peer.next(); ; message = await peer.next()) {
      if (isPing(message)) continue;
      assert.deepEqual(message, [17, 1, 5]);
      break;
    }
    await peer.destroy();
  });

  test("is not an idle client of this library", async () => {
    const rpc = await daemon.connect({}, over);
    await setTimeout(3_000);
    assert.equal(await rpc.call("add", [2, 3]), 5);
    await rpc.close();
  });

  test("is not one that sends a byte of a message now and then", async () => {
    const peer = await RawPeer.loggedIn(daemon.at(over), daemon.identity);
    // A header, and the beginning of a call that never ends; more than ten times the silence that is let pass.
    peer.write(Buffer.from([0, 0, 16, 0]));
    for (let i = 0; i < 8; i++) {
      await setTimeout(500);
      peer.write(Buffer.from([0]));
    }
    assert.ok(!peer.socket.destroyed);
    await peer.destroy();
  });

  test("is not one that reads a large answer slowly, and says nothing meanwhile", async () => {
    await TestDaemon.during({ config: "ping_after_ms: 1500\nping_timeout_ms: 1500\n" }, async (patient) => {
      // Whoever reads nothing for a second, since the machine is busy, has not shown anything.
      for (let attempt = 0; attempt < 10; attempt++) {
        const lines = patient.log.length;
        const longestMs = await readSlowly(patient);
        if (!patient.log.slice(lines).some((line) => line.includes("no sign of life"))) return;
        assert.ok(longestMs > 1_000, `it was taken for dead, and read every ${longestMs} ms`);
      }
      assert.fail("the machine is too busy to read every second");
    });
  });

  test("makes room for a login when all connections of its principal are dead", async () => {
    await TestDaemon.during({ config: "max_connections_per_principal: 2\n" }, async (patient) => {
      const stopped = await Promise.all(
        [0, 1].map(() => RawPeer.loggedIn(patient.at(over), patient.identity)),
      );
      await setTimeout(SILENT_MS);
      const rpc = await patient.connect({}, over);
      assert.equal(await rpc.call("add", [2, 3]), 5);
      // One is enough; the other is left to liveness.
      const gone = await Promise.race(stopped.map(async (peer, i) => peer.closed.then(() => i)));
      assert.ok(!stopped[1 - gone]?.socket.destroyed);
      await rpc.close();
      await Promise.all(stopped.map((peer) => peer.destroy()));
    });
  });

  test("is not closed for a login when it answers, and the login reads the true reason", async () => {
    const rpcs = await Promise.all([0, 1, 2].map(() => daemon.connect({}, over)));
    await setTimeout(SILENT_MS);
    const refused = await failure(daemon.connect({}, over));
    assert.equal(refused.code, "resource_exhausted");
    assert.equal(refused.outcome, "not_started");
    assert.deepEqual(refused.retry, { ok: true });
    assert.match(refused.message, /as many connections as it may have \(max_connections_per_principal\)/);
    for (const rpc of rpcs) assert.equal(await rpc.call("add", [2, 3]), 5);
    await Promise.all(rpcs.map((rpc) => rpc.close()));
  });

  test("delays one login of its principal at a time: others are refused at once", async () => {
    await TestDaemon.during({ config: "max_connections_per_principal: 1\n" }, async (patient) => {
      const stopped = await RawPeer.loggedIn(patient.at(over), patient.identity);
      await setTimeout(SILENT_MS);
      const results = await Promise.allSettled([0, 1, 2].map(() => patient.connect({}, over)));
      const good = results.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      assert.equal(good.length, 1);
      await Promise.all(good.map((rpc) => rpc.close()));
      await stopped.destroy();
    });
  });
}

describe("a proxy that stalls", () => {
  let daemon: TestDaemon;
  let proxy: Server;
  const ends: Socket[] = [];
  before(async () => {
    daemon = await TestDaemon.start({ config: QUICK });
    const { hostname, port } = new URL(daemon.at("tls"));
    proxy = createServer((near) => {
      const { connect } = process.getBuiltinModule("net");
      const far = connect({ host: hostname, port: Number(port) });
      for (const end of [near, far]) {
        end.on("error", () => undefined);
        ends.push(end);
      }
      near.pipe(far);
      far.pipe(near);
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
  });
  after(async () => {
    proxy.close();
    for (const end of ends) end.destroy();
    assert.equal(await daemon.stop(), 0);
  });

  test("has its connection closed, though it holds both sockets open", async () => {
    const address = proxy.address();
    assert.ok(address !== null && typeof address === "object");
    const peer = await RawPeer.loggedIn(`tls://127.0.0.1:${address.port}`, daemon.identity);
    const said = daemon.nextLine("no sign of life");
    for (const end of ends) {
      end.unpipe();
      end.pause();
    }
    await said;
    await peer.destroy();
  });
});

describe("a daemon that was stopped itself", () => {
  test("closes nothing when it goes on: what its clients have sent is read first", async () => {
    await TestDaemon.during({ config: QUICK }, async (daemon) => {
      const rpc = await daemon.connect();
      await setTimeout(1_500);
      daemon.signal("SIGSTOP");
      await setTimeout(5_000);
      daemon.signal("SIGCONT");
      assert.equal(await rpc.call("add", [2, 3]), 5);
      await setTimeout(1_500);
      assert.equal(await rpc.call("add", [2, 3]), 5);
      assert.ok(!daemon.log.some((line) => line.includes("no sign of life")));
      await rpc.close();
    });
  });
});

/** Whether this user may make a network. */
function mayMakeNetwork(): boolean {
  const probe = `rpcdprobe${process.pid}`;
  if (spawnSync("ip", ["netns", "add", probe]).status !== 0) return false;
  return spawnSync("ip", ["netns", "del", probe]).status === 0;
}

describe("a network that is pulled", {
  skip: !mayMakeNetwork() && "this user may make no network",
}, () => {
  const namespace = `rpcd${process.pid}`;
  const near = `rp${process.pid % 100_000}a`;
  const far = `rp${process.pid % 100_000}b`;
  const ip = (...words: readonly string[]): void => void execFileSync("ip", words);
  before(() => {
    ip("netns", "add", namespace);
    ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", namespace);
    ip("addr", "add", "10.213.7.1/30", "dev", near);
    ip("link", "set", near, "up");
    ip("-n", namespace, "addr", "add", "10.213.7.2/30", "dev", far);
    ip("-n", namespace, "link", "set", far, "up");
  });
  after(() => {
    ip("netns", "del", namespace);
  });

  test("takes its client's connection with it, though no packet says so", async () => {
    await TestDaemon.during(
      { config: QUICK, listen: "['unix:rpcd.sock', 'tls://10.213.7.1:0']" },
      async (daemon) => {
        const key = join(daemon.folder, "client_key");
        const address = daemon.at("tls");
        const words = [
          "netns",
          "exec",
          namespace,
          process.execPath,
          IDLE_CLIENT,
          address,
          key,
          daemon.hostKey,
        ];
        const child = spawn("ip", words, { stdio: ["ignore", "pipe", "inherit"] });
        await once(createInterface(child.stdout ?? assert.fail("no pipe")), "line");
        const said = daemon.nextLine("no sign of life");
        ip("-n", namespace, "link", "set", far, "down");
        await said;
        child.kill("SIGKILL");
        await once(child, "exit");
      },
    );
  });
});
