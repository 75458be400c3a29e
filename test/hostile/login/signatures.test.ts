import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { joinBytes } from "../../../base/bytes.ts";
import { PrivateKey } from "../../../certs/ed25519.ts";
import { sshString } from "../../../certs/ssh-data.ts";
import { addToTranscript, beginTranscript } from "../../../session/login/transcript.ts";
import { encode, encodeSorted } from "../../../wire/cbor.ts";
import { type ListenerKind, overEach, TestDaemon, WIDE_OPEN } from "../../support/daemon.ts";
import { RawPeer } from "../../support/peers/raw-peer.ts";

/** A block of SSHSIG for any namespace: the project's own function makes those of the protocol and no others. */
function block(namespace: string, message: Uint8Array, algorithm = "sha512", reserved = ""): Uint8Array {
  const hash = createHash(algorithm === "sha256" ? "sha256" : "sha512")
    .update(message)
    .digest();
  const parts = [namespace, reserved, algorithm].map((text) => sshString(text));
  return joinBytes([Buffer.from("SSHSIG"), ...parts, sshString(hash)]);
}

/** The order of the group (RFC 8032, 5.1). */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
/** Points whose order divides 8, in every encoding that a lax reader takes (32 bytes, hex). */
const SMALL_ORDER = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000080",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
];

overEach("signatures", suite);

