import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { encode } from "../../wire/cbor.ts";
import { CALL_DATA, CONTROL_PER_SECOND } from "../../wire/limits.ts";
import { WireReference } from "../../wire/reference.ts";
import { IN_ONE_WRITE } from "../support/chunks.ts";
import { type ListenerKind, OVER, WIDE_OPEN } from "../support/daemon.ts";
import { LiveDaemon } from "../support/live-daemon.ts";
import { PASSED, PASSING_CALL } from "../support/peers/daemon-sequence.ts";
import { framed, HostileDaemon } from "../support/peers/hostile-daemon.ts";
import { ORDER_GRANTS, ORDER_SERVICE } from "../support/peers/order-service.ts";
import type { RawPeer } from "../support/peers/raw-peer.ts";
import { ProgramRun } from "../support/program-run.ts";

type Parts = readonly unknown[];

const FAULT = { code: "aborted", message: "no more", id: "" };

const call = (id: number, target: number, method: string, ...args: readonly unknown[]): Parts => [
  16,
  id,
  target,
  method,
  args,
  {},
  {},
];
const callback = (id: number): WireReference => new WireReference("callback", id);
const codeOf = (message: Parts): unknown => Reflect.get(Object(message[2]), "code");

let live: LiveDaemon;
before(async () => {
  live = await LiveDaemon.start({ service: ORDER_SERVICE, grants: ORDER_GRANTS, config: WIDE_OPEN });
});
after(() => live.stop());

/** Sends messages in one write. */
function sendTogether(peer: RawPeer, messages: readonly Parts[]): void {
  peer.write(Buffer.concat(messages.map((message) => framed(encode(message, CALL_DATA)))));
}

async function next(peer: RawPeer): Promise<Parts> {
  const message = await peer.next();
  assert.ok(Array.isArray(message), "the connection has ended");
  return message as Parts;
}

/** The answers to these calls, in the order of their ids; what comes beside them is passed over. */
async function answers(peer: RawPeer, ids: readonly number[]): Promise<readonly Parts[]> {
  const found = new Map<number, Parts>();
  while (ids.some((id) => !found.has(id))) {
    const message = await next(peer);
    if (message[0] === 17 || message[0] === 18) found.set(Number(message[1]), message);
  }
  return ids.map((id) => found.get(id) ?? assert.fail(`no answer to ${id}`));
}

/** Has the daemon call a function of the client's, within call 1. @returns the id of the daemon's call */
async function asked(peer: RawPeer): Promise<number> {
  peer.send(call(1, 0, "tell", callback(1)));
  const message = await next(peer);
  assert.equal(message[0], 16);
  return Number(message[1]);
}

for (const kind of OVER) describe(`messages that come in one write, over ${kind}`, () => suite(kind));

