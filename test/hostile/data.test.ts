import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { encode } from "../../wire/cbor.ts";
import { type ListenerKind, OVER, TestDaemon, WIDE_OPEN } from "../support/daemon.ts";
import { memoryKib } from "../support/memory.ts";
import { RawPeer } from "../support/peers/raw-peer.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
const head = (initial: number, length: number): Buffer => {
  const bytes = Buffer.alloc(5);
  bytes[0] = initial | 26;
  bytes.writeUInt32BE(length, 1);
  return bytes;
};

/** What costs a decoder that trusts its input seconds, gigabytes or its stack. Each goes into a message. */
const BOMBS: Readonly<Record<string, Buffer>> = {
  "a bignum of 256 KiB": Buffer.concat([hex("c2"), head(0x40, 262_144), Buffer.alloc(262_144, 0xff)]),
  "arrays 200,000 deep": Buffer.alloc(200_000, 0x81),
  "maps 100,000 deep": Buffer.concat(Array.from({ length: 100_000 }, () => hex("a16161"))),
  "tags 200,000 deep": Buffer.alloc(200_000, 0xc1),
  "packed values that refer to packed values": Buffer.concat([
    hex("d8 33 82 98 ff"),
    ...Array.from({ length: 255 }, (_one, i) => Buffer.from([0x82, 0xe0 + (i % 16), 0xe0 + (i % 16)])),
    hex("e0"),
  ]),
  "a shared graph with a thousand million paths": Buffer.concat([
    Buffer.concat(Array.from({ length: 30 }, () => hex("d81c 82"))),
    hex("00"),
    Buffer.concat(Array.from({ length: 30 }, (_one, i) => Buffer.concat([hex("d81d"), Buffer.from([i])]))),
  ]),
  "twenty thousand records": Buffer.concat([
    head(0x80, 20_000),
    ...Array.from({ length: 20_000 }, () => hex("d9dfff 83 61 61 61 62 00")),
  ]),
  "an array that claims four thousand million items": hex("9affffffff"),
  "a text that claims two gigabytes": hex("7a7fffffff"),
  "a map that claims as much": hex("baffffffff"),
  "half a million empty byte strings": Buffer.concat([head(0x80, 500_000), Buffer.alloc(500_000, 0x40)]),
  "half a million empty maps": Buffer.concat([head(0x80, 500_000), Buffer.alloc(500_000, 0xa0)]),
};

/** Texts that are not UTF-8: cut off, overlong, half of a pair, beyond the last code point, bare continuation. */
const BAD_TEXTS = ["80", "c3", "c0af", "e08080", "eda080", "f4908080", "ff", "f09f91"];

for (const over of OVER) describe(`odd data, over ${over}`, () => suite(over));

