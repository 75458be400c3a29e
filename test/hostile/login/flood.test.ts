import assert from "node:assert/strict";
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { connect } from "../../../client/index.ts";
import { parseAddress } from "../../../link/address.ts";
import { encode } from "../../../wire/cbor.ts";
import { frameHeader } from "../../../wire/frame.ts";
import { TestDaemon, WIDE_OPEN } from "../../support/daemon.ts";
import { memoryKib } from "../../support/memory.ts";
import { RawPeer } from "../../support/peers/raw-peer.ts";

/** Bad signatures offered. The long run in .ci/run offers ten thousand. */
const BAD_SIGNATURES = Number(process.env["RPCD_FLOOD"] ?? "600");
const GOOD_CLIENTS = 50;
const CALLS_EACH = 20;

/** A connection from another address of this host; it says nothing by itself. */
function strangeSocket(address: string, localAddress: string): Socket {
  const parsed = parseAddress(address);
  if (parsed.kind !== "tls") throw new Error("a network address was expected");
  const socket = createConnection({ host: parsed.host, port: parsed.port, localAddress });
  socket.on("error", () => undefined);
  return socket;
}

/** Good clients log in, call and go. @returns how long each took, in milliseconds, in order */
async function goodClients(daemon: TestDaemon, kind: "unix" | "tls"): Promise<number[]> {
  const times: number[] = [];
  const one = async (): Promise<void> => {
    const begun = performance.now();
    const rpc = await connect(daemon.at(kind), {
      identity: daemon.identity,
      hostKeyFingerprints: [daemon.hostKey],
    });
    for (let i = 0; i < CALLS_EACH; i++) assert.equal(await rpc.call("add", [i, 1]), i + 1);
    await rpc.close();
    times.push(performance.now() - begun);
  };
  // Five at a time: what one source may open at once, and more, is another test's affair.
  for (let i = 0; i < GOOD_CLIENTS; i += 5) await Promise.all([one(), one(), one(), one(), one()]);
  return times.toSorted((a, b) => a - b);
}

function figures(times: readonly number[]): string {
  const at = (part: number): string => (times[Math.floor(part * (times.length - 1))] ?? 0).toFixed(1);
  return `median ${at(0.5)} ms, worst ${at(1)} ms for a login and ${CALLS_EACH} calls`;
}

/** Offers bad signatures, so many at a time, until all are offered. @returns how many were let in far enough to sign */
async function offerBadSignatures(
  daemon: TestDaemon,
  kind: "unix" | "tls",
  localAddress?: string,
): Promise<number> {
  const bad = new Uint8Array(64).fill(1);
  let left = BAD_SIGNATURES;
  let signed = 0;
  const one = async (): Promise<void> => {
    while (left-- > 0) {
      const peer = await RawPeer.connect(daemon.at(kind), localAddress).catch(() => undefined);
      if (peer === undefined) continue;
      const host = await peer.hello().catch(() => undefined);
      if (host !== undefined) {
        peer.login(daemon.identity, () => bad);
        signed++;
        // It does not wait for the answer: the next one costs the daemon more.
      }
      setTimeout(() => void peer.destroy(), 600);
    }
  };
  await Promise.all(Array.from({ length: 20 }, one));
  return signed;
}