function suite(over: ListenerKind): void {
  let daemon: TestDaemon;
  before(async () => {
    daemon = await TestDaemon.start({ config: WIDE_OPEN });
  });
  after(async () => {
    assert.equal(await daemon.stop(), 0);
  });
  const body = (): Uint8Array => encodeSorted({ key: daemon.identity.publicKey.bytes });
  /** A login whose signature is made by the test. @returns the daemon's answer, in hex */
  const answerTo = async (
    sign: (transcript: Uint8Array, peer: RawPeer) => Uint8Array,
    loginBody = body(),
    hello: object = {},
  ): Promise<string> => {
    const peer = await RawPeer.connect(daemon.at(over));
    await peer.hello(hello);
    peer.send([3, loginBody, sign(addToTranscript(peer.transcript, loginBody), peer)]);
    await peer.next();
    await peer.destroy();
    return Buffer.from(peer.raw.at(-1) ?? []).toString("hex");
  };
  const refused = async (attempts: ReturnType<typeof answerTo>[]): Promise<void> => {
    for (const answer of await Promise.all(attempts)) assert.equal(answer, "8105");
  };

  test("the block that these tests make by themselves is the right one", async () => {
    const answer = await answerTo((said) => daemon.identity.sign(block("login.v1@rpcd", said)));
    assert.equal(answer.startsWith("8204"), true, answer);
  });

  test("16: one that was made for another purpose, namespace or form is no login", async () => {
    const namespaces = [
      "host.v1@rpcd",
      "hostkey.v1@rpcd",
      "certificate.v1@rpcd",
      "link.v1@rpcd",
      "audit.v1@rpcd",
      "login.v2@rpcd",
      "login.v1@rpc",
      "Login.v1@rpcd",
      "login.v1@rpcd\0",
      "file",
      "git",
      "",
    ];
    const { identity } = daemon;
    await refused([
      ...namespaces.map((namespace) => answerTo((said) => identity.sign(block(namespace, said)))),
      answerTo((said) => identity.sign(block("login.v1@rpcd", said, "sha256"))),
      answerTo((said) => identity.sign(block("login.v1@rpcd", said, "sha512", "x"))),
      answerTo((said) => identity.sign(said)),
      answerTo((said) => identity.sign(createHash("sha512").update(said).digest())),
      // Without the magic word, and with another's.
      answerTo((said) => identity.sign(block("login.v1@rpcd", said).subarray(6))),
      answerTo((said) =>
        identity.sign(joinBytes([Buffer.from("SSHSI2"), block("login.v1@rpcd", said).subarray(6)])),
      ),
    ]);
  });

  test("17: an offer that was changed on the way makes the login another", async () => {
    const nonce = randomBytes(32);
    // The client said one thing and the daemon heard another: each signs what it knows of.
    const said = [
      { versions: [1, 2], nonce },
      { versions: [1], nonce, features: ["later"] },
      { versions: [1], nonce: randomBytes(32) },
    ];
    for (const offer of said) {
      const peer = await RawPeer.connect(daemon.at(over));
      const channel = peer.transcript;
      const host = (await peer.hello()) as [number, Uint8Array, Uint8Array];
      let own = addToTranscript(channel, encodeSorted(offer));
      own = addToTranscript(addToTranscript(own, host[1]), host[2]);
      peer.send([3, body(), daemon.identity.sign(block("login.v1@rpcd", addToTranscript(own, body())))]);
      assert.deepEqual(await peer.next(), [5]);
      await peer.destroy();
    }
    assert.equal(
      (
        await answerTo((t) => daemon.identity.sign(block("login.v1@rpcd", t)), body(), {
          features: ["later"],
        })
      ).startsWith("8204"),
      true,
      "an offer that both know of is none",
    );
  });

  test("17: a daemon is offered no version that it has: it closes, and names none of its own", async () => {
    for (const versions of [[], [0], [2], [2, 3]]) {
      const peer = await RawPeer.connect(daemon.at(over));
      peer.send([1, encodeSorted({ versions, nonce: randomBytes(32) })]);
      assert.equal(await peer.next(), undefined, versions.join());
    }
  });

  test("18: S plus the order, twice, and at the edge; R that is none: refused, and nothing is thrown", async () => {
    const bent =
      (change: (s: bigint) => bigint) =>
      (said: Uint8Array): Uint8Array => {
        const signature = Buffer.from(daemon.identity.sign(block("login.v1@rpcd", said)));
        const s = change(BigInt(`0x${Buffer.from(signature.subarray(32).toReversed()).toString("hex")}`));
        const bytes = Buffer.from(s.toString(16).padStart(64, "0"), "hex").toReversed();
        return Buffer.concat([signature.subarray(0, 32), bytes]);
      };
    const withR =
      (r: string) =>
      (said: Uint8Array): Uint8Array =>
        Buffer.concat([
          Buffer.from(r, "hex"),
          daemon.identity.sign(block("login.v1@rpcd", said)).subarray(32),
        ]);
    await refused([
      ...[1n, 2n, 7n].map((times) => answerTo(bent((s) => s + times * L))),
      answerTo(bent(() => L)),
      answerTo(bent(() => L - 1n)),
      answerTo(bent(() => 0n)),
      answerTo(bent(() => 2n ** 256n - 1n)),
      ...SMALL_ORDER.map((r) => answerTo(withR(r))),
      answerTo(withR("ff".repeat(32))),
      answerTo(withR("02".repeat(32))),
    ]);
  });

  test("19: a key of small order is nobody, with the signature that fits every message or any other", async () => {
    const identity = Buffer.from(SMALL_ORDER[2] ?? "", "hex");
    const universal = Buffer.concat([identity, Buffer.alloc(32)]);
    await refused(
      SMALL_ORDER.flatMap((key) => {
        const small = encodeSorted({ key: Buffer.from(key, "hex") });
        return [answerTo(() => universal, small), answerTo(() => new Uint8Array(64), small)];
      }),
    );
  });

  test("20: who is refused cannot tell why, from a hundred tries of every sort in any order", async () => {
    const stranger = new PrivateKey(new Uint8Array(32).fill(77));
    const strange = encodeSorted({ key: stranger.publicKey.bytes });
    const sorts = [
      (): Promise<string> => answerTo((said) => stranger.sign(block("login.v1@rpcd", said)), strange),
      (): Promise<string> => answerTo(() => randomBytes(64)),
      (): Promise<string> => answerTo(() => new Uint8Array(64), encodeSorted({ key: randomBytes(32) })),
    ];
    await refused(Array.from({ length: 90 }, (_one, i) => (sorts[i % 3] ?? assert.fail("a sort"))()));
  });

  test("a login with another channel's binding, and with none, is refused", async () => {
    for (const bytes of [new Uint8Array(16), new Uint8Array(32), new Uint8Array(0)]) {
      for (const word of ["unix", "tls"] as const) {
        const peer = await RawPeer.connect(daemon.at(over));
        peer.transcript = beginTranscript({ word, bytes });
        await peer.hello();
        peer.frame(
          encode([
            3,
            body(),
            daemon.identity.sign(block("login.v1@rpcd", addToTranscript(peer.transcript, body()))),
          ]),
        );
        assert.deepEqual(await peer.next(), [5]);
        await peer.destroy();
      }
    }
  });
}