function suite(over: ListenerKind): void {
  let daemon: TestDaemon;
  before(async () => {
    daemon = await TestDaemon.start({ config: WIDE_OPEN });
  });
  after(async () => {
    const rpc = await daemon.connect({}, over);
    assert.equal(await rpc.call("add", [2, 3]), 5);
    await rpc.close();
    assert.equal(await daemon.stop(), 0);
  });
  /** What the daemon does with a message: an answer, or the end. */
  const answerTo = async (body: Uint8Array): Promise<unknown> => {
    const peer = await RawPeer.loggedIn(daemon.at(over), daemon.identity);
    peer.frame(body);
    const answer = await peer.next();
    await peer.destroy();
    return answer;
  };
  const text = (bytes: string): Buffer => Buffer.concat([Buffer.from([0x60 + bytes.length / 2]), hex(bytes)]);
  /** A call of `echo`, of which each part can be another. */
  const call = (parts: {
    readonly method?: Buffer;
    readonly positional?: Buffer;
    readonly named?: Buffer;
    readonly options?: Buffer;
  }): Buffer =>
    Buffer.concat([
      hex("87100100"),
      parts.method ?? hex("6465 63686f"),
      parts.positional ?? hex("80"),
      parts.named ?? hex("a0"),
      parts.options ?? hex("a0"),
    ]);

  test("28: what is small to send and large to decode is refused, in little time and memory", async (t) => {
    const idle = memoryKib(daemon.pid);
    const times: string[] = [];
    for (const [what, bomb] of Object.entries(BOMBS)) {
      const peer = await RawPeer.loggedIn(daemon.at(over), daemon.identity);
      const begun = performance.now();
      peer.frame(call({ positional: Buffer.concat([hex("81"), bomb]) }));
      assert.equal(await peer.next(), undefined, what);
      times.push(`${what} ${(performance.now() - begun).toFixed(1)} ms`);
      await peer.closed;
    }
    t.diagnostic(`refused after: ${times.join("; ")}`);
    const grown = memoryKib(daemon.pid) - idle;
    assert.equal(grown < 64 * 1024, true, `${grown} KiB more`);
  });

  test("29: a text that is not UTF-8 is refused wherever it stands", async () => {
    for (const bad of BAD_TEXTS.map(text)) {
      const places = [
        call({ method: bad }),
        call({ positional: Buffer.concat([hex("81"), bad]) }),
        call({ positional: Buffer.concat([hex("81 a1"), bad, hex("00")]) }),
        call({ named: Buffer.concat([hex("a1"), bad, hex("00")]) }),
        call({ named: Buffer.concat([hex("a1 6576616c7565"), bad]) }),
        call({ options: Buffer.concat([hex("a1"), bad, hex("00")]) }),
        Buffer.concat([hex("831301"), bad]),
      ];
      for (const [i, body] of places.entries())
        assert.equal(await answerTo(body), undefined, `${bad.toString("hex")} in place ${i}`);
    }
  });

  test("30: a key that stands twice is refused, among the names and within an argument", async () => {
    const value = "6576616c7565";
    for (const body of [
      call({ named: hex(`a2 ${value} 01 ${value} 02`) }),
      call({ named: hex(`a2 ${value} 01 ${value} 01`) }),
      call({ positional: hex("81 a2 6161 01 6161 02") }),
      call({ positional: hex("81 81 a3 6161 01 6162 01 6161 02") }),
      call({ options: hex("a2 6b646561646c696e655f6d73 01 6b646561646c696e655f6d73 02") }),
    ])
      assert.equal(await answerTo(body), undefined, body.toString("hex"));
    assert.deepEqual(
      await answerTo(call({ named: hex(`a1 ${value} 01`) })),
      [17, 1, 1],
      "the good one is good",
    );
  });

  test("36: a result without a form on the wire is a fault with an id, and the connection goes on", async () => {
    const rpc = await daemon.connect({}, over);
    for (const kind of ["error", "map", "fn", "big", "cycle", "half", "proxy"]) {
      const error = await rpc.call("wrong", [kind]).then(
        (value) => assert.fail(`${kind} came as ${JSON.stringify(value)}`),
        (found: unknown) => found as { code: string; outcome: string },
      );
      assert.deepEqual([error.code, error.outcome], ["internal", "done"], kind);
    }
    assert.equal(await rpc.call("echo", [2 ** 40]), 2 ** 40);
    assert.equal(await rpc.call("echo", [-(2 ** 53) + 1]), -(2 ** 53) + 1);
    await rpc.close();
  });

  test("bytes of one message are never another's: what is kept in one place is not what comes back", async () => {
    const [one, two] = await Promise.all([daemon.connect({}, over), daemon.connect({}, over)]);
    const bytes = (fill: number, length: number): Uint8Array => new Uint8Array(length).fill(fill);
    for (const length of [0, 1, 63, 64, 65, 4_000, 8_150, 8_160, 8_170, 8_191, 8_192, 8_193, 100_000]) {
      const [a, b] = await Promise.all([
        one.call("echo", [bytes(1, length)]),
        two.call("echo", [bytes(2, length)]),
      ]);
      assert.deepEqual([a, b], [bytes(1, length), bytes(2, length)], `${length} bytes`);
      const texts = await Promise.all([
        one.call("echo", ["a".repeat(length)]),
        two.call("echo", ["b".repeat(length)]),
      ]);
      assert.deepEqual(texts, ["a".repeat(length), "b".repeat(length)]);
    }
    // A message that is cut off behind a longer one finds nothing of it.
    const peer = await RawPeer.loggedIn(daemon.at(over), daemon.identity);
    peer.frame(encode([16, 1, 0, "echo", ["secret".repeat(100)], {}, {}]));
    await peer.next();
    peer.frame(hex("87100200646563686f81790258"));
    assert.equal(await peer.next(), undefined);
    await Promise.all([one.close(), two.close()]);
  });
}
