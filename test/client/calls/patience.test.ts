import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { PrivateKey } from "../../../certs/ed25519.ts";
import { type CallOptions, connect, pipelined, withOptions } from "../../../client/index.ts";
import type { Rpc } from "../../../client/rpc.ts";
import { decode, encode } from "../../../wire/cbor.ts";
import { CALL_DATA, CALL_DEADLINE_MS } from "../../../wire/limits.ts";
import { afterLogin, framed, HOST_FINGERPRINT, HostileDaemon } from "../../support/peers/hostile-daemon.ts";
import { dataLimits } from "../../vectors/read-frame.ts";

const CLIENT = new PrivateKey(new Uint8Array(32).fill(2));
const ANY = { type: "any" };
const CATALOGUE = {
  methods: [
    {
      name: "hear",
      doc: "",
      params: [{ name: "f", shape: { type: "callback", args: [], returns: ANY }, optional: false }],
      returns: ANY,
      effect: "read",
      idempotent: false,
      reserved: false,
      errors: {},
    },
  ],
  next: null,
};

const ownTimeout = (timeoutMs: number): object => ({
  code: "deadline_exceeded",
  text: `no answer within ${timeoutMs} ms`,
  outcome: "not_started",
});
const hear = (): undefined => undefined;

describe("a call that has to know what the daemon takes before it goes out", () => {
  let daemon: HostileDaemon;
  let rpc: Rpc | undefined;
  /** Answers the questions for the catalogue that came so far. */
  let giveCatalogue: () => void;
  let hangUp: () => void;
  let questions = 0;
  const options: unknown[] = [];
  before(async () => {
    daemon = await HostileDaemon.start("unix");
  });
  after(async () => {
    await rpc?.close();
    daemon.stop();
  });

  /** @returns when the daemon has read that it is asked for the catalogue */
  const dial = async (): Promise<{ readonly asked: Promise<void> }> => {
    await rpc?.close();
    questions = 0;
    options.length = 0;
    let given: (() => void)[] = [];
    giveCatalogue = () => {
      for (const give of given) give();
      given = [];
    };
    const asked = new Promise<void>((resolve) => {
      daemon.script = afterLogin((frame, peer) => {
        const parts = decode(frame, dataLimits({ when: "after", body: frame }));
        assert.ok(Array.isArray(parts));
        hangUp = () => peer.socket.destroy();
        const send = (message: readonly unknown[]): void => peer.write(framed(encode(message, CALL_DATA)));
        if (parts[0] !== 16) return;
        if (parts[3] === "rpcd.catalogue") {
          questions++;
          given.push(() => send([17, parts[1], CATALOGUE]));
          resolve();
        } else {
          options.push(parts[6]);
          send([17, parts[1], "heard"]);
        }
      });
    });
    rpc = await connect(daemon.address, { identity: CLIENT, hostKeyFingerprints: [HOST_FINGERPRINT] });
    return { asked };
  };
  const call = async (callOptions: CallOptions): Promise<unknown> =>
    rpc?.call("hear", [hear], {}, callOptions);

  test("waits for that no longer than its own time", async () => {
    await dial();
    await assert.rejects(call({ timeoutMs: 40 }), ownTimeout(40));
    // The question goes on, for whoever has more time.
    const patient = call({ timeoutMs: 60_000 });
    await assert.rejects(call({ timeoutMs: 30 }), ownTimeout(30));
    giveCatalogue();
    assert.equal(await patient, "heard");
    assert.equal(questions, 1);
    assert.equal(options.length, 1, "what was given up was never sent");
  });

  test("nor longer than its signal lets it", async () => {
    const { asked } = await dial();
    const controller = new AbortController();
    const answer = call({ signal: controller.signal });
    await asked;
    controller.abort(new Error("enough"));
    await assert.rejects(answer, (error: unknown) => {
      assert.equal(Reflect.get(Object(error), "code"), "cancelled");
      assert.equal(Reflect.get(Object(error), "outcome"), "not_started");
      assert.equal(Reflect.get(Object(Reflect.get(Object(error), "cause")), "message"), "enough");
      return true;
    });
    await assert.rejects(call({ signal: controller.signal }), { code: "cancelled", outcome: "not_started" });
  });

  test("is not begun where it has no time at all", async () => {
    await dial();
    for (const timeoutMs of [0, -1]) await assert.rejects(call({ timeoutMs }), ownTimeout(timeoutMs));
  });

  test("has what is left of its time, and all of it where nothing was waited for", async () => {
    const { asked } = await dial();
    const waited = call({ timeoutMs: 5_000 });
    await asked;
    // By the clock of the call, whatever the timers of this process do.
    for (const from = performance.now(); performance.now() - from < 20; )
      await new Promise((resolve) => setImmediate(resolve));
    giveCatalogue();
    assert.equal(await waited, "heard");
    assert.equal(await call({}), "heard");
    assert.equal(await call({ timeoutMs: 5_000 }), "heard");
    const [first, second, third] = options.map((one) => Reflect.get(Object(one), "deadline_ms"));
    assert.ok(Number(first) <= 4_980, `${first} ms of 5,000 after 20`);
    // Nothing is waited for; a busy machine may take its time all the same.
    assert.ok(
      second === undefined || Number(second) > CALL_DEADLINE_MS - 5_000,
      `${CALL_DEADLINE_MS} ms need no words`,
    );
    assert.ok(Number(third) > Number(first) && Number(third) <= 5_000, `${third} ms of 5,000`);
  });

  test("so does one that hangs on it", async () => {
    const { asked } = await dial();
    const base = rpc?.call("hear", [hear], {}, { timeoutMs: 60_000 }) ?? assert.fail();
    await asked;
    const piped = pipelined(base);
    await assert.rejects(async () => withOptions(piped, { timeoutMs: 30 })["next"]?.(), ownTimeout(30));
    giveCatalogue();
    assert.equal(await base, "heard");
  });

  test("fails with the connection", async () => {
    const { asked } = await dial();
    const answer = call({});
    await asked;
    const failed = assert.rejects(answer, { code: "unavailable", outcome: "not_started" });
    hangUp();
    await failed;
  });
});
