import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { LiveShape, Shape } from "../../../catalogue/catalogue.ts";
import { PrivateKey } from "../../../certs/ed25519.ts";
import { connect, RpcError, release } from "../../../client/index.ts";
import type { Rpc } from "../../../client/rpc.ts";
import { asReference, decode, encode } from "../../../wire/cbor.ts";
import { CALL_DATA, CALLBACKS_IN_FLIGHT_MAX, STREAM_WINDOW_BYTES } from "../../../wire/limits.ts";
import { WireReference } from "../../../wire/reference.ts";
import { type ListenerKind, OVER } from "../../support/daemon.ts";
import { afterLogin, framed, HOST_FINGERPRINT, HostileDaemon } from "../../support/peers/hostile-daemon.ts";
import { dataLimits } from "../../vectors/read-frame.ts";

const CLIENT = new PrivateKey(new Uint8Array(32).fill(2));

type Parts = readonly unknown[];

const ANY: Shape = { type: "any" };
const method = (name: string, shape: Shape | LiveShape): object => ({
  name,
  doc: "",
  params: [{ name: "x", shape, optional: false }],
  returns: ANY,
  effect: "read",
  idempotent: false,
  reserved: false,
  errors: {},
});

/** What this daemon says that it has. */
const CATALOGUE = {
  methods: [
    method("callback", { type: "callback", args: [], returns: ANY }),
    method("data", ANY),
    method("object", { type: "object", methods: ["write", "constructor", "toString", "steal"] }),
    method("stream", { type: "stream", of: ANY }),
  ],
  next: null,
};

for (const kind of OVER)
  describe(`a hostile daemon that was passed something, over ${kind}`, () => suite(kind));