describe("25: bad signatures, offered while good clients log in and call", () => {
  for (const [kind, from, config] of [
    ["unix", undefined, `log_level: info\n${WIDE_OPEN}`],
    ["tls", "127.0.0.2", "log_level: info\nmax_connections_per_principal: 1000\n"],
  ] as const) {
    test(`over ${kind}: all good clients are served, memory and audit stay bounded`, async (t: TestContext) => {
      const daemon = await TestDaemon.start({ config: config.replace("log_level: info\n", "") });
      t.diagnostic(`without them: ${figures(await goodClients(daemon, kind))}`);
      const attack = offerBadSignatures(daemon, kind, from);
      const times = await goodClients(daemon, kind);
      t.diagnostic(`with them: ${figures(times)}`);
      const signed = await attack;
      const memory = memoryKib(daemon.pid);
      t.diagnostic(
        `${BAD_SIGNATURES} offered, ${signed} let in as far as the signature; ${memory} KiB in memory`,
      );
      assert.equal(times.length, GOOD_CLIENTS);
      assert.equal(memory < 300 * 1024, true, `${memory} KiB`);
      const lines = daemon.audit.filter(({ kind: of, result }) => of === "refusals" || result === "refused");
      const written = lines.reduce((sum, line) => sum + JSON.stringify(line).length + 1, 0);
      t.diagnostic(`audit: ${written} bytes in ${lines.length} lines about them`);
      // A minute begins with the first of them; a run takes less than ten.
      assert.equal(lines.length <= 310, true, `${lines.length} lines`);
      assert.equal(await daemon.stop(), 0);
    });
  }
});

describe("4: 5,000 connections of one address that say nothing", () => {
  test("are dropped but for its few; others log in, memory is bounded, and places come back", async () => {
    const daemon = await TestDaemon.start({ config: "login_timeout_ms: 3000" });
    const before = memoryKib(daemon.pid);
    const dropped: Promise<unknown>[] = [];
    for (let i = 0; i < 5_000; i += 100) {
      const sockets = Array.from({ length: 100 }, () => strangeSocket(daemon.at("tls"), "127.0.0.2"));
      for (const socket of sockets) {
        socket.resume();
        dropped.push(once(socket, "close"));
      }
      await Promise.all(sockets.map((socket) => once(socket, "connect").catch(() => undefined)));
      if (i % 1_000 > 0) continue;
      // Through the network from elsewhere, and on this host.
      for (const kind of ["tls", "unix"] as const) {
        const rpc = await daemon.connect({}, kind);
        assert.equal(await rpc.call("add", [2, 3]), 5);
        await rpc.close();
      }
    }
    const grown = memoryKib(daemon.pid) - before;
    assert.equal(grown < 64 * 1024, true, `${grown} KiB more`);
    await Promise.all(dropped);
    const again = await RawPeer.connect(daemon.at("tls"), "127.0.0.2");
    assert.equal(((await again.hello()) as unknown[])[0], 2, "its places are free again");
    await again.destroy();
    const lines = daemon.log.filter((line) => line.includes("dropped: too many")).length;
    assert.equal(lines >= 1 && lines < 60, true, `${lines} lines in the log`);
    assert.equal(await daemon.stop(), 0);
  });
});

