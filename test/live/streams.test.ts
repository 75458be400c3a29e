import assert from "node:assert/strict";
import { createReadStream, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { release } from "../../client/index.ts";
import type { Rpc } from "../../client/rpc.ts";
import { encode } from "../../wire/cbor.ts";
import { REFERENCES_MAX, SESSION_FRAME_MAX_BYTES, STREAM_WINDOW_BYTES } from "../../wire/limits.ts";
import { WireReference } from "../../wire/reference.ts";
import { WIDE_OPEN } from "../support/daemon.ts";
import { LiveDaemon } from "../support/live-daemon.ts";
import type { RawPeer } from "../support/peers/raw-peer.ts";

async function all(items: unknown): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const item of items as AsyncIterable<unknown>) found.push(item);
  return found;
}

async function next(peer: RawPeer): Promise<readonly unknown[]> {
  const found = await peer.next();
  assert.ok(Array.isArray(found), "the connection was closed");
  return found;
}

const callback = (id: number): WireReference => new WireReference("callback", id);
const streamOf = (id: number): WireReference => new WireReference("stream", id);

describe("streams", () => {
  let live: LiveDaemon;
  let rpc: Rpc;
  let path: string;
  before(async () => {
    live = await LiveDaemon.start({ config: WIDE_OPEN });
    rpc = await live.connect();
    path = join(live.state.folder, "a-file");
    writeFileSync(path, "x".repeat(1_000_000));
  });
  after(async () => {
    await rpc.close();
    await live.stop();
  });

  test("what crosses the word of a reader that has enough is not kept", async () => {
    const one = await live.peer();
    one.send([16, 1, 0, "skim", [streamOf(1), callback(2)], {}, {}]);
    assert.deepEqual(await next(one), [23, 1, STREAM_WINDOW_BYTES]);
    one.send([20, 1, "first"]);
    assert.deepEqual(await next(one), [24, 1]);
    const asked = await next(one);
    assert.deepEqual(asked.slice(2, 5), [2, "", []]);
    // The method goes on: these are to what it still was passed.
    for (let i = 0; i < 10; i++) one.send([20, 1, "y".repeat(50_000)]);
    one.send([17, asked[1], "done"]);
    assert.deepEqual(await next(one), [17, 1, "done"]);
    await live.has();
    await one.destroy();
  });

  test("nor what waits to be read when its owner has said that it breaks off, and its call ends", async () => {
    const one = await live.peer();
    one.send([16, 1, 0, "peek", [streamOf(1), callback(2)], {}, {}]);
    assert.deepEqual(await next(one), [23, 1, STREAM_WINDOW_BYTES]);
    for (let i = 0; i < 5; i++) one.send([20, 1, "z".repeat(50_000)]);
    one.send([22, 1, { code: "data_loss", message: "the disk", id: "" }]);
    const asked = await next(one);
    assert.equal(asked[0], 16);
    one.send([17, asked[1], "done"]);
    assert.deepEqual(await next(one), [17, 1, "done"]);
    await live.has();
    await one.destroy();
  });

  test("what the method says of its progress comes before the stream that it returns", async () => {
    const one = await live.peer();
    one.send([16, 1, 0, "toldStream", [], {}, {}]);
    assert.deepEqual(await next(one), [25, 1, 1, 2, null]);
    assert.deepEqual(await next(one), [25, 1, 2, 2, null]);
    assert.deepEqual(await next(one), [17, 1, streamOf(1)]);
    await one.destroy();
    await live.has();
  });

  for (const [method, item] of [
    ["long", (length: number) => "x".repeat(length)],
    ["longBytes", (length: number) => Buffer.alloc(length)],
  ] as const)
    test(`an item of the daemon fills a message, and one of a byte more ends the stream, by ${method}`, async () => {
      const most = SESSION_FRAME_MAX_BYTES - (encode([20, 1, item(100_000)]).length - 100_000);
      const other = await live.connect();
      assert.equal(encode([20, 1, item(most)]).length, SESSION_FRAME_MAX_BYTES);
      const [got] = await all(await other.call(method, [most]));
      assert.equal(Reflect.get(Object(got), "length"), most);
      await assert.rejects(async () => all(await other.call(method, [most + 1])), { code: "out_of_range" });
      assert.equal(await other.call("data", [1]), 1);
      await other.close();
    });

  test("an item of the client fills a message, and one of a byte more fails the call", async () => {
    const most = SESSION_FRAME_MAX_BYTES - (encode([20, 1, "x".repeat(100_000)]).length - 100_000);
    const other = await live.connect();
    assert.deepEqual(await other.call("skim", [["x".repeat(most)].values(), () => "read"]), "read");
    await assert.rejects(other.call("skim", [["x".repeat(most + 1)].values(), () => "read"]), {
      code: "out_of_range",
      origin: "callback",
    });
    assert.equal(await other.call("data", [1]), 1);
    await other.close();
  });

  test("a line fills a message, and one of a byte more fails the call, as one without an end does", async () => {
    const most = SESSION_FRAME_MAX_BYTES - (encode([20, 1, "x".repeat(100_000)]).length - 100_000);
    const lines = async (text: string): Promise<unknown> => {
      writeFileSync(join(live.state.folder, "lines"), text);
      const file = createReadStream(join(live.state.folder, "lines"));
      const found = await all(await rpc.call("upper", [file]));
      return found.map((line) => String(line).length);
    };
    const last = "y".repeat(most - 1);
    assert.deepEqual(await lines(`one\n${last}\n`), [4, most]);
    assert.deepEqual(await lines(`${last}z`), [most]);
    for (const text of [`${last}z\n`, `${last}yz`, "y".repeat(3 * 1024 * 1024)])
      await assert.rejects(lines(text), { code: "out_of_range", origin: "callback" });
  });

  /** How many open files this process has, once as many as there should be or after so many looks. */
  const filesLeft = async (wanted: number): Promise<number> => {
    for (let look = 0; look < 400 && readdirSync("/proc/self/fd").length > wanted; look++)
      await setTimeout(5);
    return readdirSync("/proc/self/fd").length;
  };
  const UNREAD: Readonly<Record<string, (open: () => Promise<object>) => Promise<void>>> = {
    "is released": async (open) => {
      for (let i = 0; i < 50; i++) release(await open());
    },
    "is given up by a signal": async () => {
      for (let i = 0; i < 50; i++) {
        const { signal, abort } = controller();
        await rpc.call("file", [path], {}, { signal });
        abort();
      }
    },
    "comes when nobody waits any longer": async () => {
      const late = Array.from({ length: 50 }, () => {
        const { signal, abort } = controller();
        const answer = rpc.call("file", [path, 50], {}, { signal });
        return { answer, abort };
      });
      await rpc.ping();
      for (const { answer, abort } of late) {
        abort();
        await assert.rejects(answer, { code: "cancelled" });
      }
      for (let look = 0; look < 400 && live.daemon.counts.calls > 0; look++) await setTimeout(5);
    },
    "is one more than may be in use": async () => {
      const other = await live.connect();
      const held = await Promise.all(Array.from({ length: 64 }, () => other.call("open")));
      for (let i = held.length; i < REFERENCES_MAX; i++) await other.call("open");
      for (let i = 0; i < 50; i++)
        await assert.rejects(other.call("file", [path]), { code: "resource_exhausted" });
      await other.close();
    },
    "is left behind when the connection goes": async () => {
      const other = await live.connect();
      for (let i = 0; i < 50; i++) await other.call("file", [path]);
      await other.close();
    },
  };
  for (const [how, make] of Object.entries(UNREAD))
    test(`the file behind a stream that nobody has begun to read is closed when it ${how}`, async () => {
      await rpc.call("data", [1]);
      const open = readdirSync("/proc/self/fd").length;
      await make(async () => Object(await rpc.call("file", [path])));
      await live.has();
      assert.ok((await filesLeft(open)) <= open, "files are open");
    });

  test("a file that is not there is the fault of its stream, when that is read; and of nothing else", async () => {
    for (let i = 0; i < 5; i++) {
      const missing = await rpc.call("file", [join(live.state.folder, "missing")]);
      // It fails before anybody reads it: without a listener node would end the process.
      for (let turn = 0; turn < 10; turn++) await rpc.ping();
      await setTimeout(20);
      await assert.rejects(all(missing), { code: "internal", text: "this side failed" });
      await rpc.call("file", [join(live.state.folder, "missing")]).then((one) => release(Object(one)));
    }
    await live.has();
  });

  test("nor does one that the client passes end the client", async () => {
    const missing = (): object => createReadStream(join(live.state.folder, "missing"));
    // With its first reference a client asks for the catalogue, which takes longer than the file does to fail.
    const other = await live.connect();
    await assert.rejects(other.call("size", [missing()]), { code: "internal", origin: "callback" });
    await assert.rejects(other.call("countLines", [missing(), () => undefined]), {
      code: "internal",
      origin: "callback",
    });
    await other.close();
    // What its call does not read is its owner's still.
    const unread = createReadStream(path);
    assert.deepEqual(await rpc.call("take", [unread, 0]), []);
    assert.equal(unread.destroyed, false);
    unread.destroy();
  });
});

function controller(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const made = new AbortController();
  return { signal: made.signal, abort: () => made.abort() };
}