function suite(over: ListenerKind): void {
  let daemon: HostileDaemon;
  let rpc: Rpc | undefined;
  before(async () => {
    daemon = await HostileDaemon.start(over);
  });
  after(async () => {
    await rpc?.close();
    daemon.stop();
  });

  /** @param answer - what it does when a method is called: the frames that it sends, and again for each answer of the client */
  const dial = async (answer: (message: Parts, send: (message: Parts) => void) => void): Promise<Rpc> => {
    await rpc?.close();
    daemon.script = afterLogin((frame, peer) => {
      const parts = decode(frame, dataLimits({ when: "after", body: frame })) as Parts;
      const send = (message: Parts): void => peer.write(framed(encode(message, CALL_DATA)));
      if (parts[0] === 16 && parts[3] === "rpcd.catalogue") send([17, parts[1], CATALOGUE]);
      else
        answer(
          parts.map((part) => (Array.isArray(part) ? part.map(asReference) : asReference(part))),
          send,
        );
    });
    rpc = await connect(daemon.address, {
      identity: CLIENT,
      hostKeyFingerprints: [HOST_FINGERPRINT],
      timeoutMs: 5_000,
    });
    return rpc;
  };
  const isAnswered = (parts: Parts): boolean => parts[0] === 17 || parts[0] === 18;
  const codeOf = (parts: Parts): unknown => Reflect.get(Object(parts[2]), "code");

  test("48, 51: calls nothing but what it was passed, by the methods that were listed", async () => {
    const heard: string[] = [];
    const listed = { write: () => heard.push("write") };
    const answers: string[] = [];
    const tries: readonly (readonly [target: number, name: string])[] = [
      [1, "steal"],
      [1, "constructor"],
      [1, "toString"],
      [1, "__proto__"],
      [1, ""],
      [2, "write"],
      [0, "write"],
      [-1, "write"],
      [1, "write"],
    ];
    let asked: unknown;
    const client = await dial((parts, send) => {
      if (parts[0] === 16) {
        asked = parts[1];
        // A call on what is no earlier one would end the connection: this one is.
        for (const [i, [target, name]] of tries.entries()) send([16, i + 2, target, name, [], {}, {}]);
      }
      if (!isAnswered(parts)) return;
      answers.push(String(codeOf(parts) ?? parts[2]));
      if (answers.length === tries.length) send([17, asked, "done"]);
    });
    assert.equal(await client.call("object", [listed]), "done");
    const [gone, none] = ["reference_gone", "unimplemented"];
    assert.deepEqual(answers, [none, none, none, none, none, gone, gone, gone, "1"]);
    assert.deepEqual(heard, ["write"]);
    const later = await dial((parts, send) => {
      if (parts[0] === 16) send([17, parts[1], "answered"]);
      if (parts[0] === 16) send([16, 1, 1, "write", [], {}, {}]);
      if (isAnswered(parts)) answers.push(String(codeOf(parts)));
    });
    assert.equal(await later.call("object", [listed]), "answered");
    await later.close();
    assert.deepEqual(heard, ["write"], "with its call what was passed is over");
  });

  const ENDING: Readonly<Record<string, readonly Parts[]>> = {
    "an item of what it was never given": [[20, 7, "x"]],
    "an end of what it was never given": [[21, 7]],
    "a word that something is gone that it never passed": [
      [22, 7, { code: "internal", message: "", id: "" }],
    ],
    "credit for what was never passed": [[23, 7, 1]],
    "a release of what was never passed": [[24, 7]],
    "credit for a function": [[23, 1, 1]],
    "a cancel of a call that it never made": [[19, 9, "x"]],
    "progress of a call that was never made": [[25, 77, 1, null, null]],
    "a call whose id does not grow": [
      [16, 5, 1, "", [], {}, {}],
      [16, 5, 1, "", [], {}, {}],
    ],
    "a call that hangs on a later one": [[16, 3, -3, "", [], {}, {}]],
    "something passed in turn to a callback": [[16, 1, 1, "", [new WireReference("callback", 1)], {}, {}]],
    "a reference whose number does not grow": [
      [17, 1, new WireReference("object", 5)],
      [17, 2, new WireReference("object", 5)],
    ],
  };
  for (const [what, frames] of Object.entries(ENDING)) {
    test(`51, 62: ${what} ends the connection, and every call with an error`, async () => {
      const client = await dial((parts, send) => {
        if (parts[0] === 16 && parts[1] !== 3) for (const frame of frames) send(frame);
      });
      // The first two are the catalogue's and the one that passes something.
      const calls = [client.call("callback", [() => new Promise(() => undefined)]), client.call("data", [1])];
      const [first, second] = await Promise.allSettled(calls);
      const failed = [first, second].filter((one) => one?.status === "rejected");
      assert.ok(failed.length >= 1, "a call failed");
      for (const one of failed) assert.ok(one?.status === "rejected" && one.reason instanceof RpcError);
      await client.closed;
    });
  }

  test("57: calls so many at a time and no more; the rest are refused, and the client goes on", async () => {
    let refused = 0;
    const client = await dial((parts, send) => {
      if (parts[0] === 16)
        for (let id = 1; id <= CALLBACKS_IN_FLIGHT_MAX + 10; id++) send([16, id, 1, "", [], {}, {}]);
      if (parts[0] === 18 && codeOf(parts) === "resource_exhausted" && ++refused === 10)
        send([17, 2, "done"]);
    });
    assert.equal(await client.call("callback", [() => new Promise(() => undefined)]), "done");
    assert.equal(refused, 10);
  });

  test("58: asks for a window of a stream, and never for more", async () => {
    let made = 0;
    const endless = (function* (): Generator<string> {
      for (;;) yield `${made++}`.padEnd(10_000, "x");
    })();
    const client = await dial((parts, send) => {
      if (parts[0] === 16) send([23, 1, STREAM_WINDOW_BYTES + 1]);
    });
    await assert.rejects(client.call("stream", [endless]), { code: "protocol_error" });
    assert.equal(made, 0);
  });

  test("63: what fails here is told by a code; words that were not written for it stay here", async () => {
    const told: unknown[] = [];
    const client = await dial((parts, send) => {
      if (parts[0] === 16) send([16, 1, 1, "", [], {}, {}]);
      if (!isAnswered(parts)) return;
      told.push(parts[2]);
      send([17, 2, null]);
    });
    await client.call("callback", [
      () => {
        throw new Error("/home/me/secret");
      },
    ]);
    assert.equal(JSON.stringify(told).includes("secret"), false);
    assert.equal(codeOf([0, 0, told[0]]), "internal");
  });

  test("62: what it answers late, to nobody, is released", async () => {
    const released: unknown[] = [];
    const client = await dial((parts, send) => {
      if (parts[0] === 19) send([17, parts[1], new WireReference("object", 1)]);
      if (parts[0] === 24) {
        released.push(parts[1]);
        send([17, 2, "released"]);
      }
    });
    await assert.rejects(client.call("late", [], {}, { timeoutMs: 50 }), { code: "deadline_exceeded" });
    assert.equal(await client.call("data", [1]), "released");
    assert.deepEqual(released, [1]);
  });

  test("64 objects that it ends are gone for their holder, with its words", async () => {
    const client = await dial((parts, send) => {
      if (parts[0] === 26) send([27, parts[1]]);
      if (parts[0] !== 16) return;
      send([17, parts[1], new WireReference("object", Number(parts[1]))]);
      send([22, parts[1], { code: "permission_denied", message: "not any more", id: "r" }]);
    });
    for (let i = 0; i < 64; i++) {
      // oxlint-disable-next-line typescript/no-explicit-any -- what is untyped is called by its names
      const object = (await client.call("data", [i])) as any;
      await client.ping();
      await assert.rejects(object.next(), { code: "permission_denied", text: "not any more" });
      release(object);
    }
  });
}
