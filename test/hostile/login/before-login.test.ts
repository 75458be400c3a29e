import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { encode, encodeSorted } from "../../../wire/cbor.ts";
import { frameHeader } from "../../../wire/frame.ts";
import { type ListenerKind, overEach, TestDaemon, WIDE_OPEN } from "../../support/daemon.ts";
import { RawPeer } from "../../support/peers/raw-peer.ts";

overEach("before the login", suite);

function suite(over: ListenerKind): void {
  let daemon: TestDaemon;
  const hello = (): Uint8Array => encode([1, encodeSorted({ versions: [1], nonce: new Uint8Array(32) })]);
  const framed = (body: Uint8Array): Buffer => Buffer.concat([frameHeader(body.length), body]);
  const serves = async (): Promise<void> => {
    const rpc = await daemon.connect({}, over);
    assert.equal(await rpc.call("add", [2, 3]), 5);
    await rpc.close();
  };
  /** Sends bytes; the daemon must close the connection without having answered. */
  const closesOn = async (bytes: Uint8Array, what: string): Promise<void> => {
    const peer = await RawPeer.connect(daemon.at(over));
    peer.write(bytes);
    assert.equal(await peer.next(), undefined, what);
    await peer.closed;
  };

  before(async () => {
    daemon = await TestDaemon.start({ config: `login_timeout_ms: 1000\n${WIDE_OPEN}` });
  });
  after(async () => {
    await serves();
    assert.equal(await daemon.stop(), 0);
  });

  test("1: a peer that connects and says nothing is closed at the login deadline", async () => {
    const descriptors = (): number => readdirSync(`/proc/${daemon.pid}/fd`).length;
    await serves();
    const idle = descriptors();
    const peers = await Promise.all(Array.from({ length: 20 }, () => RawPeer.connect(daemon.at(over))));
    await Promise.all(peers.map(({ closed }) => closed));
    await serves();
    assert.equal(descriptors() <= idle + 1, true, `${descriptors()} descriptors, ${idle} before`);
  });

  test("2: a hello that drips in is closed at the same deadline: bytes do not refresh it", async () => {
    const peer = await RawPeer.connect(daemon.at(over));
    const bytes = framed(hello());
    let sent = 0;
    const drip = setInterval(() => peer.write(bytes.subarray(sent, ++sent)), 40);
    await peer.closed;
    clearInterval(drip);
    assert.equal(sent < bytes.length, true, "it was closed before the hello was whole");
  });

  test("3: half a login, then silence, is closed at the same deadline", async () => {
    const peer = await RawPeer.connect(daemon.at(over));
    await peer.hello();
    await peer.closed;
  });

  test("6: a length of 2^32−1, 2^31−1, one over the limit, or 0 is closed at the header", async () => {
    for (const length of [0xffffffff, 0x7fffffff, 4097, 0])
      await closesOn(frameHeader(length), String(length));
  });

  test("6: exactly the limit before the login is read", async () => {
    const peer = await RawPeer.connect(daemon.at(over));
    const padded = encodeSorted({ versions: [1], nonce: new Uint8Array(32), x: new Uint8Array(4096 - 62) });
    const frame = encode([1, padded]);
    assert.equal(frame.length, 4096);
    peer.frame(frame);
    assert.equal(((await peer.next()) as unknown[])[0], 2);
    await peer.destroy();
  });

  test("7: one byte a write, and ten thousand tiny frames in one, are no trouble", async () => {
    const peer = await RawPeer.connect(daemon.at(over));
    for (const byte of framed(hello())) peer.write(Uint8Array.of(byte));
    assert.equal(((await peer.next()) as unknown[])[0], 2);
    await peer.destroy();
    await closesOn(
      Buffer.concat(Array.from({ length: 10_000 }, () => framed(Uint8Array.of(0xf6)))),
      "tiny frames",
    );
  });

  test("8: other protocols are closed", async () => {
    for (const text of [
      "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
      "SSH-2.0-OpenSSH_9.2\r\n",
      "\u0016\u0003\u0001\u0002\u0000\u0001",
      "\n\n\n\n\n",
      '{"jsonrpc":"2.0"}',
    ]) {
      await closesOn(Buffer.from(text, "latin1"), text);
    }
  });

  test("9: a call, cancel, ping, goaway or answer before the login is closed", async () => {
    for (const parts of [
      [16, 1, 0, "add", [1, 2], {}, {}],
      [19, 1, ""],
      [26, 1],
      [28, ""],
      [17, 1, 1],
      [5],
      [3, Buffer.alloc(1), Buffer.alloc(64)],
    ]) {
      await closesOn(framed(encode(parts)), JSON.stringify(parts));
    }
  });

  test("9: a second hello is closed, before the login and after", async () => {
    const early = await RawPeer.connect(daemon.at(over));
    await early.hello();
    early.frame(hello());
    assert.equal(await early.next(), undefined);
    const late = await RawPeer.loggedIn(daemon.at(over), daemon.identity);
    late.frame(hello());
    assert.equal(await late.next(), undefined);
  });

  test("10: a disconnect at every byte of the login leaves nothing behind", async () => {
    const script = await RawPeer.connect(daemon.at(over));
    await script.hello();
    const login = framed(script.loginFrame(daemon.identity));
    await script.destroy();
    const first = framed(hello());
    for (let cut = 0; cut <= first.length; cut += 3) {
      const peer = await RawPeer.connect(daemon.at(over));
      peer.write(first.subarray(0, cut));
      await peer.destroy();
    }
    for (let cut = 0; cut <= login.length; cut += 7) {
      const peer = await RawPeer.connect(daemon.at(over));
      await peer.hello();
      peer.write(login.subarray(0, cut));
      await peer.destroy();
    }
    await serves();
  });

  test("27: every malformed or forbidden item as hello, as its body and as login's body is closed", async () => {
    const bad = [
      "",
      "ff",
      "1c",
      "18",
      "1800",
      "190001",
      "1a00000001",
      "1b0000000000000001",
      "1b0020000000000000",
      "3b001fffffffffffff",
      "5f41000ff",
      "5f4100ff",
      "7f6100ff",
      "9f00ff",
      "bf616100ff",
      "62c328",
      "61ff",
      "63efbbbf",
      "7b0000000000000001",
      "a1000",
      "a10000",
      "a2616101616102",
      "a1695f5f70726f746f5f5f00",
      "a16b636f6e7374727563746f7200",
      "f7",
      "f800",
      "f814",
      "f97e00",
      "f97c00",
      "fa7fc00000",
      "fb7ff8000000000000",
      "c000",
      "c1f6",
      "c16161",
      "c1c100",
      "c11b002000000000000",
      "c1fb7ff0000000000000",
      "c24101",
      "d81c00",
      "d81d00",
      "d9dfff80",
      "d90102a0",
      "d9d9f700",
      "da53687264a0",
      "0000",
      "8100ff",
    ].map((text) => Buffer.from(text.length % 2 === 0 ? text : text.slice(0, -1), "hex"));
    for (const item of bad) {
      const text = item.toString("hex");
      if (item.length > 0) await closesOn(framed(item), `as hello: ${text}`);
      await closesOn(framed(encode([1, item])), `as hello's body: ${text}`);
      const peer = await RawPeer.connect(daemon.at(over));
      await peer.hello();
      peer.send([3, item, new Uint8Array(64)]);
      assert.equal(await peer.next(), undefined, `as login's body: ${text}`);
    }
  });

  test("33: one level, item, entry or key byte past the limits of a login is closed", async () => {
    const nonce = new Uint8Array(32);
    const nest = (depth: number): unknown =>
      Array.from({ length: depth }).reduce<unknown>((inner) => [inner], 0);
    const entries = (count: number): object =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 0]));
    const answered = async (more: object): Promise<boolean> => {
      const peer = await RawPeer.connect(daemon.at(over));
      peer.send([1, encodeSorted({ versions: [1], nonce, ...more })]);
      const answer = await peer.next();
      await peer.destroy();
      return answer !== undefined;
    };
    // The map itself is the first level, and it has the keys versions and nonce.
    assert.deepEqual(
      [await answered({ x: nest(7) }), await answered({ x: nest(8) })],
      [true, false],
      "depth",
    );
    assert.deepEqual([await answered(entries(30)), await answered(entries(31))], [true, false], "entries");
    assert.deepEqual(
      [await answered({ ["k".repeat(64)]: 0 }), await answered({ ["k".repeat(65)]: 0 })],
      [true, false],
      "key bytes",
    );
    const items = (count: number): object => ({ x: Array.from({ length: count }, () => 0) });
    // the map, the list of versions, one version, the nonce, and the list of x: 5 items beside those of x
    assert.deepEqual([await answered(items(59)), await answered(items(60))], [true, false], "items");
  });
}