function suite(over: ListenerKind): void {
  const during = async (use: (peer: RawPeer) => Promise<void>): Promise<void> => {
    const peer = await live.peer(over);
    try {
      await use(peer);
    } finally {
      await peer.destroy();
    }
  };

  test("O1: a stream whose end comes with the call that passes it is read as an empty one", () =>
    during(async (peer) => {
      sendTogether(peer, [call(1, 0, "all", new WireReference("stream", 1)), [21, 1]]);
      // Credit would ask for items that cannot come.
      assert.deepEqual(await next(peer), [17, 1, []]);
    }));

  test("O1: a stream that breaks off with the call that passes it fails for its reader", () =>
    during(async (peer) => {
      sendTogether(peer, [call(1, 0, "all", new WireReference("stream", 1)), [22, 1, FAULT]]);
      assert.equal(codeOf((await answers(peer, [1]))[0] ?? []), "aborted");
    }));

  test("O2: an object that is released behind a call on it is there for the call, and for no later one", () =>
    during(async (peer) => {
      peer.send(call(1, 0, "open"));
      const [, , cursor] = await next(peer);
      assert.ok(cursor instanceof WireReference);
      sendTogether(peer, [call(2, cursor.id, "soon"), [24, cursor.id], call(3, cursor.id, "soon")]);
      const [second, third] = await answers(peer, [2, 3]);
      assert.deepEqual(second, [17, 2, 0]);
      assert.equal(codeOf(third ?? []), "reference_gone");
    }));

  test("a cancel finds calls answered that could be answered at once, pipelined ones too", () =>
    during(async (peer) => {
      const calls = [
        call(1, 0, "openSoon"),
        call(2, -1, "leafSoon"),
        call(3, -2, "next"),
        call(4, 0, "soon", 4),
      ];
      sendTogether(peer, [...calls, [19, 3, "enough"], [19, 4, "enough"]]);
      const [, , third, fourth] = await answers(peer, [1, 2, 3, 4]);
      assert.deepEqual(
        [third, fourth],
        [
          [17, 3, 0],
          [17, 4, 4],
        ],
      );
    }));

  test("what comes behind a cancel finds the call stopped", () =>
    during(async (peer) => {
      sendTogether(peer, [call(1, 0, "never"), [19, 1, "enough"], call(2, 0, "running")]);
      const [first, second] = await answers(peer, [1, 2]);
      assert.equal(codeOf(first ?? []), "cancelled");
      assert.deepEqual(second, [17, 2, 0]);
    }));

  for (const [what, behind] of [
    ["the answer that the call waited for", (id: number): Parts => [17, id, "too late"]],
    ["the end of the function that it waited for", (): Parts => [22, 1, FAULT]],
  ] as const)
    test(`${what}, behind a cancel, comes too late`, () =>
      during(async (peer) => {
        const id = await asked(peer);
        sendTogether(peer, [[19, 1, "enough"], behind(id)]);
        assert.equal(codeOf((await answers(peer, [1]))[0] ?? []), "cancelled");
      }));

  test("a function that is gone behind a call was there for the call", () =>
    during(async (peer) => {
      sendTogether(peer, [call(1, 0, "giveBack", callback(1)), [22, 1, FAULT]]);
      assert.deepEqual(await next(peer), [17, 1, new WireReference("yours", 1)]);
    }));

  test("O3: progress of a call that was never made ends the connection", () =>
    during(async (peer) => {
      peer.send([25, 1, 1, null, null]);
      assert.equal(await peer.next(), undefined);
    }));

  test("O3: progress of a call that is answered is ignored, and counted", () =>
    during(async (peer) => {
      const id = await asked(peer);
      sendTogether(peer, [
        [25, id, 1, null, null],
        [17, id, "said"],
        [25, id, 2, null, null],
      ]);
      assert.deepEqual(await answers(peer, [1]), [[17, 1, "said"]]);
      // Beyond those of a second, and one for each call and reference, it ends the connection.
      for (let i = 0; i < 3 * CONTROL_PER_SECOND; i++) peer.send([25, id, i, null, null]);
      assert.equal(await peer.next(), undefined);
    }));

  test("O4: a callback that is answered by a reference ends the connection", () =>
    during(async (peer) => {
      const id = await asked(peer);
      peer.send([17, id, new WireReference("object", 2)]);
      assert.equal(await peer.next(), undefined);
    }));

  test("O5: an unknown code of 256 characters is 'internal', one of 257 ends the connection", () =>
    during(async (peer) => {
      const id = await asked(peer);
      peer.send([18, id, { ...FAULT, code: "x".repeat(256) }]);
      assert.equal(codeOf((await answers(peer, [1]))[0] ?? []), "internal");
      peer.send([18, id, { ...FAULT, code: "x".repeat(257) }]);
      assert.equal(await peer.next(), undefined);
    }));
}

describe("messages of a daemon that come in one write", () => {
  let daemon: HostileDaemon;
  before(async () => {
    daemon = await HostileDaemon.start("unix");
  });
  after(() => daemon.stop());

  const during = async (use: (run: ProgramRun) => Promise<void>): Promise<void> => {
    const run = await ProgramRun.begin(daemon);
    try {
      await use(run);
    } finally {
      await run.close();
    }
  };

  test("what a callback waited for, behind its cancel, comes too late", () =>
    during(async (run) => {
      const relay = PASSED.indexOf("relay") + 1;
      await run.send([call(1, relay, "", 0), [19, 1, "enough"], [17, 1, 5]], IN_ONE_WRITE);
      assert.deepEqual(
        run.answers.get(1)?.map((answer) => Reflect.get(Object(answer), "code")),
        ["cancelled"],
      );
      assert.equal(run.outcomes.get(1), 5);
    }));

  test("what was passed with a call ends with the stream that it returned, read or not", () =>
    during(async (run) => {
      const stream = [17, PASSING_CALL, new WireReference("stream", 1)];
      await run.send([stream, call(1, 1, "", 0), [21, 1], call(2, 1, "", 0)], IN_ONE_WRITE);
      assert.deepEqual(run.answers.get(1), [{ value: 0 }]);
      assert.deepEqual(
        run.answers.get(2)?.map((answer) => Reflect.get(Object(answer), "code")),
        ["reference_gone"],
      );
    }));

  test("O5: an unknown code of 256 characters is 'internal', one of 257 ends the connection", () =>
    during(async (run) => {
      await run.send([[18, 1, { ...FAULT, code: "x".repeat(256) }]], IN_ONE_WRITE);
      assert.equal(Reflect.get(Object(run.outcomes.get(1)), "code"), "internal");
      await run.send([[18, 2, { ...FAULT, code: "x".repeat(257) }]], IN_ONE_WRITE);
      assert.equal(run.isOpen, false);
    }));
});
