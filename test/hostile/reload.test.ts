import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { formatPublicKey } from "../../certs/public-key.ts";
import { type ListenerKind, overEach, TestDaemon, WIDE_OPEN } from "../support/daemon.ts";
import { failure, until } from "../support/failure.ts";
import { RawPeer } from "../support/peers/raw-peer.ts";

const OPEN = `
grants:
  all: {to: caller, call: "**", args: any}
`;

overEach("when the policy changes", suite);

function suite(over: ListenerKind): void {
  const withDaemon = async (use: (daemon: TestDaemon) => Promise<void>): Promise<void> => {
    const daemon = await TestDaemon.start({ grants: OPEN, config: WIDE_OPEN });
    try {
      await use(daemon);
    } finally {
      assert.equal(await daemon.stop(), 0);
    }
  };
  const revoked = ({ identity }: TestDaemon): string =>
    `revoked: ["${formatPublicKey(identity.publicKey)}"]\n${OPEN}`;

  test("43: who pipelines calls without end while the key is revoked has none decided after it", () =>
    withDaemon(async (daemon) => {
      const peer = await RawPeer.loggedIn(daemon.at(over), daemon.identity);
      let sent = 0;
      const flood = setInterval(() => {
        for (let i = 0; i < 50 && !peer.socket.destroyed; i++)
          peer.send([16, ++sent, 0, "echo", [sent], {}, {}]);
      }, 1);
      await until(() => sent > 500);
      daemon.writePolicy(revoked(daemon));
      assert.equal(await daemon.reload(), true);
      await peer.closed;
      clearInterval(flood);
      const { audit } = daemon;
      const ended = audit.findIndex(({ result }) => result === "ended");
      assert.ok(ended > 0);
      assert.deepEqual(
        audit.slice(ended).filter(({ kind }) => kind === "call"),
        [],
        "no decision stands behind the end of the session",
      );
    }));

  test("43: who began to log in under the old policy is judged by the new one", () =>
    withDaemon(async (daemon) => {
      const peer = await RawPeer.connect(daemon.at(over));
      await peer.hello();
      daemon.writePolicy(revoked(daemon));
      assert.equal(await daemon.reload(), true);
      peer.login(daemon.identity);
      assert.deepEqual(((await peer.next()) as unknown[] | undefined)?.[0], 5, "a refusal, and no welcome");
      await peer.closed;
    }));

  test("43: a call that would be denied now is ended, and its late value does not get out", () =>
    withDaemon(async (daemon) => {
      const rpc = await daemon.connect({}, over);
      const other = await daemon.connect({}, over);
      const gate = daemon.gate();
      const ended = failure(rpc.call("held", [gate.file]));
      await until(async () => (await other.call("running")) === 1);
      daemon.writePolicy("grants:\n  counting: {to: caller, call: running, args: none}\n");
      assert.equal(await daemon.reload(), true);
      const { code, outcome } = await ended;
      assert.deepEqual([code, outcome], ["permission_denied", "unknown"]);
      gate.open();
      await until(async () => (await other.call("running")) === 0);
      assert.equal(await rpc.call("running"), 0, "the connection goes on");
      await Promise.all([rpc.close(), other.close()]);
    }));

  test("44: with the file gone, cut off or empty of identities, nobody gets more than before", () =>
    withDaemon(async (daemon) => {
      const path = join(daemon.folder, "policy.yaml");
      daemon.writePolicy("grants:\n  adding: {to: caller, call: add, args: any}\n");
      assert.equal(await daemon.reload(), true);
      const rpc = await daemon.connect({}, over);
      for (const spoil of [
        () => rmSync(path),
        () => writeFileSync(path, "policy: 1\nroles:\n  caller:\nidenti", { mode: 0o600 }),
        () => writeFileSync(path, "", { mode: 0o600 }),
      ]) {
        spoil();
        assert.equal(await daemon.reload(), false);
        assert.equal(await rpc.call("add", [2, 3]), 5);
        assert.equal((await failure(rpc.call("echo", [1]))).code, "permission_denied");
      }
      // A policy in which nobody is, is a good one: nobody may do anything then.
      writeFileSync(path, "policy: 1\n", { mode: 0o600 });
      assert.equal(await daemon.reload(), true);
      assert.equal((await failure(rpc.call("add", [2, 3]))).code, "unavailable");
      assert.equal((await failure(daemon.connect({}, over))).code, "unauthenticated");
    }));

  test("42: grants in any order, with limits and without, come to the same for a call that all of them admit", async () => {
    const grants = [
      "  one: {to: caller, call: add, args: {a: {int: 0..10}, b: int}, limits: {rate: 1/d}}\n",
      "  two: {to: caller, call: '*', args: any, limits: {rate: 1/d}}\n".replace("'*'", "'**'"),
      "  three: {to: everyone, call: add, args: any, limits: {rate: 1/d}}\n",
    ];
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const daemon = await TestDaemon.start({ grants: `grants:\n${order.map((i) => grants[i]).join("")}` });
      const rpc = await daemon.connect({}, over);
      for (let i = 0; i < 3; i++) assert.equal(await rpc.call("add", [i, 1]), i + 1);
      assert.equal((await failure(rpc.call("add", [3, 1]))).code, "resource_exhausted");
      assert.deepEqual(
        daemon.audit
          .filter(({ method, grant }) => method === "add" && grant !== undefined)
          .map(({ grant }) => grant),
        ["one", "three", "two"],
      );
      await rpc.close();
      assert.equal(await daemon.stop(), 0);
    }
  });
}
