import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createKeyFiles } from "../../certs/private-key-file.ts";
import { formatPublicKey } from "../../certs/public-key.ts";
import { SESSION_DATA } from "../../wire/limits.ts";
import { TestDaemon } from "../support/daemon.ts";
import { afterLogin, framed, HOST, HostileDaemon } from "../support/peers/hostile-daemon.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { bytesOf, joined } from "../wire/cbor-samples.ts";
import { itemOfCostIn } from "../wire/costly-item.ts";
import { referenceDecode } from "../wire/reference-cbor.ts";
import { client, type Ends, FAILED } from "./python.ts";

const { maxCost } = SESSION_DATA;

/** `[16, 1, 0, "echo", [argument], {}, {}]` as the first call is sent. */
const echoOf = (argument: Uint8Array): Uint8Array =>
  joined(bytesOf("87100100 646563686f 81"), argument, bytesOf("a0a0"));

/** The argument of the first call that costs exactly so much, in bytes, as a whole message. */
function argumentOf(cost: number): unknown {
  const limits = { ...SESSION_DATA, maxCost: cost };
  const verdict = referenceDecode(itemOfCostIn(echoOf, cost), limits);
  const message = "value" in verdict && Array.isArray(verdict.value) ? verdict.value : assert.fail();
  return (message[4] as readonly unknown[])[0];
}

describe("the client in Python and the cost of a message:", () => {
  const { path: folder, remove } = tempFolder();
  after(remove);

  test("a call at the limit is sent, and a daemon answers it", async () => {
    const daemon = await TestDaemon.start();
    try {
      const key = join(daemon.folder, "client_key");
      const hostKey = readFileSync(join(daemon.folder, "host_key.pub"), "utf8").trim();
      const argument = argumentOf(maxCost);
      const ended = await client({ socket: daemon.socket, key, hostKey }, [
        { call: "echo", positional: [argument] },
      ]);
      assert.equal(ended.code, 0, ended.err);
      const answer: unknown = JSON.parse(ended.out.split("\n")[1] ?? "");
      assert.deepEqual(answer, { id: 1, value: argument });
    } finally {
      await daemon.stop();
    }
  });

  describe("at a daemon that lies", () => {
    let daemon: HostileDaemon;
    let ends: Ends;
    before(async () => {
      daemon = await HostileDaemon.start("unix");
      const key = join(folder, "client_key");
      await createKeyFiles(key, "client");
      const socket = daemon.address.slice("unix:".length);
      ends = { socket, key, hostKey: formatPublicKey(HOST.publicKey) };
    });
    after(() => {
      daemon.stop();
    });

    test("a call that is one past the limit is an error, and no call is sent", async () => {
      daemon.received = [];
      daemon.script = afterLogin(() => undefined);
      const cheap = { call: "echo", positional: [1] };
      const { code, err } = await client(ends, [
        { call: "echo", positional: [argumentOf(maxCost + 1)] },
        cheap,
      ]);
      const words = `invalid_argument: the call has a cost of ${maxCost + 1} bytes, at most ${maxCost}`;
      assert.deepEqual([code, err], [FAILED, `client.py: ${words}\n`]);
      // hello and login.
      assert.equal(daemon.received.length, 2);
    });

    test("an answer that is one past the limit ends the connection", async () => {
      const value = (item: Uint8Array): Uint8Array => joined(bytesOf("831101"), item);
      daemon.script = afterLogin((_frame, peer) => peer.write(framed(itemOfCostIn(value, maxCost + 1))));
      const { code, err } = await client(ends, [{ call: "add", positional: [2, 3] }]);
      assert.deepEqual(
        [code, err],
        [FAILED, `client.py: a cost of ${maxCost + 1} bytes, at most ${maxCost}\n`],
      );
    });
  });
});
