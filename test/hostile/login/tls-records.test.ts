import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { LOGIN_ENCRYPTED_MAX_BYTES } from "../../../link/limits.ts";
import { type ListenerKind, TestDaemon, WIDE_OPEN } from "../../support/daemon.ts";
import { memoryKib } from "../../support/memory.ts";
import { RECORD_OVERHEAD, TlsAttacker } from "../../support/peers/tls-attacker.ts";

const BARREN = "TLS records without data";
const TOO_MUCH = `more than ${LOGIN_ENCRYPTED_MAX_BYTES} encrypted bytes before the login`;
/** What one connection sends at once: on its own it would keep OpenSSL busy for a sixth of a second. */
const UPDATES = 5_000;

for (const over of ["tls", "unix+tls"] as const satisfies readonly ListenerKind[]) {
  describe(`records of TLS that cost and give nothing, over ${over}`, { concurrency: false }, () => {
    let daemon: TestDaemon;
    before(async () => {
      daemon = await TestDaemon.start({ config: WIDE_OPEN });
    });
    after(async () => {
      assert.equal(await daemon.stop(), 0);
    });

    const attacker = (): Promise<TlsAttacker> => TlsAttacker.connect(daemon.at(over));
    const loggedIn = async (): Promise<TlsAttacker> => {
      const one = await attacker();
      const peer = one.peer();
      await peer.hello();
      peer.login(daemon.identity);
      assert.equal(((await peer.next()) as unknown[])[0], 4, "a welcome");
      return one;
    };
    const serves = async (): Promise<void> => {
      const rpc = await daemon.connect();
      assert.equal(await rpc.call("add", [2, 3]), 5);
      await rpc.close();
    };
    /** All of them are closed, the log says why, others are served, and no memory is gone. */
    const isEnded = async (attackers: readonly TlsAttacker[], records: readonly Buffer[], why: string) => {
      const idle = memoryKib(daemon.pid);
      const said = daemon.nextLine(why);
      attackers.forEach((one, i) => one.raw.write(records[i] ?? Buffer.alloc(0)));
      await serves();
      await Promise.all(attackers.map((one) => one.closed()));
      await said;
      await serves();
      const grown = memoryKib(daemon.pid) - idle;
      assert.equal(grown < 64 * 1024, true, `${grown} KiB more than before`);
    };

    test("11: key updates before the login end the connection, of one and of four at once", async () => {
      for (const count of [1, 4]) {
        const attackers = await Promise.all(Array.from({ length: count }, attacker));
        await isEnded(
          attackers,
          attackers.map((one) => one.keyUpdates(UPDATES)),
          BARREN,
        );
      }
    });

    test("11: key updates after the login end the connection, of one and of four at once", async () => {
      for (const count of [1, 4]) {
        const attackers = await Promise.all(Array.from({ length: count }, loggedIn));
        await isEnded(
          attackers,
          attackers.map((one) => one.keyUpdates(UPDATES)),
          BARREN,
        );
      }
    });

    test("11: a few key updates are in order, before the login and after it", async () => {
      const one = await attacker();
      one.raw.write(one.keyUpdates(20));
      const peer = one.peer();
      await peer.hello();
      peer.login(daemon.identity);
      assert.equal(((await peer.next()) as unknown[])[0], 4);
      one.raw.write(one.keyUpdates(20));
      peer.send([16, 1, 0, "add", [2, 3], {}, {}]);
      const answer = await peer.next();
      assert.notEqual(answer, undefined, "it is answered");
      await peer.destroy();
      one.raw.destroy();
    });

    test("11: empty records end the connection before the login and after it", async () => {
      for (const made of [attacker, loggedIn]) {
        const one = await made();
        // Of those that come in a row OpenSSL itself takes 32.
        const records = Array.from({ length: 100 }, () => one.emptyRecords(30)).flatMap((empty) => [
          empty,
          one.keyUpdates(1),
        ]);
        await isEnded([one], [Buffer.concat(records)], BARREN);
      }
    });

    test("6: a login may take 16 KiB of encrypted bytes, and not one more", async () => {
      for (const beyond of [0, 1]) {
        const one = await attacker();
        let isLast = false;
        const peer = one.peer((dataBytes) =>
          isLast ? LOGIN_ENCRYPTED_MAX_BYTES + beyond - one.sentBytes - dataBytes - RECORD_OVERHEAD : 0,
        );
        await peer.hello();
        isLast = true;
        const said = beyond === 0 ? undefined : daemon.nextLine(TOO_MUCH);
        peer.login(daemon.identity);
        assert.equal(one.sentBytes, LOGIN_ENCRYPTED_MAX_BYTES + beyond);
        const answer = (await peer.next()) as unknown[] | undefined;
        assert.equal(answer?.[0], beyond === 0 ? 4 : undefined);
        await said;
        one.raw.destroy();
      }
    });

    test("75: what stands behind a login waits for the verdict, beyond those 16 KiB too", async () => {
      const one = await attacker();
      const peer = one.peer();
      await peer.hello();
      peer.login(daemon.identity);
      const text = "x".repeat(15_000);
      for (let id = 1; id <= 4; id++) peer.send([16, id, 0, "echo", [text], {}, {}]);
      assert.equal(((await peer.next()) as unknown[])[0], 4);
      for (let id = 1; id <= 4; id++) assert.notEqual(await peer.next(), undefined, `call ${id} is answered`);
      one.raw.destroy();
    });
  });
}
