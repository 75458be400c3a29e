import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { release } from "../../client/index.ts";
import type { Rpc } from "../../client/rpc.ts";
import { WireReference } from "../../wire/reference.ts";
import { OVER, WIDE_OPEN } from "../support/daemon.ts";
import { until } from "../support/failure.ts";
import { LiveDaemon } from "../support/live-daemon.ts";
import { LIVE_GRANTS } from "../support/live-service.ts";
import { heapAfterCollection } from "../support/memory.ts";
import type { RawPeer } from "../support/peers/raw-peer.ts";

/** References made and released on one connection; continuous integration asks for a million. */
const MADE = Number(process.env["RPCD_REFERENCES"] ?? 3_000);

// oxlint-disable-next-line typescript/no-explicit-any -- what is untyped is called by its names
const untyped = (standIn: unknown): any => standIn;

async function next(peer: RawPeer): Promise<readonly unknown[]> {
  const found = await peer.next();
  assert.ok(Array.isArray(found), "the connection was closed");
  return found;
}

describe("what was passed ends", () => {
  test("55: with what the policy says, when the policy changes: objects, streams, and the calls on them", async () => {
    const live = await LiveDaemon.start();
    const rpc = await live.connect();
    const cursor = untyped(await rpc.call("open"));
    const stream = untyped(await rpc.call("silent"));
    const read = stream.next();
    const hanging = cursor.hang();
    assert.equal(await cursor.next(), 0);
    await live.has({ calls: 2, exported: 2 });
    live.state.writePolicy(LIVE_GRANTS.replace('call: ["**"]', "call: [data, cursor.next]"));
    assert.equal(await live.daemon.reload(), true);
    await assert.rejects(hanging, { code: "permission_denied" });
    await assert.rejects(read, { code: "permission_denied" });
    await assert.rejects(cursor.next(), { code: "permission_denied" }, "what gave it would be refused now");
    assert.equal(await rpc.call("data", [1]), 1);
    await live.has();
    await rpc.close();
    await live.stop();
  });

  test("55: each call on it is decided by the rules of its moment", async () => {
    const live = await LiveDaemon.start();
    const rpc = await live.connect();
    const cursor = untyped(await rpc.call("open"));
    live.state.writePolicy(LIVE_GRANTS.replace("except: [secret,", "except: [cursor.next,"));
    assert.equal(await live.daemon.reload(), true);
    await assert.rejects(cursor.next(), { code: "permission_denied" });
    assert.equal(await cursor.advance(3), 3);
    await rpc.close();
    await live.stop();
  });

  test("when nobody has used it for so long, and the client is told", async () => {
    const live = await LiveDaemon.start({ config: "reference_idle_ms: 1000\n" });
    const peer = await live.peer();
    peer.send([16, 1, 0, "open", [], {}, {}]);
    peer.send([16, 2, 0, "numbers", [1_000], {}, {}]);
    assert.deepEqual(await next(peer), [17, 1, new WireReference("object", 1)]);
    assert.deepEqual(await next(peer), [17, 2, new WireReference("stream", 2)]);
    // Credit is no use of it: items are.
    peer.send([23, 2, 1]);
    assert.equal((await next(peer))[0], 20);
    const gone = [await next(peer), await next(peer)].toSorted((a, b) => Number(a[1]) - Number(b[1]));
    assert.deepEqual(
      gone.map(([kind, ref, fault]) => [kind, ref, Reflect.get(Object(fault), "code")]),
      [
        [22, 1, "deadline_exceeded"],
        [22, 2, "deadline_exceeded"],
      ],
    );
    peer.send([16, 3, 1, "next", [], {}, {}]);
    assert.equal(Reflect.get(Object((await next(peer))[2]), "code"), "reference_gone");
    await live.has();
    await peer.destroy();
    await live.stop();
  });

  test("when the grant's time for it is over, and its calls and bytes are used up", async () => {
    const grants = LIVE_GRANTS.replace("f: {callback: {calls: 2}}", "f: {callback: {calls: 1}}")
      .replace(
        "args: {0: stream}, returns: stream}\n  items",
        "args: {0: {stream: {bytes: 1000B}}}, returns: stream}\n  items",
      )
      .replace("args: {f: callback}, returns", "args: {f: {callback: {for: 1s}}}, returns");
    const live = await LiveDaemon.start({ grants });
    const rpc = await live.connect();
    await assert.rejects(rpc.call("twice", [(n: number) => n, 1]), {
      code: "resource_exhausted",
      origin: "limit",
    });
    assert.equal(await rpc.call("size", [[Buffer.alloc(1000)].values()]), 1000);
    await assert.rejects(rpc.call("size", [[Buffer.alloc(999), Buffer.alloc(2)].values()]), {
      code: "resource_exhausted",
      origin: "limit",
    });
    const never = rpc.call("recurse", [() => new Promise(() => undefined)]);
    await assert.rejects(never, { code: "deadline_exceeded", origin: "limit" });
    await rpc.close();
    await live.has();
    await live.stop();
  });

  test("with the call that it came with, whatever the handler keeps of it", async () => {
    const live = await LiveDaemon.start();
    const rpc = await live.connect();
    const stop = new AbortController();
    const kept = rpc.call("keepPrivate", ["cellar", { say: () => "mine" }], {}, { signal: stop.signal });
    const other = await live.connect();
    // The method declares no share: even the same principal on another connection does not get it.
    await assert.rejects(entered(other, "cellar"), { code: "internal" });
    stop.abort();
    await assert.rejects(kept, { code: "cancelled" });
    // The cancel goes over another connection than the next call: nothing says which of them is heard first.
    await until(() => live.daemon.counts.imported === 0);
    await assert.rejects(other.call("enter", ["cellar"]), { code: "reference_gone" });
    await rpc.close();
    await other.close();
    await live.stop();
  });

  test("49: what was shared runs with the rights of whoever calls, and within the bounds of who shared it", async () => {
    const grants = LIVE_GRANTS.replace(
      'call: ["**"], except: [secret, twice]',
      "call: [data, enter, room.say]",
    ).replace("share: true}}", "share: true, calls: 2}}");
    const live = await LiveDaemon.start({ grants });
    const owner = await live.connect();
    const stop = new AbortController();
    const said: string[] = [];
    const room = { say: (text: string) => String(said.push(text)), steal: () => "never" };
    const kept = owner.call("keep", ["hall", room], {}, { signal: stop.signal });
    const second = await live.connect();
    const hall = untyped(await entered(second, "hall"));
    assert.equal(await hall.say("one"), "1");
    assert.equal(await hall.say("two"), "2");
    await assert.rejects(
      hall.say("three"),
      { code: "resource_exhausted" },
      "the owner's grant gives two calls",
    );
    await assert.rejects(hall.steal(), { code: "permission_denied" });
    await assert.rejects(hall.say(3), { code: "invalid_argument" });
    assert.deepEqual(said, ["one", "two"]);
    // When either connection goes, so does what passed between them.
    await live.has({ calls: 1, imported: 1, exported: 1 });
    await second.close();
    await live.has({ calls: 1, imported: 1 });
    const third = await live.connect();
    const again = untyped(await third.call("enter", ["hall"]));
    await owner.close();
    await assert.rejects(kept, { code: "unavailable" });
    await assert.rejects(again.say("four"), { code: "reference_gone" });
    await live.has();
    await third.close();
    await live.stop();
  });
});

