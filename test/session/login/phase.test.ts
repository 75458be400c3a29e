import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PrivateKey } from "../../../certs/ed25519.ts";
import {
  beginClientPhase,
  type ClientPhase,
  proveIdentity,
  receiveHost,
  receiveVerdict,
} from "../../../session/login/client-phase.ts";
import {
  beginDaemonPhase,
  type DaemonEvent,
  type DaemonPhase,
  type DaemonStep,
  daemonStep,
} from "../../../session/login/daemon-phase.ts";
import type { ChannelBinding } from "../../../session/login/transcript.ts";
import { encodeHelloBody, type LoginMessage } from "../../../wire/login-message.ts";

const HOST = new PrivateKey(new Uint8Array(32).fill(1));
const CLIENT = new PrivateKey(new Uint8Array(32).fill(2));
const CHANNEL: ChannelBinding = { word: "unix", bytes: new Uint8Array(16).fill(3) };
const TOOLS = { hostKey: HOST, nonce: () => new Uint8Array(32).fill(4) };
const WELCOME = {
  principal: "id:alice",
  roles: [],
  connection: "c",
  boot: new Uint8Array(16),
  digest: new Uint8Array(32),
  limits: { frameBytes: 1, callsInFlight: 1, deadlineMs: 1 },
  otherHostKeys: [],
};

const step = (phase: DaemonPhase, event: DaemonEvent): DaemonStep => daemonStep(phase, event, TOOLS);
const sent = ({ actions }: DaemonStep): LoginMessage => {
  const [first] = actions;
  return first?.kind === "send" ? first.message : assert.fail(`nothing was sent: ${first?.kind}`);
};

/** A login up to the claim, over two channels that may differ. */
function upToClaim(clientChannel = CHANNEL, daemonChannel = CHANNEL) {
  const client = beginClientPhase(clientChannel, new Uint8Array(32).fill(5));
  const greeted = step(beginDaemonPhase(daemonChannel), { kind: "message", message: client.hello });
  const host = receiveHost(client.phase, sent(greeted));
  const proof = proveIdentity(host.phase, CLIENT.publicKey, (block) => CLIENT.sign(block));
  const proved = step(greeted.phase, { kind: "message", message: proof.login });
  const [verify] = proved.actions;
  const claim = verify?.kind === "verify" ? verify.claim : assert.fail("no claim");
  return { client, greeted, host, proof, proved, claim };
}

