import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  CALL_COST,
  CALL_COST_IN_FLIGHT_MAX,
  CALLS_IN_FLIGHT_MAX,
  NESTED_CALLS_MAX,
} from "../../wire/limits.ts";
import { TestDaemon, WIDE_OPEN } from "../support/daemon.ts";
import { failure, until } from "../support/failure.ts";
import { LiveDaemon } from "../support/live-daemon.ts";
import type { RawPeer } from "../support/peers/raw-peer.ts";

type Parts = readonly unknown[];
type Fault = Readonly<Record<string, unknown>>;

/** A service with a method that ends when the test says so, and one that calls back. */
const SERVICE = `
import { callback, defineService, method, param, z } from "rpcd/service";
const waiting = [];
export default defineService({
  now: method({ params: [param("n", z.any())], run: ({ n }) => n }),
  hold: method({ params: [], run: () => new Promise((resolve) => waiting.push(resolve)) }),
  free: method({ params: [param("n", z.int())], run: ({ n }) => { for (const resolve of waiting.splice(0, n)) resolve("held"); } }),
  ask: method({ params: [param("f", callback({ returns: z.any() }))], run: ({ f }) => f() }),
});
`;
const GRANTS = `
grants:
  all: {to: caller, call: ["**"], args: any}
  ask: {to: caller, call: ask, args: {f: callback}}
`;

const call = (id: number, method: string, positional: Parts = [], options: object = {}): Parts => [
  16,
  id,
  0,
  method,
  positional,
  {},
  options,
];

async function next(peer: RawPeer): Promise<Parts> {
  const message = await peer.next();
  assert.ok(Array.isArray(message), "the connection was closed");
  return message;
}

