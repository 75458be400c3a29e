import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { encode } from "../../wire/cbor.ts";
import { frameHeader } from "../../wire/frame.ts";
import {
  CALL_DATA,
  CALLBACKS_IN_FLIGHT_MAX,
  REFERENCES_MAX,
  STREAM_ITEM_BYTES,
  STREAM_WINDOW_BYTES,
} from "../../wire/limits.ts";
import { WireReference } from "../../wire/reference.ts";
import { type ListenerKind, OVER, WIDE_OPEN } from "../support/daemon.ts";
import { LiveDaemon } from "../support/live-daemon.ts";
import type { RawPeer } from "../support/peers/raw-peer.ts";

type Parts = readonly unknown[];

const callback = (id: number): WireReference => new WireReference("callback", id);
const streamOf = (id: number): WireReference => new WireReference("stream", id);
const objectOf = (id: number): WireReference => new WireReference("object", id);
const call = (
  id: number,
  method: string,
  positional: Parts = [],
  target = 0,
  options: object = {},
): Parts => [16, id, target, method, positional, {}, options];

async function next(peer: RawPeer): Promise<Parts> {
  const found = await peer.next();
  assert.ok(Array.isArray(found), "the connection was closed");
  return found;
}

const codeOf = (parts: Parts): unknown => Reflect.get(Object(parts[2]), "code");

/** The connection ends, and nothing of it is left. */
async function isClosed(peer: RawPeer): Promise<void> {
  await peer.closed;
}

for (const kind of OVER) describe(`references of a hostile client, over ${kind}`, () => suite(kind));

