import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PrivateKey } from "../../certs/ed25519.ts";
import { connect } from "../../client/index.ts";
import { TestDaemon } from "../support/daemon.ts";
import { until } from "../support/failure.ts";
import { afterLogin, framed, HOST_FINGERPRINT, HostileDaemon } from "../support/peers/hostile-daemon.ts";
import { RawPeer } from "../support/peers/raw-peer.ts";
import { storedMessages } from "../vectors/stored-vectors.ts";

const bytesOf = (hex: string): Buffer => Buffer.from(hex, "hex");
const { answers } = storedMessages();

describe("the test vectors of what must be answered", () => {
  test("are what a client of the library answers, beside a call that is not answered", async () => {
    const daemon = await HostileDaemon.start("unix");
    let isAsked = false;
    daemon.script = afterLogin((_frame, peer) => {
      if (isAsked) return;
      isAsked = true;
      for (const { frame } of answers) peer.write(bytesOf(frame));
    });
    const rpc = await connect(daemon.address, {
      identity: new PrivateKey(new Uint8Array(32).fill(2)),
      hostKeyFingerprints: [HOST_FINGERPRINT],
    });
    const open = rpc.call("never").catch((error: unknown) => error);
    const sent = (): readonly string[] => daemon.received.map((body) => framed(body).toString("hex"));
    await until(() => answers.every(({ answer }) => sent().includes(answer)));
    await rpc.close();
    await open;
    daemon.stop();
  });

  test("are what the daemon answers, in their order", async () => {
    await TestDaemon.during({}, async (daemon) => {
      const peer = await RawPeer.loggedIn(daemon.address, daemon.identity);
      const before = peer.raw.length;
      for (const { frame } of answers) peer.write(bytesOf(frame));
      for (const { answer } of answers) {
        await peer.next();
        const raw = peer.raw.slice(before).map((body) => framed(body).toString("hex"));
        assert.ok(raw.includes(answer), answer);
      }
      await peer.destroy();
    });
  });
});
