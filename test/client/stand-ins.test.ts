import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { expose, pipelined, release } from "../../client/index.ts";
import type { Rpc } from "../../client/rpc.ts";
import { LiveDaemon } from "../support/live-daemon.ts";
import { heapAfterCollection } from "../support/memory.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- what is untyped is called by its names
type Untyped = any;

describe("what stands for something of a daemon", () => {
  let live: LiveDaemon;
  let rpc: Rpc;
  const warnings: string[] = [];
  const hear = (warning: Error): void => {
    warnings.push(String(Reflect.get(warning, "code")));
  };
  before(async () => {
    live = await LiveDaemon.start();
    process.on("warning", hear);
  });
  after(async () => {
    process.off("warning", hear);
    await live.stop();
  });
  beforeEach(async () => {
    rpc = await live.connect();
    warnings.length = 0;
  });
  afterEach(() => rpc.close());

  for (const method of ["open", "counter", "silent"]) {
    test(`is released at the end of its block: ${method}`, async () => {
      {
        using made = (await rpc.call(method)) as Disposable;
        await live.has({ exported: 1, calls: method === "silent" ? 1 : 0 });
        assert.ok(made);
      }
      await live.has();
      {
        await using made = (await rpc.call(method)) as AsyncDisposable;
        assert.ok(made);
      }
      await live.has();
    });
  }

  test("and nothing else can be released", () => {
    for (const other of [{}, () => undefined, [], rpc, rpc.service("x"), Promise.resolve()])
      assert.throws(() => release(other), { name: "TypeError" });
  });

  /** Until something was warned of, or nothing will be. */
  const collect = async (): Promise<readonly string[]> => {
    for (let round = 0; round < 20 && warnings.length === 0; round++) {
      heapAfterCollection();
      await rpc.ping();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return warnings;
  };

  test("is warned of, once for a connection, when it is forgotten; it stays in use", async () => {
    for (let i = 0; i < 20; i++) await rpc.call(i % 2 === 0 ? "open" : "counter");
    assert.deepEqual(await collect(), ["RPCD_UNRELEASED"]);
    for (let round = 0; round < 5; round++) {
      heapAfterCollection();
      await rpc.ping();
    }
    assert.deepEqual(warnings, ["RPCD_UNRELEASED"]);
    await live.has({ exported: 20 });
  });

  test("is not warned of where it was released, or its connection is closed", async () => {
    for (let i = 0; i < 20; i++) release(Object(await rpc.call("open")));
    assert.deepEqual(await collect(), []);
    for (let i = 0; i < 20; i++) await rpc.call("open");
    await rpc.close();
    rpc = await live.connect();
    assert.deepEqual(await collect(), []);
  });

  test("can be called on before it is there, and after", async () => {
    const opened = rpc.call("open", [3]);
    await opened;
    assert.equal(await pipelined(opened)["next"]?.(), 3);
    const counter = rpc.call("counter");
    await counter;
    assert.equal(await (pipelined(counter) as Untyped)(5), 5);
    const data = rpc.call("data", [1]);
    await assert.rejects(async () => pipelined(data)["next"]?.(), { code: "invalid_argument" });
    await data;
    await assert.rejects(async () => pipelined(data)["next"]?.(), { name: "TypeError" });
    const failed = rpc.call("openNever");
    await assert.rejects(failed, { code: "not_found" });
    await assert.rejects(async () => pipelined(failed)["next"]?.(), { code: "not_found" });
    await assert.rejects(async () => pipelined(Promise.resolve<unknown>({ next: 1 }))["next"]?.(), {
      name: "TypeError",
    });
  });

  test("of the program's own objects only functions are listed, by names that can be called", () => {
    const sink = {
      write: () => undefined,
      size: 5,
      "a b": () => undefined,
      "a.b": () => undefined,
      constructor: () => undefined,
      // oxlint-disable-next-line unicorn/no-thenable -- that is what must not be called from afar
      then: () => undefined,
    };
    assert.equal(expose(sink, ["write"]), sink);
    for (const name of ["size", "a b", "a.b", "constructor", "then", "missing", ""] as const)
      assert.throws(() => expose(sink, [name as "write"]), { name: "TypeError" }, name);
  });
});