describe("the login", () => {
  test("leads both ends to open, and each signature is good for the other", async () => {
    const { host, proof, proved, claim } = upToClaim();
    assert.equal(await host.claim.key.verify(host.claim.block, host.claim.signature), true);
    assert.equal(await CLIENT.publicKey.verify(claim.block, claim.signature), true);
    const open = step(proved.phase, { kind: "welcome", body: WELCOME });
    assert.equal(open.phase.kind, "open");
    assert.equal(receiveVerdict(proof.phase, sent(open)).welcome.principal, "id:alice");
  });

  test("over two channels in the middle gives signatures that are good for neither", async () => {
    const other: ChannelBinding = { word: "unix", bytes: new Uint8Array(16).fill(9) };
    for (const [mine, its] of [
      [CHANNEL, other],
      [CHANNEL, { ...CHANNEL, word: "tls" as const }],
    ] as const) {
      const { host, claim } = upToClaim(mine, its);
      assert.equal(await host.claim.key.verify(host.claim.block, host.claim.signature), false);
      assert.equal(await CLIENT.publicKey.verify(claim.block, claim.signature), false);
    }
  });

  test("does not take the host's signature for a client's, nor one of another connection", async () => {
    const one = upToClaim();
    assert.equal(await HOST.publicKey.verify(one.claim.block, one.host.claim.signature), false);
    const second = step(beginDaemonPhase(CHANNEL), { kind: "message", message: one.client.hello });
    const proved = daemonStep(second.phase, { kind: "message", message: one.proof.login }, TOOLS);
    // The same nonces give the same transcript: it is the daemon's nonce that keeps a replay out.
    assert.equal(proved.phase.kind, "verifying");
    const fresh = { ...TOOLS, nonce: () => new Uint8Array(32).fill(8) };
    const other = daemonStep(
      beginDaemonPhase(CHANNEL),
      { kind: "message", message: one.client.hello },
      fresh,
    );
    const replayed = daemonStep(other.phase, { kind: "message", message: one.proof.login }, fresh);
    const [verify] = replayed.actions;
    const claim = verify?.kind === "verify" ? verify.claim : assert.fail("no claim");
    assert.equal(await CLIENT.publicKey.verify(claim.block, claim.signature), false);
  });

  test("a changed offer spoils the host's signature: a version cannot be taken out on the way", async () => {
    const client = beginClientPhase(CHANNEL, new Uint8Array(32).fill(5));
    const stripped: LoginMessage = {
      kind: "hello",
      body: encodeHelloBody({ versions: [1, 1], nonce: new Uint8Array(32).fill(5) }),
    };
    const greeted = step(beginDaemonPhase(CHANNEL), { kind: "message", message: stripped });
    const { claim } = receiveHost(client.phase, sent(greeted));
    assert.equal(await claim.key.verify(claim.block, claim.signature), false);
  });

  test("closes on every message and event that does not belong where it comes", () => {
    const { client, proof, greeted, proved } = upToClaim();
    const welcome: DaemonEvent = { kind: "welcome", body: WELCOME };
    const message = (one: LoginMessage): DaemonEvent => ({ kind: "message", message: one });
    const greeting = beginDaemonPhase(CHANNEL);
    const open = step(proved.phase, welcome).phase;
    const misplaced: readonly (readonly [DaemonPhase, DaemonEvent])[] = [
      [greeting, message(proof.login)],
      [greeting, message({ kind: "refused" })],
      [greeting, welcome],
      [greeting, { kind: "refuse" }],
      [greeting, { kind: "done" }],
      [greeted.phase, message(client.hello)],
      [greeted.phase, welcome],
      [greeted.phase, { kind: "refuse" }],
      [proved.phase, message(client.hello)],
      [proved.phase, message(proof.login)],
      [proved.phase, { kind: "done" }],
      [open, message(client.hello)],
      [open, message(proof.login)],
      [open, welcome],
      [open, { kind: "refuse" }],
      [{ kind: "draining" }, message(client.hello)],
      [{ kind: "draining" }, welcome],
    ];
    for (const [phase, event] of misplaced) {
      const { phase: after, actions } = step(phase, event);
      assert.deepEqual(after, { kind: "closed", why: "protocol_error" }, `${phase.kind} ${event.kind}`);
      assert.deepEqual(actions, [{ kind: "hang_up" }]);
    }
  });

  test("closes from every phase when the peer is late or lost, and nothing leads out of closed", () => {
    const { greeted, proved } = upToClaim();
    for (const phase of [
      beginDaemonPhase(CHANNEL),
      greeted.phase,
      proved.phase,
      { kind: "open" } as const,
      { kind: "draining" } as const,
    ]) {
      for (const why of ["late", "lost"] as const) {
        const closed = step(phase, { kind: "close", why }).phase;
        assert.deepEqual(closed, { kind: "closed", why });
        assert.deepEqual(step(closed, { kind: "welcome", body: WELCOME }), { phase: closed, actions: [] });
      }
    }
  });

  test("a refusal is one message without a reason, then the end", () => {
    const { proved } = upToClaim();
    const { phase, actions } = step(proved.phase, { kind: "refuse" });
    assert.deepEqual(phase, { kind: "closed", why: "refused" });
    assert.deepEqual(actions, [{ kind: "send", message: { kind: "refused" } }, { kind: "hang_up" }]);
  });

  test("draining lets an open connection finish and closes one that has not logged in", () => {
    const { greeted, proved } = upToClaim();
    const drain: DaemonEvent = { kind: "drain" };
    for (const phase of [beginDaemonPhase(CHANNEL), greeted.phase, proved.phase]) {
      assert.deepEqual(step(phase, drain).phase, { kind: "closed", why: "done" });
    }
    const draining = step({ kind: "open" }, drain).phase;
    assert.equal(draining.kind, "draining");
    assert.deepEqual(step(draining, { kind: "done" }).phase, { kind: "closed", why: "done" });
  });

  test("without a version in common the daemon says nothing more", () => {
    for (const versions of [[], [2], [0]]) {
      const body = encodeHelloBody({ versions, nonce: new Uint8Array(32) });
      const { phase } = step(beginDaemonPhase(CHANNEL), {
        kind: "message",
        message: { kind: "hello", body },
      });
      assert.deepEqual(phase, { kind: "closed", why: "protocol_error" });
    }
  });
});

describe("the client", () => {
  test("takes no verdict before it has proved itself, and no second host", () => {
    const { client, host, greeted, proof } = upToClaim();
    const verdicts: LoginMessage[] = [{ kind: "refused" }, { kind: "welcome", body: new Uint8Array(1) }];
    const phases: ClientPhase[] = [client.phase, host.phase];
    for (const phase of phases)
      for (const verdict of verdicts)
        assert.throws(() => receiveVerdict(phase, verdict), { code: "protocol_error" });
    assert.throws(() => receiveHost(proof.phase, sent(greeted)), { code: "protocol_error" });
    assert.throws(() => receiveVerdict(proof.phase, sent(greeted)), { code: "protocol_error" });
  });

  test("reads a refusal as unauthenticated, nothing started", () => {
    const { proof } = upToClaim();
    assert.throws(() => receiveVerdict(proof.phase, { kind: "refused" }), {
      code: "unauthenticated",
      parts: { origin: "login", outcome: "not_started" },
    });
  });

  test("signs only after the host's claim was received", () => {
    const { client } = upToClaim();
    assert.throws(
      () => proveIdentity(client.phase, CLIENT.publicKey, () => assert.fail("signed")),
      /a login in phase greeted/,
    );
  });
});
