import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { PrivateKey } from "../../certs/ed25519.ts";
import { connect, currentTrace, RpcError, withOptions } from "../../client/index.ts";
import type { Rpc } from "../../client/rpc.ts";
import { decode, encode } from "../../wire/cbor.ts";
import { CALL_DATA } from "../../wire/limits.ts";
import { afterLogin, framed, HOST_FINGERPRINT, HostileDaemon } from "../support/peers/hostile-daemon.ts";
import {
  BAD_TRACEPARENTS,
  BAD_TRACESTATES,
  LATER_TRACEPARENT,
  OTHER_TRACE,
  TRACE,
  TRACEPARENT,
} from "../support/traces.ts";
import { dataLimits } from "../vectors/read-frame.ts";

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

type Send = (message: readonly unknown[]) => void;

describe("a client gives its calls a trace", () => {
  let daemon: HostileDaemon;
  let rpc: Rpc;
  /** What the calls said beside their arguments. */
  const said: unknown[] = [];
  /** Frames that the daemon was sent after the login. */
  let frames = 0;
  /** What it does with a call, other than to answer it. */
  let onCall: ((parts: readonly unknown[], send: Send) => void) | undefined;
  before(async () => {
    daemon = await HostileDaemon.start("unix");
    daemon.script = afterLogin((frame, peer) => {
      frames++;
      const parts = decode(frame, dataLimits({ when: "after", body: frame }));
      assert.ok(Array.isArray(parts));
      const send: Send = (message) => peer.write(framed(encode(message, CALL_DATA)));
      if (parts[0] !== 16) return;
      said.push(parts[6]);
      if (parts[3] === "rpcd.catalogue") send([17, parts[1], CATALOGUE]);
      else if (onCall === undefined) send([17, parts[1], null]);
      else onCall(parts, send);
    });
  });
  after(() => daemon.stop());
  beforeEach(async () => {
    rpc = await connect(daemon.address, { identity: CLIENT, hostKeyFingerprints: [HOST_FINGERPRINT] });
    said.length = 0;
    frames = 0;
    onCall = undefined;
  });
  afterEach(() => rpc.close());

  test("as it was given, beside time and signal, and says nothing of one otherwise", async () => {
    const calc = rpc.service("math");
    const { add } = calc;
    assert.ok(add);
    await rpc.call("add", [], {}, { trace: TRACE });
    await withOptions(add, { trace: OTHER_TRACE, timeoutMs: 5_000 })(2, 3);
    await withOptions(withOptions(add, { trace: TRACE }), { timeoutMs: 5_000 })(2, 3);
    await rpc.batch([{ method: "add", options: { trace: TRACE } }, { method: "add" }]);
    await rpc.call("add", [], {}, { trace: undefined });
    assert.deepEqual(said, [
      TRACE,
      { deadline_ms: 5_000, ...OTHER_TRACE },
      { deadline_ms: 5_000, ...TRACE },
      TRACE,
      {},
      {},
    ]);
  });

  test("of version 00, whatever the version that it was given; an empty state is none", async () => {
    await rpc.call("add", [], {}, { trace: { traceparent: LATER_TRACEPARENT, tracestate: "a=1" } });
    await rpc.call("add", [], {}, { trace: { traceparent: TRACEPARENT, tracestate: "" } });
    await rpc.call("add", [], {}, { trace: { traceparent: TRACEPARENT, tracestate: "x".repeat(512) } });
    assert.deepEqual(said, [
      { traceparent: TRACEPARENT, tracestate: "a=1" },
      { traceparent: TRACEPARENT },
      { traceparent: TRACEPARENT, tracestate: "x".repeat(512) },
    ]);
  });

  test("and refuses what is none before anything is sent, with what was expected", async () => {
    const bad: readonly (readonly [trace: unknown, message: RegExp])[] = [
      ...Object.values(BAD_TRACEPARENTS).map(
        (traceparent) =>
          [{ traceparent }, /^trace\.traceparent: 00-, 32 hex digits, .* was expected$/] as const,
      ),
      ...Object.values(BAD_TRACESTATES).map(
        (tracestate) =>
          [
            { ...TRACE, tracestate },
            /^trace\.tracestate: 1 to 512 printable ASCII .* was expected$/,
          ] as const,
      ),
      [{}, /traceparent/],
      [{ tracestate: "a=1" }, /traceparent/],
      [{ traceparent: 1 }, /traceparent/],
      [{ traceparent: [TRACEPARENT] }, /traceparent/],
      [{ ...TRACE, tracestate: 1 }, /tracestate/],
      [{ ...TRACE, tracestate: null }, /tracestate/],
      [TRACEPARENT, /^trace: \{ traceparent, tracestate \} was expected$/],
      [null, /^trace: /],
      [true, /^trace: /],
    ];
    for (const [trace, message] of bad) {
      const given = { trace: trace as typeof TRACE };
      for (const work of [
        rpc.call("add", [2, 3], {}, given),
        // Not even the catalogue is asked for.
        rpc.call("hear", [() => undefined], {}, given),
        rpc.catalogue(given),
      ])
        await assert.rejects(work, (error: unknown) => {
          assert.ok(error instanceof RpcError, String(error));
          assert.deepEqual(
            [error.code, error.origin, error.outcome],
            ["invalid_argument", "arguments", "not_started"],
          );
          assert.match(error.text, message);
          return true;
        });
    }
    assert.equal(frames, 0);
    await rpc.call("add");
    assert.equal(frames, 1, "the connection goes on");
  });

  test("which is what was given when the call was made: what is changed later is not sent", async () => {
    let asked = 0;
    const given = {
      get traceparent() {
        asked++;
        return asked === 1 ? TRACEPARENT : "another";
      },
    };
    await rpc.call("add", [], {}, { trace: given });
    assert.deepEqual([asked, said], [1, [{ traceparent: TRACEPARENT }]]);
  });

  /** Has the daemon call what it is passed, with these options, and answer with what that gave. */
  const callBack = (callbackOptions: object): void => {
    onCall = ([, id, , method], send) => {
      if (method === "hear") send([16, 1, 1, "", [], {}, callbackOptions]);
      else send([17, id, null]);
    };
  };

  test("and has that of a callback for what the callback asks", async () => {
    callBack({ ...TRACE });
    let heard: unknown;
    const call = rpc.call("hear", [
      async () => {
        heard = currentTrace();
        await rpc.call("add");
        await rpc.close();
      },
    ]);
    await assert.rejects(call, { code: "unavailable" });
    assert.deepEqual(heard, TRACE);
    assert.deepEqual(said.at(-1), { within: 1, ...TRACE });
    assert.equal(currentTrace(), undefined);
  });

  test("but takes none from a daemon that is no trace: the connection is over, and nothing was run", async () => {
    for (const bad of [
      ...Object.values(BAD_TRACEPARENTS).map((traceparent) => ({ traceparent })),
      ...Object.values(BAD_TRACESTATES).map((tracestate) => ({ ...TRACE, tracestate })),
      { traceparent: LATER_TRACEPARENT },
      { tracestate: "a=1" },
    ]) {
      callBack(bad);
      const one = await connect(daemon.address, {
        identity: CLIENT,
        hostKeyFingerprints: [HOST_FINGERPRINT],
      });
      const run = (): never => assert.fail("it was run");
      await assert.rejects(one.call("hear", [run]), { code: "protocol_error" }, JSON.stringify(bad));
      await one.closed;
    }
  });
});
