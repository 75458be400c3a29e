import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { PrivateKey } from "../../../certs/ed25519.ts";
import { loadPrivateKeyFile } from "../../../certs/private-key-file.ts";
import { formatPublicKey } from "../../../certs/public-key.ts";
import { signedBlock } from "../../../certs/sshsig.ts";
import { HostKeyError } from "../../../client/index.ts";
import { addToTranscript } from "../../../session/login/transcript.ts";
import { encode, encodeSorted } from "../../../wire/cbor.ts";
import { frameHeader } from "../../../wire/frame.ts";
import { REFUSAL_DELAY_MS } from "../../../wire/limits.ts";
import { type ListenerKind, overEach, TestDaemon, WIDE_OPEN } from "../../support/daemon.ts";
import { RawPeer } from "../../support/peers/raw-peer.ts";

const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The same signature with S + L in the place of S. */
function malleable(signature: Uint8Array): Uint8Array {
  const s = BigInt(`0x${Buffer.from(signature.subarray(32).toReversed()).toString("hex")}`) + L;
  const bytes = Buffer.from(s.toString(16).padStart(64, "0"), "hex").toReversed();
  return Buffer.concat([signature.subarray(0, 32), bytes]);
}

overEach("at the login", suite);

function suite(over: ListenerKind): void {
  let daemon: TestDaemon;
  let hostKey: PrivateKey;
  before(async () => {
    daemon = await TestDaemon.start({ config: WIDE_OPEN });
    hostKey = loadPrivateKeyFile(join(daemon.folder, "host_key")).key;
    const policy = join(daemon.folder, "policy.yaml");
    const host = `identities:\n  host:\n    keys: ["${formatPublicKey(hostKey.publicKey)}"]\n    roles: [caller]\n`;
    writeFileSync(policy, readFileSync(policy, "utf8").replace("identities:\n", host));
    daemon.signal("SIGTERM");
    await daemon.exited();
    await daemon.restart();
  });
  after(async () => {
    assert.equal(await daemon.stop(), 0);
  });

  /** How long each refusal took: printed, not judged. */
  const answeredAfterMs: number[] = [];
  /** Logs in with what `frame` makes, and gives the bytes of the answer. */
  const answerTo = async (frame: (peer: RawPeer) => Uint8Array): Promise<Buffer> => {
    const peer = await RawPeer.connect(daemon.at(over));
    await peer.hello();
    peer.frame(frame(peer));
    const sentAt = performance.now();
    await peer.next();
    answeredAfterMs.push(Math.round(performance.now() - sentAt));
    await peer.closed;
    return Buffer.from(peer.raw[1] ?? []);
  };
  const reasons = (): unknown[] =>
    daemon.audit.filter(({ result }) => result === "refused").map(({ reason }) => reason);

  test("20: an unknown key, a bad signature, a malleable one and a key of small order read the same byte", async (t) => {
    const stranger = new PrivateKey(new Uint8Array(32).fill(9));
    const body = encodeSorted({ key: daemon.identity.publicKey.bytes });
    const neutral = new Uint8Array(32);
    neutral[0] = 1;
    const universal = Buffer.concat([neutral, Buffer.alloc(32)]);
    const answers = await Promise.all([
      answerTo((peer) => peer.loginFrame(stranger)),
      answerTo((peer) => peer.loginFrame(daemon.identity, () => new Uint8Array(64).fill(1))),
      answerTo((peer) => peer.loginFrame(daemon.identity, (block) => malleable(daemon.identity.sign(block)))),
      answerTo(() => encode([3, encodeSorted({ key: neutral }), universal])),
      answerTo(() => encode([3, body, universal])),
      // The right key over the wrong thing: a host's purpose, another transcript, nothing but the transcript.
      answerTo((peer) =>
        encode([
          3,
          body,
          daemon.identity.sign(signedBlock("host.v1@rpcd", addToTranscript(peer.transcript, body))),
        ]),
      ),
      answerTo((peer) =>
        encode([3, body, daemon.identity.sign(signedBlock("login.v1@rpcd", peer.transcript))]),
      ),
      answerTo((peer) => encode([3, body, daemon.identity.sign(addToTranscript(peer.transcript, body))])),
    ]);
    for (const answer of answers) assert.equal(answer.toString("hex"), "8105");
    t.diagnostic(`refused after (ms, in the order in which they came): ${answeredAfterMs.join(", ")}`);
    assert.deepEqual(new Set(reasons()), new Set(["unknown_key", "bad_signature", "bad_key"]));
    assert.equal(
      daemon.audit.some(({ principal }) => principal !== undefined),
      false,
      "no name for who is not known",
    );
  });

  test("18: a signature of 63 or 65 bytes, or a key of 31 or 33, is no login at all", async () => {
    for (const parts of [
      [32, 63],
      [32, 65],
      [31, 64],
      [33, 64],
    ] as const) {
      const peer = await RawPeer.connect(daemon.at(over));
      await peer.hello();
      peer.send([3, encodeSorted({ key: new Uint8Array(parts[0]).fill(2) }), new Uint8Array(parts[1])]);
      assert.equal(await peer.next(), undefined, parts.join(" "));
    }
  });

  test("14: the host's own signature and key, sent back as a login, are refused", async () => {
    const peer = await RawPeer.connect(daemon.at(over));
    const host = await peer.hello();
    // The host's key is enrolled here, so it is the signature that is refused: it was made as a host's.
    peer.send([3, encodeSorted({ key: hostKey.publicKey.bytes }), host[2]]);
    assert.deepEqual(await peer.next(), [5]);
    await peer.closed;
    assert.equal(reasons().at(-1), "bad_signature");
  });

  test("15: a recorded login on a new connection is refused", async () => {
    const first = await RawPeer.connect(daemon.at(over));
    await first.hello();
    const recorded = first.loginFrame(daemon.identity);
    await first.destroy();
    assert.equal((await answerTo(() => recorded)).toString("hex"), "8105");
  });

  test("75: nothing behind a login is looked at before the verdict, and calls behind a good one are answered", async () => {
    const call = encode([16, 1, 0, "add", [2, 3], {}, {}]);
    const together = (login: Uint8Array, ...more: Uint8Array[]): Buffer =>
      Buffer.concat([login, ...more].flatMap((body) => [frameHeader(body.length), body]));
    const good = await RawPeer.connect(daemon.at(over));
    await good.hello();
    good.write(together(good.loginFrame(daemon.identity), call));
    assert.equal(((await good.next()) as unknown[])[0], 4);
    assert.deepEqual(await good.next(), [17, 1, 5]);
    await good.destroy();
    const calls = daemon.audit.filter(({ kind }) => kind === "call").length;
    const bad = await RawPeer.connect(daemon.at(over));
    await bad.hello();
    bad.write(
      together(
        bad.loginFrame(daemon.identity, () => new Uint8Array(64).fill(3)),
        call,
        Buffer.from("ff", "hex"),
      ),
    );
    assert.deepEqual(await bad.next(), [5]);
    await bad.closed;
    assert.equal(daemon.audit.filter(({ kind }) => kind === "call").length, calls);
  });

  test("21: a wrong host key stops the client before it has shown anything of itself", async () => {
    const known = daemon.audit.length;
    const error = await daemon
      .connect({ hostKeyFingerprints: ["SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] })
      .then(
        () => assert.fail("it logged in"),
        (found: unknown) => found,
      );
    assert.ok(error instanceof HostKeyError);
    assert.deepEqual(
      [error.code, error.outcome, error.found],
      ["unauthenticated", "not_started", daemon.hostKey],
    );
    assert.match(error.message, /is pinned/);
    await assert.rejects(daemon.connect({ hostKeyFingerprints: [] }, over), {
      name: "HostKeyError",
      message: /is not known/,
    });
    assert.equal(daemon.audit.length, known, "no login reached the daemon");
  });

  test("20: beyond the refusals that may wait a login is closed unanswered, and good ones are still let in", async () => {
    const stranger = new PrivateKey(new Uint8Array(32).fill(7));
    const peers = await Promise.all(Array.from({ length: 110 }, () => RawPeer.connect(daemon.at(over))));
    await Promise.all(peers.map((peer) => peer.hello()));
    for (const peer of peers) peer.login(stranger);
    const rpc = await daemon.connect({}, over);
    assert.equal(await rpc.call("add", [2, 3]), 5);
    await rpc.close();
    const answers = await Promise.all(peers.map((peer) => peer.next()));
    await Promise.all(peers.map((peer) => peer.closed));
    assert.equal(answers.filter((answer) => answer === undefined).length, 10);
  });

  test("20: the last place among the refusals that wait goes to whoever came first, enrolled or not", async () => {
    const stranger = new PrivateKey(new Uint8Array(32).fill(7));
    /** What both read; nothing where the first of those that wait were answered before both had logged in: a busy machine. */
    const attempt = async (probed: PrivateKey): Promise<readonly unknown[] | undefined> => {
      const connected = (): Promise<RawPeer> => RawPeer.connect(daemon.at(over));
      const waiting = await Promise.all(Array.from({ length: 99 }, connected));
      const [probe, filler] = await Promise.all([connected(), connected()]);
      await Promise.all([...waiting, probe, filler].map((peer) => peer.hello()));
      const frames = [
        probe.loginFrame(probed, () => new Uint8Array(64).fill(1)),
        filler.loginFrame(stranger, () => new Uint8Array(64).fill(1)),
      ] as const;
      const from = performance.now();
      for (const peer of waiting) peer.login(stranger);
      // What is answered now comes behind them.
      const behind = await connected();
      await behind.hello();
      await behind.destroy();
      probe.frame(frames[0]);
      filler.frame(frames[1]);
      const read = [await probe.next(), await filler.next()];
      // The filler is turned away at once, and the places are free again after the delay.
      const isLate = read[1] !== undefined && performance.now() - from > REFUSAL_DELAY_MS;
      await Promise.all([...waiting, probe, filler].map((peer) => peer.closed));
      return isLate ? undefined : read;
    };
    for (const probed of [daemon.identity, new PrivateKey(new Uint8Array(32).fill(6))]) {
      let read: readonly unknown[] | undefined;
      for (let i = 0; i < 100 && read === undefined; i++) read = await attempt(probed);
      assert.deepEqual(read, [[5], undefined]);
    }
  });

  test("an unknown client reads that it was refused, and nothing more", async () => {
    await assert.rejects(daemon.connect({ identity: new PrivateKey(new Uint8Array(32).fill(8)) }), {
      name: "RpcError",
      code: "unauthenticated",
      outcome: "not_started",
      origin: "login",
    });
  });
}