describe("71: a good key without rights that calls for ever", () => {
  /** Lines of the audit log, and what the counts in it come to. */
  const audited = (daemon: TestDaemon): { refused: number; allowed: number; counted: number } => {
    const lines = daemon.audit;
    const counted = lines.filter(({ kind }) => kind === "counted");
    return {
      refused: lines.filter(({ decision }) => decision === "deny").length,
      allowed: lines.filter(({ method }) => method === "add").length,
      counted: counted.reduce((sum, { refused, open }) => sum + Number(refused) + Number(open), 0),
    };
  };

  test("has few lines and one count, is answered undecided, and accepted calls are recorded and served", async () => {
    const daemon = await TestDaemon.start();
    const rpc = await daemon.connect();
    const guesser = await RawPeer.loggedIn(daemon.address, daemon.identity);
    let id = 0;
    const guess = setInterval(() => {
      for (let i = 0; i < 200 && guesser.socket.writableLength < 1024 * 1024; i++)
        guesser.send([16, ++id, 0, "no.such.method", [], {}, {}]);
    }, 2);
    const begun = performance.now();
    for (let i = 0; i < 200; i++) {
      assert.equal(await rpc.call("add", [i, 1]), i + 1);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    clearInterval(guess);
    const seconds = (performance.now() - begun) / 1_000;
    await guesser.destroy();
    await rpc.close();
    daemon.signal("SIGTERM");
    assert.equal(await daemon.exited(), 0);
    const { refused, allowed, counted } = audited(daemon);
    assert.equal(allowed, 200);
    assert.equal(refused >= 100 && refused <= 101 + 10 * seconds, true, `${refused} lines in ${seconds} s`);
    assert.equal(id > 4 * (refused + counted), true, `${id} were offered, ${refused + counted} decided`);
    await daemon.stop();
  });

  test("has no more lines if it comes again and again, and is let in all the while", async () => {
    const daemon = await TestDaemon.start();
    const begun = performance.now();
    for (let round = 0; round < 40; round++) {
      const peer = await RawPeer.loggedIn(daemon.address, daemon.identity);
      // In one write: what comes when the first are refused already is not even decided, and not counted.
      const calls = Array.from({ length: 128 }, (_, i) =>
        encode([16, i + 1, 0, "no.such.method", [], {}, {}]),
      );
      peer.write(Buffer.concat(calls.flatMap((body) => [frameHeader(body.length), body])));
      for (let id = 1; id <= 128; id++) await peer.next();
      await peer.destroy();
    }
    const seconds = (performance.now() - begun) / 1_000;
    // Nothing is owed for hours: a call that is allowed runs on the next connection.
    const rpc = await daemon.connect();
    assert.equal(await rpc.call("add", [2, 3]), 5);
    await rpc.close();
    daemon.signal("SIGTERM");
    assert.equal(await daemon.exited(), 0);
    const { refused, counted } = audited(daemon);
    assert.equal(refused <= 101 + 10 * seconds, true, `${refused} lines in ${seconds} s`);
    assert.equal(refused + counted <= 40 * 128 && counted > 1_000, true, `${counted} counted`);
    await daemon.stop();
  });

  test("cannot fill the log with what is open to all either", async () => {
    const daemon = await TestDaemon.start({ grants: "grants: {}\n" });
    const rpc = await daemon.connect();
    const calls = 5_000;
    const begun = performance.now();
    for (let i = 0; i < calls; i += 100)
      await Promise.all(Array.from({ length: 100 }, () => rpc.call("rpcd.can", ["add"])));
    const seconds = (performance.now() - begun) / 1_000;
    await rpc.close();
    daemon.signal("SIGTERM");
    assert.equal(await daemon.exited(), 0);
    const lines = daemon.audit.filter(({ method }) => method === "rpcd.can").length;
    assert.equal(lines <= 101 + 10 * seconds, true, `${lines} lines in ${seconds} s`);
    assert.equal(lines + audited(daemon).counted, calls);
    await daemon.stop();
  });
});

describe("69: calls that are left running by connections that go", () => {
  test("keep the slots of their principal, so that no work is begun without bound", async () => {
    await TestDaemon.during({}, async (daemon) => {
      const gate = daemon.gate();
      for (let i = 0; i < 9; i++) {
        const peer = await RawPeer.loggedIn(daemon.address, daemon.identity);
        for (let call = 1; call <= 129; call++) peer.send([16, call, 0, "held", [gate.file], {}, {}]);
        // It finds no slot, and waits. Its cancel takes effect when all before it that have a slot run.
        peer.send([19, 129, "enough"]);
        const answer = await peer.next();
        assert.ok(Array.isArray(answer));
        assert.deepEqual([answer[0], answer[1], answer[2].code], [18, 129, "cancelled"]);
        await peer.destroy();
      }
      const rpc = await daemon.connect();
      await assert.rejects(rpc.call("add", [2, 3], {}, { timeoutMs: 100 }), { code: "deadline_exceeded" });
      const running = daemon.audit.filter(({ method }) => method === "held").length;
      assert.equal(running, 1_024);
      // They end, and the slots are free.
      gate.open();
      assert.equal(await rpc.call("add", [2, 3]), 5);
      await rpc.close();
    });
  });
});
