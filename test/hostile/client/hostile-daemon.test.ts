import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { PrivateKey } from "../../../certs/ed25519.ts";
import { connect, RpcError } from "../../../client/index.ts";
import type { Rpc } from "../../../client/rpc.ts";
import { encode, encodeSorted } from "../../../wire/cbor.ts";
import { frameHeader } from "../../../wire/frame.ts";
import { type ListenerKind, OVER } from "../../support/daemon.ts";
import {
  afterLogin,
  framed,
  HOST,
  HOST_FINGERPRINT,
  HostileDaemon,
  hostFrame,
  type Peer,
  welcomeFrame,
} from "../../support/peers/hostile-daemon.ts";

const CLIENT = new PrivateKey(new Uint8Array(32).fill(2));

for (const kind of OVER) describe(`a hostile daemon, over ${kind}`, () => suite(kind));

function suite(over: ListenerKind): void {
  let daemon: HostileDaemon;

  before(async () => {
    daemon = await HostileDaemon.start(over);
  });
  after(() => {
    daemon.stop();
  });

  const dial = (): Promise<Rpc> =>
    connect(daemon.address, { identity: CLIENT, hostKeyFingerprints: [HOST_FINGERPRINT], timeoutMs: 2_000 });
  const failing = async (work: Promise<unknown>): Promise<RpcError> => {
    const error = await work.then(
      () => assert.fail("it succeeded"),
      (found: unknown) => found,
    );
    assert.ok(error instanceof RpcError, String(error));
    return error;
  };

  test("12: whatever it answers to a hello, the client ends with an error and has named no key", async () => {
    const answers: Record<string, (hello: Uint8Array, peer: Peer) => Uint8Array> = {
      "a zero length": () => frameHeader(0),
      "a length of 2^32−1": () => frameHeader(0xffffffff),
      "one over the limit": () => frameHeader(4097),
      "no CBOR": () => framed(Buffer.from("ff", "hex")),
      "a record": () => framed(Buffer.from("d9dfff80", "hex")),
      "a welcome at once": () => welcomeFrame(),
      "a refusal at once": () => framed(encode([5])),
      "a call": () => framed(encode([16, 1, 0, "add", [], {}, {}])),
      "a version that was not offered": () =>
        framed(
          encode([
            2,
            encodeSorted({ version: 2, nonce: new Uint8Array(32), key: HOST.publicKey.bytes }),
            new Uint8Array(64),
          ]),
        ),
      "a key of small order": () =>
        framed(
          encode([
            2,
            encodeSorted({ version: 1, nonce: new Uint8Array(32), key: new Uint8Array(32) }),
            new Uint8Array(64),
          ]),
        ),
      "another key": (hello, peer) => hostFrame(hello, peer, CLIENT, CLIENT),
      "the right key, signed by another": (hello, peer) => hostFrame(hello, peer, HOST, CLIENT),
      "its own hello back": (hello) => framed(hello),
      "another protocol": () => Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"),
    };
    for (const [name, answer] of Object.entries(answers)) {
      daemon.received = [];
      daemon.script = (frame, peer) => peer.write(answer(frame, peer));
      const error = await failing(dial());
      assert.equal(
        ["protocol_error", "unauthenticated"].includes(error.code),
        true,
        `${name}: ${error.code} ${error.message}`,
      );
      assert.equal(error.outcome, "not_started", name);
      assert.deepEqual(
        daemon.received.map((frame) => frame[1]),
        [1],
        `${name}: a hello and nothing more was sent`,
      );
    }
  });

  test("12: one that says nothing, hangs up, or welcomes badly ends the login with an error", async () => {
    daemon.script = () => undefined;
    assert.equal(
      (await failing(connect(daemon.address, { identity: CLIENT, hostKeyFingerprints: [], timeoutMs: 100 })))
        .code,
      "deadline_exceeded",
    );
    daemon.script = (_frame, { socket }) => socket.destroy();
    assert.equal((await failing(dial())).code, "unavailable");
    for (const change of [
      { principal: 7 },
      { boot: new Uint8Array(3) },
      { limits: [] },
      { roles: {} },
      { digest: "x" },
    ]) {
      daemon.script = (frame, peer) =>
        peer.write(frame[1] === 1 ? hostFrame(frame, peer) : welcomeFrame(change));
      assert.equal((await failing(dial())).code, "protocol_error", JSON.stringify(change));
    }
  });

  test("12: every malformed frame after the login ends the connection, and the calls with it", async () => {
    const bad: Uint8Array[] = [
      frameHeader(0),
      frameHeader(2 ** 20 + 1),
      framed(Buffer.from("ff", "hex")),
      framed(Buffer.from("8311", "hex")),
      framed(encode([17, 1])),
      framed(encode([99])),
      framed(encode([16, 1, 0, "add", [], {}, {}])),
      framed(encode([19, 1, ""])),
      framed(encode([4, new Uint8Array(1)])),
      framed(Buffer.from("d9dfff80", "hex")),
      // 62: answers to calls that were never made
      framed(encode([17, 2, 5])),
      framed(encode([18, 9, { code: "internal", message: "m", id: "i" }])),
      framed(encode([17, 0, 5])),
      framed(encode([17, -1, 5])),
      framed(encode([17, 2 ** 53 - 1, 5])),
    ];
    for (const bytes of bad) {
      daemon.script = afterLogin((_frame, peer) => peer.write(bytes));
      const rpc = await dial();
      const error = await failing(rpc.call("add", [1, 2]));
      assert.deepEqual([error.code, error.outcome], ["protocol_error", "unknown"], bytes.toString());
      await rpc.closed;
    }
  });

  test("62: an answer that comes twice, or after its caller has gone, changes nothing", async () => {
    let writeLate = (): void => undefined;
    daemon.script = afterLogin((frame, peer) => {
      if (frame[1] !== 0x10) return;
      const [first, second] = [framed(encode([17, 1, "first"])), framed(encode([17, 1, "second"]))];
      if (frame[2] === 1)
        peer.write(
          Buffer.concat([
            first,
            second,
            framed(encode([18, 1, { code: "internal", message: "m", id: "i" }])),
          ]),
        );
      if (frame[2] === 2) writeLate = () => peer.write(framed(encode([17, 2, "late"])));
      if (frame[2] === 3) peer.write(framed(encode([17, 3, "third"])));
    });
    const rpc = await dial();
    assert.equal(await rpc.call("add"), "first");
    const late = await failing(rpc.call("add", [], {}, { timeoutMs: 30 }));
    assert.equal(late.code, "deadline_exceeded");
    writeLate();
    assert.equal(await rpc.call("add"), "third");
    await rpc.close();
  });

  test("a welcome that lets the client do nothing is none", async () => {
    for (const limits of [
      { frame_bytes: 0, calls_in_flight: 1, deadline_ms: 1 },
      { frame_bytes: 1, calls_in_flight: 0, deadline_ms: 1 },
    ]) {
      daemon.script = (frame, peer) =>
        peer.write(frame[1] === 1 ? hostFrame(frame, peer) : welcomeFrame({ limits }));
      assert.equal((await failing(dial())).code, "protocol_error");
    }
  });

  test("when it hangs up on twenty thousand waiting calls each is rejected, and told truly whether it was sent", async () => {
    let frames = 0;
    daemon.script = afterLogin((_frame, { socket }) => {
      if (++frames === 128) socket.destroy();
    });
    const rpc = await dial();
    const errors = await Promise.all(Array.from({ length: 20_000 }, () => failing(rpc.call("add", [1, 2]))));
    assert.deepEqual(new Set(errors.map(({ code }) => code)), new Set(["unavailable"]));
    assert.equal(errors.filter(({ outcome }) => outcome === "unknown").length, 128);
    assert.equal(errors.filter(({ outcome }) => outcome === "not_started").length, 19_872);
    await rpc.closed;
  });

  test("63: a fault with hostile names is one of our own errors, with a code of the list", async () => {
    const fault = {
      code: "constructor",
      message: "\u001b[2J",
      id: "x",
      reason: "__proto__",
      data: { name: "TypeError", stack: "at evil" },
      cause: [{ code: "toString", message: "m" }],
    };
    daemon.script = afterLogin((_frame, peer) => peer.write(framed(encode([18, 1, fault]))));
    const rpc = await dial();
    const error = await failing(rpc.call("add"));
    assert.deepEqual([error.name, error.code, error.reason], ["RpcError", "internal", "__proto__"]);
    assert.equal(Object.getPrototypeOf(error), RpcError.prototype);
    assert.equal((error.cause as RpcError).code, "internal");
    await rpc.close();
  });

  test("a catalogue that never ends is given up", async () => {
    daemon.script = afterLogin((frame, peer) => {
      // Each call's id is the second item; small ones are one byte, the later ones are read from the CBOR.
      const id =
        frame[2] === 0x18
          ? frame[3]
          : frame[2] === 0x19
            ? ((frame[3] ?? 0) << 8) | (frame[4] ?? 0)
            : frame[2];
      peer.write(framed(encode([17, id, { methods: [], next: "a" }])));
    });
    const rpc = await dial();
    const error = await failing(rpc.catalogue());
    assert.deepEqual([error.code, /does not lead on/.test(error.message)], ["protocol_error", true]);
    await rpc.close();
  });

  test("76: a catalogue whose pages are full of what nobody reads is given up before it fills the memory", async () => {
    let id = 1;
    let pages = 0;
    daemon.script = afterLogin((_frame, peer) => {
      const name = `m${String(++pages).padStart(6, "0")}`;
      const method = {
        name,
        doc: "",
        params: [],
        returns: { type: "any" },
        effect: "read",
        idempotent: true,
        reserved: false,
        errors: {},
      };
      peer.write(
        framed(encode([17, id++, { methods: [{ ...method, more: "x".repeat(1_000_000) }], next: name }])),
      );
    });
    const rpc = await dial();
    const error = await failing(rpc.catalogue());
    assert.equal(error.code, "protocol_error");
    assert.match(error.message, /more than \d+ bytes/);
    assert.equal(pages <= 34, true, `${pages} pages of a megabyte`);
    await rpc.close();
  });

  test("a catalogue of 20,000 methods is taken, and one more is too many", async () => {
    const method = (i: number): object => ({
      name: `m${String(i).padStart(6, "0")}`,
      doc: "",
      params: [],
      returns: { type: "any" },
      effect: "read",
      idempotent: true,
      reserved: false,
      errors: {},
    });
    for (const total of [20_000, 20_001]) {
      let sent = 0;
      let id = 0;
      daemon.script = afterLogin((_frame, peer) => {
        const count = Math.min(500, total - sent);
        const methods = Array.from({ length: count }, (_, i) => method(sent + i));
        sent += count;
        const next = sent < total ? `m${String(sent - 1).padStart(6, "0")}` : null;
        peer.write(framed(encode([17, ++id, { methods, next }])));
      });
      const rpc = await dial();
      if (total === 20_000) assert.equal((await rpc.catalogue()).size, total);
      else assert.match((await failing(rpc.catalogue())).message, /more than 20000 methods/);
      await rpc.close();
    }
  });

  test("61: awaiting, logging, comparing, spreading and serialising a proxy sends nothing", async () => {
    daemon.script = afterLogin(() => undefined);
    const rpc = await dial();
    daemon.received = [];
    const service = rpc.service("math");
    const remote = service["add"] ?? assert.fail();
    const found: unknown[] = [service, remote];
    for (const one of found) assert.equal(await one, one);
    assert.equal(JSON.stringify({ service }), "{}");
    assert.equal(String(found[0]), "rpcd method math");
    assert.match(String(found[1]), /rpcd method math\.add/);
    const { inspect, isDeepStrictEqual } = await import("node:util");
    inspect(service, { depth: 5, showProxy: true });
    inspect(service);
    isDeepStrictEqual(service, remote);
    assert.equal(service === remote, false);
    assert.deepEqual(Object.keys({ ...service }), []);
    assert.deepEqual([...new Map([[service, 1]]).keys()].length, 1);
    assert.equal(Symbol.iterator in service || "then" in service, false);
    for (const key of ["then", "toJSON", "constructor", "prototype", "valueOf"])
      assert.equal(Reflect.get(service, key), undefined, key);
    assert.equal(Reflect.set(service, "add", 1), false);
    assert.equal(Reflect.deleteProperty(service, "add"), false);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(daemon.received, []);
    await rpc.close();
  });
}