describe("calls beyond the slots of their connection", () => {
  let live: LiveDaemon;
  before(async () => {
    live = await LiveDaemon.start({ service: SERVICE, grants: GRANTS, config: WIDE_OPEN });
  });
  after(() => live.stop());

  /** A peer whose slots are all taken by calls that are held. */
  const fullPeer = async (): Promise<RawPeer> => {
    const peer = await live.peer();
    for (let id = 1; id <= CALLS_IN_FLIGHT_MAX; id++) peer.send(call(id, "hold"));
    peer.send([26, 0]);
    assert.deepEqual(await next(peer), [27, 0]);
    return peer;
  };
  const freeAll = async (): Promise<void> => {
    const rpc = await live.connect();
    await rpc.call("free", [100_000]);
    await rpc.close();
  };

  test("wait, and run in the order in which they came when slots are free", async () => {
    const peer = await fullPeer();
    for (let id = 1_001; id <= 1_300; id++) peer.send(call(id, "now", [id]));
    peer.send([26, 1]);
    assert.deepEqual(await next(peer), [27, 1], "pings are answered meanwhile");
    assert.equal(live.daemon.counts.queued, 300);
    await freeAll();
    const order: unknown[] = [];
    for (let i = 0; i < CALLS_IN_FLIGHT_MAX + 300; i++) {
      const [kind, id] = await next(peer);
      assert.equal(kind, 17);
      if (Number(id) > 1_000) order.push(id);
    }
    assert.deepEqual(
      order,
      Array.from({ length: 300 }, (_, i) => 1_001 + i),
    );
    await peer.destroy();
    await live.has();
  });

  test("wait within the time that their caller gave them, and end unstarted when it is over", async () => {
    const peer = await fullPeer();
    peer.send(call(1_001, "now", [1], { deadline_ms: 50 }));
    const [kind, id, fault] = await next(peer);
    const { code, outcome, message } = fault as Fault;
    assert.deepEqual([kind, id, code, outcome], [18, 1_001, "deadline_exceeded", "not_started"]);
    assert.match(String(message), /no slot was free in time/);
    await freeAll();
    await peer.destroy();
    await live.has();
  });

  test("are cancelled unstarted, and cost nothing any longer", async () => {
    const peer = await fullPeer();
    for (let id = 1_001; id <= 1_100; id++) peer.send(call(id, "now", [1]));
    for (let id = 1_001; id <= 1_100; id++) peer.send([19, id, ""]);
    for (let id = 1_001; id <= 1_100; id++) {
      const [kind, answered, fault] = await next(peer);
      const { code, outcome } = fault as Fault;
      assert.deepEqual([kind, answered, code, outcome], [18, id, "cancelled", "not_started"]);
    }
    assert.equal(live.daemon.counts.queued, 0);
    await freeAll();
    await peer.destroy();
    await live.has();
  });

  test("are refused beyond what the calls of a connection may cost, and not before", async () => {
    const peer = await fullPeer();
    // Named arguments, options and all: what an empty call costs, by the account itself.
    const emptyCost = live.daemon.counts.bytes / CALLS_IN_FLIGHT_MAX;
    assert.ok(emptyCost > CALL_COST && emptyCost < CALL_COST + 1_024, `${emptyCost} a call`);
    const fits = Math.floor(CALL_COST_IN_FLIGHT_MAX / emptyCost) - CALLS_IN_FLIGHT_MAX;
    for (let id = 1_001; id <= 1_000 + fits; id++) peer.send(call(id, "hold"));
    peer.send(call(100_000, "hold"));
    const [kind, id, fault] = await next(peer);
    assert.deepEqual([kind, id, (fault as Fault)["code"]], [18, 100_000, "resource_exhausted"]);
    assert.equal(live.daemon.counts.queued, fits);
    await peer.destroy();
    await freeAll();
    await live.has();
  });

  test("are gone with their connection", async () => {
    const peer = await fullPeer();
    for (let id = 1_001; id <= 1_300; id++) peer.send(call(id, "hold"));
    peer.send([26, 1]);
    await next(peer);
    await peer.destroy();
    await freeAll();
    await live.has();
  });

  test("have one order with what cancels them, however the bytes are cut", async () => {
    // The last but one can be answered at once, as soon as those before it are: it is, though its cancel came with it.
    const peer = await live.peer();
    for (let id = 1; id <= CALLS_IN_FLIGHT_MAX + 2; id++) peer.send(call(id, "now", [id]));
    peer.send([19, CALLS_IN_FLIGHT_MAX + 2, ""]);
    for (let id = 1; id <= CALLS_IN_FLIGHT_MAX + 2; id++) assert.deepEqual(await next(peer), [17, id, id]);
    await peer.destroy();
    await live.has();
  });

  test("of a principal whose slots are taken by its other connections wait for those", async () => {
    const peers = await Promise.all(Array.from({ length: 8 }, fullPeer));
    const one = await live.peer();
    one.send(call(1, "now", [7]));
    one.send([26, 1]);
    assert.deepEqual(await next(one), [27, 1]);
    assert.equal(live.daemon.counts.queued, 1);
    // It waits, and does not work meanwhile: the loop comes round, and pings are answered.
    await until(() => live.daemon.counts.works === 0);
    one.send([26, 2]);
    assert.deepEqual(await next(one), [27, 2]);
    // No connection of this principal can free them; the calls that are held end when theirs have gone.
    peers[0]?.send([19, 1, ""]);
    assert.equal((await next(peers[0] ?? assert.fail()))[0], 18);
    assert.equal(live.daemon.counts.queued, 1, "the work of a cancelled call goes on");
    for (const peer of peers) await peer.destroy();
    assert.equal(live.daemon.counts.queued, 1);
    one.send(call(2, "free", [1], { deadline_ms: 50 }));
    assert.equal(((await next(one))[2] as Fault)["code"], "deadline_exceeded", "it waits behind the other");
    await one.destroy();
  });
});

