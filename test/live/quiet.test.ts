import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { inspect, isDeepStrictEqual } from "node:util";
import type { Rpc } from "../../client/rpc.ts";
import { FarDaemon } from "../support/peers/far-daemon.ts";
import type { FarStreams } from "../support/peers/far-streams.ts";

describe("a stand-in sends a message when it is called, and at no other time", () => {
  let daemon: FarDaemon;
  let line: FarStreams;
  let rpc: Rpc;
  before(async () => {
    daemon = await FarDaemon.start();
    ({ line, rpc } = daemon);
  });
  after(() => daemon.stop());

  /** What a program may do to any value without knowing. */
  // oxlint-disable-next-line typescript/no-explicit-any -- that is the point: it is done to anything
  const TOUCHES: Readonly<Record<string, (one: any) => unknown>> = {
    awaited: async (one) => await one,
    "returned from an async function": async (one) => one,
    "given to Promise.resolve": (one) => Promise.resolve(one),
    logged: (one) => inspect(one, { depth: 5, showHidden: true, getters: true }),
    "logged with proxies shown": (one) => inspect(one, { showProxy: true }),
    compared: (one) => [one === TOUCHES, one == "x", isDeepStrictEqual(one, {})],
    "held against another by assert": (one) => assert.notDeepEqual(one, { next: 1 }),
    spread: (one) => ({ ...one }),
    "its keys listed": (one) => [Object.keys(one), Reflect.ownKeys(one), Object.entries(one)],
    "looked into": (one) => [
      "then" in one,
      one.then,
      one.constructor,
      one.toJSON,
      one[Symbol.iterator],
      one.length,
    ],
    "written as JSON": (one) => JSON.stringify({ one }),
    "made a text": (one) => `${String(one)}${Object.prototype.toString.call(one)}`,
    "put into a Map and a Set": (one) => new Map([[one, new Set([one])]]).get(one)?.has(one),
    "asked for its type": (one) => [typeof one, one instanceof Object, Array.isArray(one)],
    "a method of it held": (one) => one.next,
    frozen: (one) => Object.isFrozen(one),
    "assigned to": (one) => Reflect.set(one, "next", 1),
  };

  for (const [what, make] of [
    ["an object", () => rpc.call("open")],
    ["a function", () => rpc.call("counter")],
    ["a stream", () => rpc.call("numbers", [3])],
    ["a service", () => Promise.resolve({ service: rpc.service("x") })],
  ] as const) {
    test(`61: ${what}`, async () => {
      const made = await make();
      const standIn: unknown =
        typeof made === "object" && made !== null && "service" in made ? made.service : made;
      await rpc.ping();
      const before61 = line.sent;
      for (const [how, touch] of Object.entries(TOUCHES)) {
        await touch(standIn);
        assert.equal(line.sent, before61, `a message was sent when it was ${how}`);
      }
      await rpc.ping();
      assert.ok(line.sent > before61, "a ping is seen");
    });
  }
});