function suite(kind: ListenerKind): void {
  let live: LiveDaemon;
  before(async () => {
    live = await LiveDaemon.start({ config: WIDE_OPEN });
  });
  after(() => live.stop());
  const peer = (): Promise<RawPeer> => live.peer(kind);
  /** Sends it, and then a ping: the connection has to live on, and nothing else may be said. */
  const isIgnored = async (one: RawPeer, message: Parts): Promise<void> => {
    one.send(message);
    one.send([26, 77]);
    assert.deepEqual(await next(one), [27, 77]);
  };
  /** The same call in each form in which a call can be made. @returns the answer to it */
  const FORMS: Readonly<
    Record<string, (one: RawPeer, method: string, positional: Parts, target: number) => Promise<Parts>>
  > = {
    plain: async (one, method, positional, target) => {
      one.send(call(101, method, positional, target));
      return next(one);
    },
    batched: async (one, method, positional, target) => {
      const frames = [call(101, "data", [1]), call(102, method, positional, target), call(103, "data", [3])];
      one.write(Buffer.concat(frames.flatMap((frame) => framed(encode(frame, CALL_DATA)))));
      const answers = [await next(one), await next(one), await next(one)];
      const other = answers.filter(([, id]) => id !== 102).map(([, , value]) => value);
      assert.deepEqual(other, [1, 3], "the others were answered");
      return answers.find(([, id]) => id === 102) ?? assert.fail();
    },
    "in a callback": async (one, method, positional, target) => {
      one.send(call(101, "recurse", [callback(900)]));
      const asked = await next(one);
      assert.deepEqual(asked.slice(2, 5), [900, "", []]);
      one.send(call(102, method, positional, target, { within: asked[1] }));
      const answer = await next(one);
      one.send([17, asked[1], null]);
      assert.deepEqual(await next(one), [17, 101, null]);
      return answer;
    },
  };

  for (const [form, ask] of Object.entries(FORMS)) {
    test(`48, ${form}: a number that was guessed, was another's or has ended is no reference, by the same bytes`, async () => {
      const other = await peer();
      other.send(call(1, "open"));
      assert.deepEqual(await next(other), [17, 1, objectOf(1)]);
      const faults: unknown[] = [];
      for (const target of [1, 2, 77, 2 ** 53 - 1]) {
        const one = await peer();
        if (target === 2) {
          for (const id of [1, 2]) one.send(call(id, "open"));
          await next(one);
          await next(one);
          one.send([24, 2]);
        }
        const answer = await ask(one, "next", [], target);
        assert.equal(codeOf(answer), "reference_gone");
        faults.push({ ...Object(answer[2]), id: "" });
        await one.destroy();
      }
      assert.equal(new Set(faults.map((fault) => JSON.stringify(fault))).size, 1);
      await other.destroy();
      await live.has();
    });

    test(`50, ${form}: one thing in the place of another is refused, and what came with it is let go`, async () => {
      for (const [method, positional] of [
        ["twice", [streamOf(950), 1]],
        ["first", [callback(950)]],
        ["watch", [callback(950)]],
        ["data", [objectOf(950)]],
        ["optional", [streamOf(950)]],
        ["add", [callback(950)]],
      ] as const) {
        const one = await peer();
        const answer = await ask(one, method, positional, 0);
        assert.match(String(codeOf(answer)), method === "add" ? /permission_denied/ : /invalid_argument/);
        await live.has();
        await one.destroy();
      }
    });
  }

  test("48, hanging: what an earlier call has returned is no more, or never was anything to call", async () => {
    const one = await peer();
    one.send(call(1, "open"));
    assert.deepEqual(await next(one), [17, 1, objectOf(1)]);
    one.send([24, 1]);
    one.send(call(2, "data", [1]));
    assert.deepEqual(await next(one), [17, 2, 1]);
    one.send(call(3, "openNever"));
    assert.equal(codeOf(await next(one)), "not_found");
    const faults = new Map<number, unknown>();
    // Released; returned data; failed; never made.
    for (const [target, code] of [
      [-1, "reference_gone"],
      [-2, "invalid_argument"],
      [-3, "not_found"],
      [-50, "invalid_argument"],
    ] as const) {
      one.send(call(100 - target, "next", [], target));
      const answer = await next(one);
      assert.equal(codeOf(answer), code);
      faults.set(target, { ...Object(answer[2]), id: "" });
    }
    assert.deepEqual(faults.get(-50), faults.get(-2), "what was never made is told from nothing else");
    await one.destroy();
    await live.has();
  });

  test("50, hanging: one thing in the place of another is refused, and what came with it is let go", async () => {
    const one = await peer();
    one.send(call(1, "openLate", [20]));
    one.send(call(2, "each", [streamOf(950)], -1));
    assert.deepEqual(await next(one), [17, 1, objectOf(1)]);
    const answer = await next(one);
    assert.deepEqual([answer[1], codeOf(answer)], [2, "invalid_argument"]);
    await live.has({ exported: 1 });
    await one.destroy();
    await live.has();
  });

  test("48: a target that cannot be ends the connection", async () => {
    for (const frame of [call(5, "next", [], -5), call(5, "next", [], -6)]) {
      const one = await peer();
      one.send(frame);
      await isClosed(one);
    }
    await live.has();
  });

  test("48: numbers that do not grow, or come twice, end the connection", async () => {
    for (const frames of [
      [call(1, "storm", [callback(5), 0]), call(2, "storm", [callback(5), 0])],
      [call(1, "storm", [callback(5), 0]), call(2, "storm", [callback(4), 0])],
      [call(1, "lines", [streamOf(3), callback(3)])],
    ]) {
      const one = await peer();
      for (const frame of frames) one.send(frame);
      await isClosed(one);
    }
    await live.has();
  });

  test("50: a stream cannot be called, and an object has no credit", async () => {
    const one = await peer();
    one.send(call(1, "numbers", [5]));
    assert.deepEqual(await next(one), [17, 1, streamOf(1)]);
    one.send(call(2, "next", [], 1));
    assert.equal(codeOf(await next(one)), "invalid_argument");
    one.send([24, 1]);
    one.send(call(3, "open"));
    assert.deepEqual(await next(one), [17, 3, objectOf(2)]);
    one.send([23, 2, 100]);
    await isClosed(one);
    await live.has();
  });

  test("50: an item or an end of what is no stream changes nothing, or ends the connection", async () => {
    const one = await peer();
    one.send(call(1, "recurse", [callback(1)]));
    const asked = await next(one);
    await isIgnored(one, [21, 1]);
    one.send([17, asked[1], "done"]);
    assert.deepEqual(await next(one), [17, 1, "done"]);
    one.send(call(2, "recurse", [callback(2)]));
    await next(one);
    one.send([20, 2, "an item"]);
    await isClosed(one);
    await live.has();
  });

  test("51: words on what has ended are ignored; on what never was they end the connection", async () => {
    const one = await peer();
    one.send(call(1, "open"));
    await next(one);
    one.send([24, 1]);
    for (const message of [
      [24, 1],
      [23, 1, 5],
      [19, 1, "late"],
    ])
      await isIgnored(one, message);
    one.send(call(2, "first", [streamOf(1)]));
    assert.deepEqual((await next(one)).slice(0, 2), [23, 1]);
    one.send([20, 1, "item"]);
    assert.deepEqual(await next(one), [24, 1]);
    assert.deepEqual(await next(one), [17, 2, "item"]);
    for (const message of [
      [20, 1, "late"],
      [21, 1],
      [22, 1, { code: "internal", message: "", id: "" }],
    ])
      await isIgnored(one, message);
    await one.destroy();
    for (const message of [
      [24, 1],
      [23, 1, 5],
      [20, 1, "x"],
      [21, 1],
      [25, 1, 0, null, null],
      [17, 1, null],
    ]) {
      const other = await peer();
      other.send(message);
      await isClosed(other);
    }
    await live.has();
  });

  test("51: more credit than the window ends the connection", async () => {
    for (const [credits, closes] of [
      [[STREAM_WINDOW_BYTES], false],
      [[STREAM_WINDOW_BYTES + 1], true],
      [[STREAM_WINDOW_BYTES, 1], true],
    ] as const) {
      const one = await peer();
      one.send(call(1, "silent"));
      await next(one);
      for (const bytes of credits) one.send([23, 1, bytes]);
      if (closes) await isClosed(one);
      else await isIgnored(one, [19, 1, "a word on a call that was answered"]);
      await one.destroy();
    }
    await live.has();
  });

  test("51: an item without credit ends the connection", async () => {
    const other = await peer();
    other.send(call(1, "countLines", [streamOf(1), callback(2)]));
    assert.deepEqual(await next(other), [23, 1, STREAM_WINDOW_BYTES]);
    other.send([20, 1, "x".repeat(1_000_000)]);
    await next(other);
    // The first was read, and its credit given back; the method waits for the answer to its callback and reads no more.
    other.send([20, 1, "y".repeat(1_000_000)]);
    other.send([20, 1, "w".repeat(1_000_000)]);
    other.send([20, 1, "z"]);
    await isClosed(other);
    await live.has();
  });

  test("52: a number is never given again", async () => {
    const one = await peer();
    for (let i = 1; i <= 5; i++) {
      one.send(call(i, "open"));
      assert.deepEqual(await next(one), [17, i, objectOf(i)]);
      one.send([24, i]);
    }
    await one.destroy();
    await live.has();
  });

  test("53: what is released while a call runs on it lets the call end, and is disposed of once, after it", async () => {
    const one = await peer();
    const disposed = async (id: number): Promise<number> => {
      one.send(call(id, "counts"));
      return Number(Reflect.get(Object((await next(one))[2]), "disposed"));
    };
    const first = await disposed(1);
    one.send(call(2, "open"));
    const reference = (await next(one))[2];
    assert.ok(reference instanceof WireReference);
    one.send(call(3, "hang", [], reference.id));
    await isIgnored(one, [19, 2, "its answer came already"]);
    one.send([24, reference.id]);
    one.send(call(4, "hang", [], reference.id));
    assert.equal(codeOf(await next(one)), "reference_gone", "no call that comes later");
    one.send([24, reference.id]);
    assert.equal((await disposed(5)) - first, 0);
    one.send([19, 3, "enough"]);
    assert.equal(codeOf(await next(one)), "cancelled");
    one.send([26, 1]);
    await next(one);
    assert.equal((await disposed(6)) - first, 1);
    await one.destroy();
    await live.has();
  });

  test("54: a client that goes with a thousand objects and callbacks under way leaves nothing", async () => {
    const one = await peer();
    const watcher = await live.connect({}, kind);
    const first = Reflect.get(Object(await watcher.call("counts")), "disposed");
    for (let i = 1; i <= 1_000; i++) {
      one.send(call(i, "open"));
      await next(one);
    }
    for (let i = 1; i <= 100; i++) one.send(call(1_000 + i, "recurse", [callback(i)]));
    for (let i = 0; i < 100; i++) assert.equal((await next(one))[0], 16);
    await live.has({ calls: 100, exported: 1_000, imported: 100, callbacks: 100 });
    await one.destroy();
    await live.has();
    assert.equal(
      Number(Reflect.get(Object(await watcher.call("counts")), "disposed")) - Number(first),
      1_000,
    );
    await watcher.close();
  });

  test(`56: ${REFERENCES_MAX} references of a client are in use, and not one more, in either direction`, async () => {
    const one = await peer();
    for (let i = 1; i <= REFERENCES_MAX; i++) {
      one.send(call(i, "open"));
      assert.equal((await next(one))[0], 17);
    }
    one.send(call(REFERENCES_MAX + 1, "open"));
    const fault = await next(one);
    assert.equal(codeOf(fault), "resource_exhausted");
    assert.equal(Reflect.get(Object(fault[2]), "outcome"), "done");
    one.send([24, 7]);
    one.send(call(REFERENCES_MAX + 2, "open"));
    assert.equal((await next(one))[0], 17);
    await one.destroy();
    const other = await peer();
    let id = 0;
    const some = (count: number): Parts => Array.from({ length: count }, () => callback(++id));
    // The method takes one: what is counted is what comes.
    other.send(call(1, "recurse", some(1)));
    await next(other);
    other.send(call(2, "data", some(REFERENCES_MAX - 1)));
    assert.equal(codeOf(await next(other)), "invalid_argument");
    other.send(call(3, "data", some(REFERENCES_MAX)));
    assert.equal(codeOf(await next(other)), "resource_exhausted");
    await other.destroy();
    await live.has();
  });

  test("57: callbacks that nobody answers wait, so many and no more, and end with their call", async () => {
    const one = await peer();
    const others = await live.connect({}, kind);
    one.send(call(1, "storm", [callback(1), 1_000], 0, { deadline_ms: 300 }));
    let asked = 0;
    for (;;) {
      const message = await next(one);
      if (message[0] === 16) asked++;
      else if (message[0] === 18) {
        assert.equal(codeOf(message), "deadline_exceeded");
        break;
      }
      assert.equal(await others.call("data", [asked]), asked, "others are served meanwhile");
    }
    assert.equal(asked, CALLBACKS_IN_FLIGHT_MAX);
    await others.close();
    await live.has();
    await one.destroy();
  });

  test("58: a reader that gives no more credit gets a window and no more", async () => {
    const one = await peer();
    one.send(call(1, "numbers", [10_000_000]));
    await next(one);
    one.send([23, 1, 1_000]);
    let bytes = 0;
    while (bytes < 1_000) {
      const [kindOf, , item] = await next(one);
      assert.equal(kindOf, 20);
      bytes += encode([20, 1, item]).length + STREAM_ITEM_BYTES;
    }
    await isIgnored(one, [19, 1, "nothing more came"]);
    await one.destroy();
    await live.has();
  });

  test("59: a client that does not say how deep it is comes no further than its calls in flight", async () => {
    const one = await peer();
    for (let i = 1; i <= 128; i++) {
      one.send(call(i, "recurse", [callback(i)]));
      assert.equal((await next(one))[0], 16);
    }
    one.send(call(129, "recurse", [callback(129)], 0, { deadline_ms: 200 }));
    assert.equal(codeOf(await next(one)), "deadline_exceeded");
    const others = await live.connect({}, kind);
    assert.equal(await others.call("data", [1]), 1);
    await others.close();
    await one.destroy();
    await live.has();
  });

  test("59: within a call that the daemon never made ends the connection; within one that is over it is no deeper", async () => {
    const one = await peer();
    one.send(call(1, "data", [1], 0, { within: 1 }));
    await isClosed(one);
    const other = await peer();
    other.send(call(1, "recurse", [callback(1)]));
    const asked = await next(other);
    other.send([17, asked[1], null]);
    await next(other);
    other.send(call(2, "data", [1], 0, { within: asked[1] }));
    assert.deepEqual(await next(other), [17, 2, 1]);
    await other.destroy();
    await live.has();
  });

  test("60: a chain of ten thousand has an answer for each, and none runs when the first fails", async () => {
    const one = await peer();
    const count = 10_000;
    const frames = [call(1, "openNever")];
    for (let id = 2; id <= count; id++) frames.push(call(id, "next", [], -(id - 1)));
    const answers = new Map<unknown, number>();
    const codes = new Map<unknown, number>();
    const reading = (async (): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const answer = await next(one);
        answers.set(answer[1], (answers.get(answer[1]) ?? 0) + 1);
        codes.set(codeOf(answer), (codes.get(codeOf(answer)) ?? 0) + 1);
      }
    })();
    for (const frame of frames) one.send(frame);
    await reading;
    assert.equal(answers.size, count);
    assert.ok([...answers.values()].every((times) => times === 1));
    // Whether one came before the first was answered or after that, it is told the same; only room may be short.
    for (const code of codes.keys())
      assert.ok(["not_found", "resource_exhausted"].includes(String(code)), String(code));
    assert.ok(codes.has("not_found"));
    await one.destroy();
    await live.has();
  });

  test("60: 32 calls hang on one that is not answered, and the next is refused", async () => {
    const one = await peer();
    one.send(call(1, "openLate", [100]));
    for (let id = 2; id <= 34; id++) one.send(call(id, "next", [], -1));
    const first = await next(one);
    assert.deepEqual([first[1], codeOf(first)], [34, "resource_exhausted"]);
    assert.deepEqual(await next(one), [17, 1, objectOf(1)]);
    for (let id = 2; id <= 33; id++) assert.deepEqual(await next(one), [17, id, id - 2]);
    await one.destroy();
    await live.has();
  });

  test("60: what hangs on a denied, a cancelled, or a call that returns data fails, and says why", async () => {
    const one = await peer();
    one.send(call(1, "secret"));
    one.send(call(2, "next", [], -1));
    assert.deepEqual([codeOf(await next(one)), (await next(one))[0]], ["permission_denied", 18]);
    one.send(call(3, "openLate", [10_000]));
    one.send(call(4, "next", [], -3));
    one.send(call(5, "next", [], -4));
    one.send([19, 3, "enough"]);
    for (const id of [3, 4, 5]) {
      const answer = await next(one);
      assert.deepEqual([answer[1], codeOf(answer)], [id, "cancelled"]);
    }
    await one.destroy();
    const other = await peer();
    other.send(call(1, "openLate", [10]));
    other.send(call(2, "slow", [1]));
    other.send(call(3, "next", [], -2));
    const found: unknown[] = [];
    while (found.length < 3) {
      const answer = await next(other);
      if (answer[0] !== 25) found.push([answer[1], codeOf(answer)]);
    }
    assert.deepEqual(found.at(-1), [3, "invalid_argument"]);
    await other.destroy();
    await live.has();
  });

  test("62: an answer that comes late or twice changes nothing; one to no call, or a reference, ends the connection", async () => {
    const one = await peer();
    one.send(call(1, "twice", [callback(1), 5]));
    const asked = await next(one);
    one.send([17, asked[1], 6]);
    one.send([17, asked[1], 600]);
    one.send([18, asked[1], { code: "internal", message: "", id: "" }]);
    const again = await next(one);
    assert.deepEqual(again[4], [6]);
    one.send([17, again[1], 7]);
    assert.deepEqual(await next(one), [17, 1, 7]);
    await isIgnored(one, [17, again[1], 8]);
    one.send(call(2, "twice", [callback(2), 5]));
    const last = await next(one);
    one.send([17, last[1], callback(3)]);
    await isClosed(one);
    await live.has();
  });

  test("62: an answer of the wrong kind fails the call, and no other", async () => {
    const one = await peer();
    one.send(call(1, "twice", [callback(1), 5]));
    const asked = await next(one);
    one.send([17, asked[1], "six"]);
    const answer = await next(one);
    assert.deepEqual([answer[1], codeOf(answer)], [1, "invalid_argument"]);
    assert.equal(Reflect.get(Object(answer[2]), "origin"), "callback");
    await one.destroy();
    await live.has();
  });

  test("63: what a client says of its failure is mapped to the closed list, and names nothing here", async () => {
    const one = await peer();
    const hostile = [
      { code: "constructor", message: "\u001b[31m", id: "x" },
      { code: "__proto__", message: "m".repeat(4096), id: "", reason: "constructor", data: { a: 1 } },
      { code: "internal", message: "m", id: "", cause: [{ code: "toString", message: "x" }] },
    ];
    let id = 1;
    for (const fault of hostile) {
      one.send(call(id, "twice", [callback(id), 5]));
      const asked = await next(one);
      one.send([18, asked[1], fault]);
      const answer = await next(one);
      assert.deepEqual([answer[1], codeOf(answer)], [id, "internal"]);
      id++;
    }
    await one.destroy();
    await live.has();
  });

  test("63: nor does it say what a method declares: its reason, its data, when to come again", async () => {
    const one = await peer();
    const said = {
      code: "failed_precondition",
      message: "in its own words",
      id: "",
      reason: "disk.full",
      data: { free: 0 },
      retry: { ok: true, after_ms: 5 },
      outcome: "not_started",
      issues: [{ path: "a", message: "b" }],
    };
    const told = async (of: number): Promise<void> => {
      const fault = Object((await next(one))[2]);
      assert.deepEqual(
        { ...fault, id: typeof fault.id },
        {
          code: "failed_precondition",
          message: "in its own words",
          id: "string",
          origin: "callback",
          outcome: "unknown",
        },
        `call ${of}`,
      );
    };
    one.send(call(1, "recurse", [callback(1)]));
    one.send([18, (await next(one))[1], said]);
    await told(1);
    one.send(call(2, "take", [streamOf(2), 1]));
    assert.equal((await next(one))[0], 23);
    one.send([22, 2, said]);
    await told(2);
    await one.destroy();
    await live.has();
  });
}

function framed(body: Uint8Array): Uint8Array[] {
  return [frameHeader(body.length), body];
}
