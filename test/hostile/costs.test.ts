import assert from "node:assert/strict";
import { after, before, describe, type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Rpc } from "../../client/rpc.ts";
import { LOGIN_DATA, SESSION_DATA, STREAM_ITEM_BYTES, STREAM_WINDOW_BYTES } from "../../wire/limits.ts";
import { functionItem, HoldingPeer, itemBody, NULL_ITEM, streamItem } from "../memory/holding-peer.ts";
import { HOLDING_GRANTS, HOLDING_SERVICE } from "../memory/holding-service.ts";
import { WORST_MESSAGES } from "../memory/worst-messages.ts";
import type { ListenerKind } from "../support/daemon.ts";
import { peakMemoryKib } from "../support/memory.ts";
import { RawPeer } from "../support/peers/raw-peer.ts";
import { WatchedDaemon } from "../support/watched-daemon.ts";
import { costlyHello } from "../vectors/refused-logins.ts";
import { arrayItem, bytesOf, head, mapItem, textItem } from "../wire/cbor-items.ts";
import { itemOfCostIn } from "../wire/costly-item.ts";

/** The daemon may take so much more than it takes idle, whatever one client sends, in MiB: 57 were measured on Node 20, 95 on Node 26. */
const MOST_MIB = 160;

/** What a client may is all the same to the transport: each with one of them, and with both where CI asks for it. */
const IN_FULL = process.env["RPCD_TRANSPORTS"] === "all";

/** Who holds a key has no grant, or some for slow methods. */
const GRANTS = {
  "no grant": HOLDING_GRANTS.split("\n")
    .filter((line) => !line.includes("to: caller"))
    .join("\n"),
  "slow methods": HOLDING_GRANTS,
};

const repeated = (count: number, item: Uint8Array): Uint8Array =>
  arrayItem(...Array.from({ length: count }, () => item));

/** Maps with keys for which V8 makes far more room than they take on the wire: 57 KB and less. */
const SPARSE = {
  '{"1022"}': repeated(4_900, mapItem([textItem("1022"), NULL_ITEM])),
  '{"1023", "2570"}': repeated(3_200, mapItem([textItem("1023"), NULL_ITEM], [textItem("2570"), NULL_ITEM])),
};

/** Items that are small to send and large to keep, 10 KB of each. */
const SMALL = ["empty byte strings", "empty maps", "times", "empty arrays", "maps with the index 1022"].map(
  (kind) => WORST_MESSAGES[kind]?.() ?? assert.fail(kind),
);

const SENT_BYTES = 10_000_000;

/** What a client does, and whether the daemon ends the connection for it. */
type Attack = (peer: HoldingPeer) => void | Promise<void>;

const pipelined: Attack = async (peer) => {
  const target = -peer.call("never");
  for (let sent = 0; sent < SENT_BYTES; )
    for (const item of SMALL) {
      peer.call("put", [item], target);
      sent += item.length;
    }
  await heard(peer);
};

const streamed: Attack = async (peer) => {
  const streams = SENT_BYTES / STREAM_WINDOW_BYTES;
  for (let stream = 1; stream <= streams; stream++) {
    peer.call("read", [streamItem(stream)]);
    // Its credit, or the answer that there is none.
    if ((await peer.next(23, 18))?.[0] !== 23) return;
    const item = SMALL[stream % SMALL.length] ?? NULL_ITEM;
    const bytes = itemBody(stream, item).length + STREAM_ITEM_BYTES;
    for (let sent = 0; sent + bytes < STREAM_WINDOW_BYTES; sent += bytes) peer.item(stream, item);
  }
  await heard(peer);
};

const returned: Attack = async (peer) => {
  for (let i = 0; i < 2_000; i++) {
    peer.call("box", [textItem("x".repeat(9_400))]);
    if (i % 64 === 63) await heard(peer);
  }
};

const wrongElements: Attack = async (peer) => {
  const wrong = repeated(9_900, textItem(""));
  for (let i = 0; i < 110; i++) peer.call("list", [wrong]);
  await heard(peer);
};

const slow: Attack = async (peer) => {
  for (let i = 0; i < 200; i++) peer.call("hold", [SMALL[i % SMALL.length] ?? NULL_ITEM]);
  await heard(peer);
};

/** Until all that was sent before has been taken in. */
async function heard(peer: HoldingPeer): Promise<void> {
  peer.raw.frame(arrayItem(head(0, 26), head(0, 7)));
  assert.ok((await peer.next(27)) !== undefined, "the daemon ended the connection");
}

const ATTACKS: Readonly<Record<string, Attack>> = {
  "small items in pipelined calls": pipelined,
  "small items in streams": streamed,
  "small items in slow calls": slow,
  "references with large arguments": returned,
  "lists of wrong elements": wrongElements,
};

