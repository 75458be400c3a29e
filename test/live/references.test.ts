import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { expose, pipelined, release, withOptions } from "../../client/index.ts";
import type { Rpc } from "../../client/rpc.ts";
import { OVER, TestDaemon } from "../support/daemon.ts";
import { LIVE_GRANTS, LIVE_SERVICE } from "../support/live-service.ts";
import { RawPeer } from "../support/peers/raw-peer.ts";

let daemon: TestDaemon;
before(async () => {
  daemon = await TestDaemon.start({ service: LIVE_SERVICE, grants: LIVE_GRANTS });
});
after(() => daemon.stop());

const TEXT = ["Simple\n", "is\n", "better\n", "than\n", "complex.\n"];

async function all<T>(items: unknown): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items as AsyncIterable<T>) found.push(item);
  return found;
}

for (const kind of OVER) {
  describe(`what is passed by reference, over ${kind}`, () => {
    let rpc: Rpc;
    before(async () => {
      rpc = await daemon.connect({}, kind);
    });
    after(() => rpc.close());

    test("an open file is iterated, and a function called for each line, at the client", async () => {
      const path = join(daemon.folder, "testfile.txt");
      writeFileSync(path, TEXT.join(""));
      for (const method of ["countLines", "countLinesAtOnce"]) {
        await using file = await open(path);
        const heard: unknown[] = [];
        const count = await rpc.call(method, [file, (line: unknown) => heard.push(line)]);
        assert.equal(count, 5);
        assert.deepEqual(heard, TEXT);
      }
    });

    test("a callback's answer comes back to the handler", async () => {
      assert.equal(await rpc.call("twice", [async (n: number) => n * 3, 7]), 63);
    });

    test("a stream of bytes arrives whole, and goes back", async () => {
      const pieces = [Buffer.alloc(70_000, 1), Buffer.alloc(1, 2), Buffer.alloc(300_000, 3)];
      assert.equal(await rpc.call("size", [pieces.values()]), 370_001);
      const back = Buffer.concat(await all<Uint8Array>(await rpc.call("copy", [pieces.values()])));
      assert.deepEqual(back, Buffer.concat(pieces));
    });

    test("items are made as they are read, and no further than a window ahead", async () => {
      assert.deepEqual(await rpc.call("take", [["a", "b", "c"].values(), 2]), ["a", "b"]);
      let made = 0;
      let closed = false;
      const endless = (function* (): Generator<string> {
        try {
          for (;;) yield `${made++}`.padEnd(1000, "x");
        } finally {
          closed = true;
        }
      })();
      const taken = (await rpc.call("take", [endless, 3])) as unknown[];
      assert.equal(taken.length, 3);
      assert.ok(made <= 1100, `${made} items were made`);
      assert.equal(closed, true);
    });

    test("a method returns items, one after the other, and stops when its reader does", async () => {
      assert.deepEqual(await all(await rpc.call("numbers", [5])), [0, 1, 2, 3, 4]);
      const first = (await rpc.call("counts")) as { opened: number; ended: number };
      assert.equal(first.opened, first.ended);
      for await (const n of (await rpc.call("numbers", [1_000_000])) as AsyncIterable<number>)
        if (n === 3) break;
      await rpc.ping();
      const counts = (await rpc.call("counts")) as { opened: number; ended: number };
      assert.equal(counts.opened, counts.ended);
    });

    test("a method can read a stream of its caller while it returns one", async () => {
      assert.deepEqual(await all(await rpc.call("upper", [["a", "b"].values()])), ["A", "B"]);
    });

    test("a stream that breaks off is a fault, never an early end", async () => {
      const seen: unknown[] = [];
      const read = async (method: string): Promise<void> => {
        for await (const item of (await rpc.call(method)) as AsyncIterable<unknown>) seen.push(item);
      };
      await assert.rejects(read("broken"), { code: "internal", text: "this side failed" });
      await assert.rejects(read("brokenOnPurpose"), { code: "data_loss", text: "the disk is gone" });
      await assert.rejects(read("wrongItem"), { code: "internal" });
      assert.deepEqual(seen, [1, 1, 1]);
      const failing = (async function* (): AsyncGenerator<string> {
        yield "one";
        throw new Error("the client's secret");
      })();
      await assert.rejects(async () => rpc.call("take", [failing, 5]), {
        code: "internal",
        origin: "callback",
      });
    });

    test("an object is called, given back, and disposed of once", async () => {
      const first = (await rpc.call("counts")) as { disposed: number };
      {
        // oxlint-disable-next-line typescript/no-explicit-any -- what is untyped is called by its names
        const cursor = (await rpc.call("open", [5])) as any;
        assert.equal(await cursor.next(), 5);
        assert.equal(await cursor.advance(10), 16);
        assert.equal(await rpc.call("ask", [cursor]), 16);
        const told: number[] = [];
        await cursor.each((n: number) => told.push(n));
        assert.deepEqual(told, [0, 1, 2]);
        release(cursor);
        release(cursor);
        await assert.rejects(cursor.next(), { code: "reference_gone" });
      }
      await rpc.ping();
      const counts = (await rpc.call("counts")) as { disposed: number };
      assert.equal(counts.disposed - first.disposed, 1);
    });

    test("a function that a method returned is called", async () => {
      const add = (await rpc.call("counter")) as (by: number) => Promise<number>;
      assert.equal(await add(2), 2);
      assert.equal(await add(3), 5);
      await assert.rejects(add("x" as unknown as number), { code: "invalid_argument" });
      release(add);
      await assert.rejects(add(1), { code: "reference_gone" });
    });

    test("what a method gives back is the caller's own", async () => {
      const mine = (): void => undefined;
      assert.equal(await rpc.call("giveBack", [mine]), mine);
    });

    test("of an object the listed methods are called, and no others", async () => {
      const said: string[] = [];
      const sink = {
        write: (text: string) => said.push(text),
        close: () => said.join(),
      };
      assert.equal(await rpc.call("watch", [sink]), "one,two");
      class Sink {
        readonly said: string[] = [];
        write(text: string): void {
          this.said.push(text);
        }
        close(): string {
          return this.said.join("+");
        }
      }
      assert.equal(await rpc.call("watch", [expose(new Sink(), ["write", "close"])]), "one+two");
      await assert.rejects(rpc.call("watch", [expose(new Sink(), ["write"])]), { code: "unimplemented" });
      await assert.rejects(rpc.call("watch", [new Sink()]), { code: "invalid_argument" });
    });

    test("a call on what another will return goes out with it", async () => {
      assert.equal(await pipelined(rpc.call("open", [3]))["next"]?.(), 3);
      const late = rpc.call("openLate", [30]);
      const [a, b] = await Promise.all([pipelined(late)["next"]?.(), pipelined(late)["advance"]?.(5)]);
      assert.deepEqual([a, b], [0, 6]);
      await assert.rejects(
        async () => pipelined(rpc.call("openNever"))["next"]?.(),
        (error: unknown) => {
          assert.ok(error instanceof Error);
          assert.equal(Reflect.get(error, "code"), "not_found");
          assert.equal(Reflect.get(error, "outcome"), "not_started");
          assert.equal(Reflect.get(Object(error.cause), "message"), "there is no such table");
          return true;
        },
      );
    });

    test("a method says how far it is", async () => {
      const heard: unknown[] = [];
      await rpc.call("slow", [100], {}, { onProgress: ({ done, note }) => heard.push([done, note]) });
      assert.deepEqual(heard.at(0), [0, "step 0"]);
      assert.deepEqual(heard.at(-1), [100, "last"]);
      assert.ok(heard.length < 10, `${heard.length} words`);
    });

    test("what is left out, or passed where it is not taken, is said", async () => {
      assert.equal(await rpc.call("optional"), "none");
      assert.equal(await rpc.call("optional", [() => 1]), "function");
      await assert.rejects(rpc.call("data", [() => 1]), { code: "invalid_argument", outcome: "not_started" });
      await assert.rejects(rpc.call("twice", [5, 5]), { code: "invalid_argument" });
      await assert.rejects(rpc.call("first", [() => 1]), { code: "invalid_argument" });
    });

    test("the bounds of the grant are kept", async () => {
      const three = rpc.call("twice", [async (n: number) => n, 1]);
      assert.equal(await three, 1);
    });

    test("a handler that does not wait for its callbacks ends them, and nothing else", async () => {
      assert.equal(await rpc.call("ignore", [() => new Promise(() => undefined)]), "done");
      assert.equal(await rpc.call("twice", [(n: number) => n + 1, 1]), 3);
    });

    test("59: calls in callbacks are so deep and no deeper", async () => {
      let depth = 0;
      const again = async (): Promise<unknown> => {
        depth++;
        return rpc.call("recurse", [again]);
      };
      await assert.rejects(again(), { code: "resource_exhausted" });
      assert.equal(depth, 17);
    });

    test("a cancelled call ends the stream that it returned", async () => {
      const controller = new AbortController();
      const items = (await rpc.call(
        "silent",
        [],
        {},
        { signal: controller.signal },
      )) as AsyncIterable<number>;
      const read = all(items);
      controller.abort();
      await assert.rejects(read, { code: "cancelled" });
    });

    test("an object of one client is called by another, as far as both may", async () => {
      const other = await daemon.connect({}, kind);
      const stop = new AbortController();
      const kept = rpc.call(
        "keep",
        ["hall", { say: (text: string) => `heard ${text}` }],
        {},
        { signal: stop.signal },
      );
      // oxlint-disable-next-line typescript/no-explicit-any -- what is untyped is called by its names
      const hall = (await entered(other, "hall")) as any;
      assert.equal(await hall.say("hello"), "heard hello");
      stop.abort();
      await assert.rejects(kept, { code: "cancelled" });
      await rpc.ping();
      await assert.rejects(hall.say("again"), { code: "reference_gone" });
      await other.close();
    });

    test("a reference that was never passed ends the connection, and the log says so once", async () => {
      const peer = await RawPeer.loggedIn(daemon.at(kind), daemon.identity);
      const said = daemon.nextLine("reference 77 was never passed");
      peer.send([24, 77]);
      await peer.closed;
      assert.match(await said, /a connection broke/);
      await rpc.ping();
      const id = String(JSON.parse(await said)["connection"]);
      const lines = daemon.log.filter((line) => line.includes(id) && !line.includes('"level":"debug"'));
      assert.equal(lines.length, 1, lines.join("\n"));
    });

    test("what fails at the daemon is logged once, with its reason; what fails at the client is not its error", async () => {
      const errors = (): readonly string[] => daemon.log.filter((line) => line.includes('"level":"error"'));
      const first = errors().length;
      const failing = (): never => {
        throw new Error("the client's own");
      };
      for (let i = 0; i < 20; i++) {
        await assert.rejects(rpc.call("recurse", [failing]), { code: "internal", origin: "callback" });
        const items = (async function* (): AsyncGenerator<string> {
          yield failing();
        })();
        await assert.rejects(async () => all(await rpc.call("upper", [items])), { origin: "callback" });
      }
      await assert.rejects(async () => all(await rpc.call("broken")), { code: "internal" });
      await rpc.ping();
      const told = errors().slice(first);
      // A method that fails for one principal is told of three times a minute, whatever the transport; then it is counted.
      const wasTold = errors().filter((line) => line.includes('"method":"broken"')).length;
      assert.ok(told.length <= 1 && wasTold >= 1 && wasTold <= 3, told.join("\n"));
      for (const line of told)
        assert.match(line, /the secret reason.*"method":"broken"|"method":"broken".*the secret reason/);
    });
  });
}

/** The other call may be on its way. */
async function entered(rpc: Rpc, name: string): Promise<unknown> {
  for (let i = 0; i < 100; i++) {
    try {
      return await withOptions(rpc.service(), { timeoutMs: 5000 })["enter"]?.(name);
    } catch {
      await rpc.ping();
    }
  }
  return assert.fail("nobody is there");
}