describe("a drain", () => {
  test("answers what waits, unstarted, and lets what runs end", async () => {
    const live = await LiveDaemon.start({ service: SERVICE, grants: GRANTS, config: WIDE_OPEN });
    const full = await live.peer();
    for (let id = 1; id <= CALLS_IN_FLIGHT_MAX; id++) full.send(call(id, "hold"));
    full.send(call(1_001, "now", [1]));
    full.send([26, 1]);
    assert.deepEqual(await next(full), [27, 1]);
    const other = await live.connect();
    const drained = live.daemon.drain();
    assert.equal((await next(full))[0], 28);
    const [kind, id, fault] = await next(full);
    const { code, outcome } = fault as Fault;
    assert.deepEqual([kind, id, code, outcome], [18, 1_001, "unavailable", "not_started"]);
    await other.close();
    await full.destroy();
    await live.daemon.stop();
    await drained;
    assert.equal(await live.state.stop(), 0);
  });
});

describe("calls from within callbacks", () => {
  let daemon: TestDaemon;
  before(async () => {
    daemon = await TestDaemon.start({ service: SERVICE, grants: GRANTS, config: WIDE_OPEN });
  });
  after(async () => {
    assert.equal(await daemon.stop(), 0);
  });

  test("are all answered when every slot waits for them: 200 at once, and 200 that wait behind those", async () => {
    const rpc = await daemon.connect();
    const answers = await Promise.all(
      Array.from({ length: 400 }, (_, i) => rpc.call("ask", [() => rpc.call("now", [i])])),
    );
    assert.deepEqual(
      answers,
      Array.from({ length: 400 }, (_, i) => i),
    );
    await rpc.close();
  });

  test("are all answered when one callback makes 200 of them", async () => {
    const rpc = await daemon.connect();
    const all = (): Promise<unknown[]> =>
      Promise.all(Array.from({ length: 200 }, (_, i) => rpc.call("now", [i])));
    assert.deepEqual(
      await rpc.call("ask", [all]),
      Array.from({ length: 200 }, (_, i) => i),
    );
    await rpc.close();
  });

  test("are refused by the library beyond the slots that are kept for them, before anything is sent", async () => {
    const rpc = await daemon.connect();
    const outcomes = await rpc.call("ask", [
      async () => {
        const calls = Array.from({ length: NESTED_CALLS_MAX + 1 }, (_, i) => rpc.call("now", [i]));
        const last = await failure(calls.at(-1) ?? assert.fail());
        const rest = await Promise.all(calls.slice(0, -1));
        return [last.code, last.outcome, rest.length];
      },
    ]);
    assert.deepEqual(outcomes, ["resource_exhausted", "not_started", NESTED_CALLS_MAX]);
    await rpc.close();
  });

  test("of a hostile client get the slots that are kept, and not one more; nobody else notices", async () => {
    await LiveDaemon.start({ service: SERVICE, grants: GRANTS, config: WIDE_OPEN }).then(async (live) => {
      const peer = await live.peer();
      const good = await live.connect();
      for (let id = 1; id <= CALLS_IN_FLIGHT_MAX; id++) peer.send(call(id, "hold"));
      peer.send(call(1_000, "now", [1]));
      const rest = await good.call("now", [1]);
      assert.equal(rest, 1);
      await peer.destroy();
      await good.call("free", [100_000]);
      const asking = await live.peer();
      asking.frame(Buffer.from("871001006361736b81d99c4101a0a0", "hex"));
      const [kind, asked] = await next(asking);
      assert.equal(kind, 16);
      for (let id = 2; id <= NESTED_CALLS_MAX + 1; id++) asking.send(call(id, "hold", [], { within: asked }));
      asking.send(call(5_000, "now", [1], { within: asked }));
      const [of, id, fault] = await next(asking);
      const { code, outcome } = fault as Fault;
      assert.deepEqual([of, id, code, outcome], [18, 5_000, "resource_exhausted", "not_started"]);
      // A plain call has a slot all the same.
      asking.send(call(5_001, "now", [2]));
      assert.deepEqual(await next(asking), [17, 5_001, 2]);
      assert.equal(await good.call("now", [3]), 3);
      await asking.destroy();
      await good.call("free", [100_000]);
      await good.close();
      await live.has();
      await live.stop();
    });
  });
});