const fault = (data: Uint8Array): Uint8Array =>
  mapItem(
    [textItem("code"), textItem("internal")],
    [textItem("message"), textItem("m")],
    [textItem("id"), textItem("i")],
    [textItem("data"), data],
  );

const call = (id: number, positional: Uint8Array, named = mapItem()): Uint8Array =>
  arrayItem(head(0, 16), head(0, id), head(0, 0), textItem("hold"), positional, named, mapItem());

/** Where an item can be in a message of a client; a `before` makes the daemon expect the message. */
const POSITIONS: Readonly<
  Record<string, { before?: (peer: HoldingPeer) => Promise<unknown>; body: (item: Uint8Array) => Uint8Array }>
> = {
  "an argument": { body: (item) => call(9, arrayItem(item)) },
  "a named argument": { body: (item) => call(9, arrayItem(), mapItem([textItem("value"), item])) },
  "the answer to a callback": {
    before: asked,
    body: (item) => arrayItem(head(0, 17), head(0, 1), item),
  },
  "the fault of a callback": {
    before: asked,
    body: (item) => arrayItem(head(0, 18), head(0, 1), fault(item)),
  },
  "an item": { before: reading, body: (item) => itemBody(1, item) },
  "the fault of a stream": {
    before: reading,
    body: (item) => arrayItem(head(0, 22), head(0, 1), fault(item)),
  },
};

function asked(peer: HoldingPeer): Promise<unknown> {
  peer.call("tell", [functionItem(1), head(0, 2), NULL_ITEM]);
  return peer.next(16);
}

function reading(peer: HoldingPeer): Promise<unknown> {
  peer.call("read", [streamItem(1)]);
  return peer.next(23);
}

for (const over of ["unix", "tls"] as const)
  for (const [who, grants] of Object.entries(GRANTS)) {
    if (!IN_FULL && (over === "unix") !== (who === "slow methods")) continue;
    describe(`what is costly, of a client with ${who}, over ${over}`, () => suite(over, who, grants));
  }

function suite(over: ListenerKind, who: string, grants: string): void {
  let watched: WatchedDaemon;
  let watcher: Rpc;
  let idleKib = 0;

  before(async () => {
    watched = await WatchedDaemon.start(grants, {
      service: HOLDING_SERVICE,
      config: "denied_calls_burst: 1000000\n",
    });
    watcher = await watched.watch(over);
    await watcher.call("add", [1, 2]);
    idleKib = peakMemoryKib(watched.daemon.pid);
  });
  after(async () => {
    await watcher.close();
    assert.equal(await watched.daemon.stop(), 0);
  });

  const peer = (): Promise<HoldingPeer> =>
    HoldingPeer.loggedIn(watched.daemon.at(over), watched.daemon.identity);

  /** The other client is served while it goes on, and the daemon has taken no more than it may. */
  const during = async (t: TestContext, attack: () => Promise<void>): Promise<void> => {
    const attacking = attack();
    const attacked = attacking.then(
      () => true,
      () => true,
    );
    let served = 0;
    do {
      assert.equal(await watcher.call("add", [served, 1]), served + 1);
      served++;
    } while (!(await Promise.race([attacked, setImmediate(false)])));
    await attacking;
    const mib = (peakMemoryKib(watched.daemon.pid) - idleKib) / 1024;
    t.diagnostic(`at most ${mib.toFixed(0)} MiB more than idle; the other client had ${served} answers`);
    assert.ok(mib <= MOST_MIB, `${mib} MiB more than idle`);
  };

  test("maps with sparse keys end the connection", (t) =>
    during(t, async () => {
      for (const item of Object.values(SPARSE)) {
        const one = await peer();
        const target = -one.call("never");
        for (let i = 0; i < 11; i++) one.call("put", [item], target);
        await one.raw.closed;
      }
    }));

  for (const [what, attack] of Object.entries(ATTACKS))
    test(what, (t) =>
      during(t, async () => {
        const one = await peer();
        await attack(one);
        await one.raw.destroy();
      }),
    );

  for (const [where, { before: prepare, body }] of Object.entries(POSITIONS)) {
    if (prepare !== undefined && who === "no grant") continue;
    test(`${where} at the limit is taken, and one past it ends the connection`, (t) =>
      during(t, async () => {
        for (const past of [0, 1]) {
          const one = await peer();
          await prepare?.(one);
          one.raw.frame(itemOfCostIn(body, SESSION_DATA.maxCost + past));
          if (past === 0) await heard(one);
          else await one.raw.closed;
          await one.raw.destroy();
        }
      }));
  }

  test("a hello at its limit is answered, and one past it ends the connection", (t) =>
    during(t, async () => {
      for (const past of [0, 1]) {
        const raw = await RawPeer.connect(watched.daemon.at(over));
        raw.frame(bytesOf(costlyHello(LOGIN_DATA.maxCost + past)));
        assert.equal((await raw.next()) !== undefined, past === 0);
        await raw.destroy();
      }
    }));
}