for (const kind of OVER)
  describe(`${MADE} references on one connection, over ${kind}`, () => {
    let live: LiveDaemon;
    let rpc: Rpc;
    before(async () => {
      live = await LiveDaemon.start({ config: WIDE_OPEN });
      rpc = await live.connect({}, kind);
    });
    after(async () => {
      await rpc.close();
      await live.stop();
    });

    test("54: 10,000 that are held when their connections break leave the tables empty and the heap where it was", async (t) => {
      const hold = async (): Promise<Rpc[]> => {
        // As many as one connection may hold, on ten of them.
        const clients = await Promise.all(Array.from({ length: 10 }, () => live.connect({}, kind)));
        for (const client of clients)
          for (let i = 0; i < 1_000; i += 100)
            await Promise.all(Array.from({ length: 100 }, () => client.call("open")));
        return clients;
      };
      const part = async (clients: readonly Rpc[]): Promise<void> => {
        await live.has({ exported: 10_000 });
        await Promise.all(clients.map((client) => client.close()));
        await live.has();
      };
      await part(await hold());
      const first = heapAfterCollection();
      await part(await hold());
      const grown = heapAfterCollection() - first;
      t.diagnostic(`heap grew by ${Math.round(grown / 1024)} KiB`);
      assert.ok(grown < 4 * 1024 * 1024, `${grown} bytes`);
    });

    test("made and released, in both directions, leave the tables empty and the heap where it was", async (t) => {
      const round = async (count: number): Promise<void> => {
        for (let i = 0; i < count; i += 100) {
          const opened = await Promise.all(Array.from({ length: 50 }, () => rpc.call("open")));
          for (const one of opened) release(Object(one));
          await Promise.all(Array.from({ length: 50 }, () => rpc.call("optional", [() => undefined])));
        }
      };
      await round(Math.min(10_000, MADE / 5));
      const first = heapAfterCollection();
      await round(kind === "unix" ? MADE : MADE / 5);
      const grown = heapAfterCollection() - first;
      t.diagnostic(`heap grew by ${Math.round(grown / 1024)} KiB`);
      await live.has();
      // Both ends are in this process; what a single reference keeps, a hundred bytes of it, would be megabytes.
      assert.ok(grown < 4 * 1024 * 1024, `${grown} bytes`);
    });
  });

async function entered(rpc: Rpc, name: string): Promise<unknown> {
  for (let i = 0; ; i++) {
    try {
      return await rpc.call("enter", [name]);
    } catch (error) {
      // Nobody has kept one yet: the method returned nothing that it may.
      if (i > 50 || !(error instanceof Error) || name !== "hall") throw error;
      await rpc.ping();
    }
  }
}
