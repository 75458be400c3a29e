import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { makeKeyPair, PrivateKey } from "../../../certs/ed25519.ts";
import { formatPublicKey } from "../../../certs/public-key.ts";
import { encode } from "../../../wire/cbor.ts";
import { frameHeader } from "../../../wire/frame.ts";
import { SESSION_FRAME_MAX_BYTES } from "../../../wire/limits.ts";
import { LiveDaemon } from "../../support/live-daemon.ts";
import { framed } from "../../support/peers/hostile-daemon.ts";
import { RawPeer } from "../../support/peers/raw-peer.ts";

const MIB = 1024 * 1024;
const HELD_MIB = 48;
const CONNECTIONS = 16;

async function strangers(
  count: number,
): Promise<readonly { readonly key: PrivateKey; readonly line: string }[]> {
  const made: { readonly key: PrivateKey; readonly line: string }[] = [];
  for (let i = 0; i < count; i++) {
    const { seed, publicKey } = await makeKeyPair();
    made.push({ key: new PrivateKey(seed), line: `  h${i}: {keys: ["${formatPublicKey(publicKey)}"]}\n` });
  }
  return made;
}

describe("a good client among principals without any grant", () => {
  let live: LiveDaemon;
  let keys: readonly PrivateKey[];
  before(async () => {
    const made = await strangers(6);
    keys = made.map(({ key }) => key);
    const identities = made.map(({ line }) => line).join("");
    live = await LiveDaemon.start({ identities, config: `max_held_mib: ${HELD_MIB}\n` });
  });
  after(() => live.stop());

  test("is served, and logs in, while each of them has half a message on every connection", async () => {
    const good = await live.connect();
    const peers: RawPeer[] = [];
    const half = Buffer.concat([
      frameHeader(SESSION_FRAME_MAX_BYTES),
      Buffer.alloc(SESSION_FRAME_MAX_BYTES / 2),
    ]);
    for (const key of keys)
      for (let i = 0; i < CONNECTIONS; i++) {
        const peer = await RawPeer.loggedIn(live.at("unix"), key);
        peers.push(peer);
        await new Promise((resolve) => {
          peer.socket.once("close", resolve);
          peer.socket.write(half, resolve);
        });
        assert.equal(await good.call("data", [i]), i);
      }
    await live.connect().then((rpc) => rpc.close());
    const closed = (await Promise.all(peers.map((peer) => isClosed(peer)))).filter(Boolean).length;
    assert.ok(closed > 0, "those that find no room are closed");
    assert.ok(closed < peers.length, "each may have its share");
    assert.ok(live.daemon.counts.bytes < HELD_MIB * MIB, `${live.daemon.counts.bytes} bytes are held`);
    await Promise.all(peers.map((peer) => peer.destroy()));
    assert.equal(await good.call("data", [1]), 1);
    await good.close();
    await live.has();
  });

  test("has its turn between calls that are cancelled in the same write", async () => {
    const pairs = 400;
    const one = await live.peer();
    const messages: unknown[] = [];
    for (let id = 1; id <= pairs; id++) messages.push([16, id, 0, "data", [id], {}, {}], [19, id, ""]);
    let turns = 0;
    let isOver = false;
    const counting = (async (): Promise<void> => {
      // Read anew each time: the other loop changes it.
      for (; !Reflect.get({ isOver }, "isOver"); turns++) await setImmediate();
    })();
    one.write(Buffer.concat(messages.map((message) => framed(encode(message)))));
    for (let id = 1; id <= pairs; id++) assert.deepEqual(await one.next(), [17, id, id]);
    isOver = true;
    await counting;
    assert.ok(turns > pairs / 16, `${turns} turns of the event loop for ${pairs} pairs`);
    await one.destroy();
    await live.has();
  });
});

/** Whether the daemon has closed it by the time that it could have answered. */
async function isClosed(peer: RawPeer): Promise<boolean> {
  let closed = false;
  peer.socket.once("close", () => {
    closed = true;
  });
  closed ||= peer.socket.destroyed;
  for (let i = 0; i < 20; i++) await setImmediate();
  return closed;
}
