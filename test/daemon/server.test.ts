import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect } from "../../client/index.ts";
import type { Rpc } from "../../client/rpc.ts";
import { createServer, type EmbeddedDaemon } from "../../daemon/index.ts";
import { defineService, method, param, z } from "../../service/index.ts";
import { TestDaemon } from "../support/daemon.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- functions without types, as people register them
type Untyped = any;

describe("functions without ceremony", () => {
  let state: TestDaemon;
  let daemon: EmbeddedDaemon;
  let rpc: Rpc;
  const FORMS: Readonly<Record<string, (...args: Untyped[]) => unknown>> = {
    declared: function add(x: Untyped, y: Untyped) {
      return [x, y];
    },
    arrow: (x: Untyped, y: Untyped) => [x, y],
    bare: (x) => x,
    async: async (first: Untyped, second: Untyped) => [first, second],
    none: () => "none",
    withDefault: (x: Untyped, y = 2) => [x, y],
    rest: (...all: Untyped[]) => all,
    taken: ({ x }: Untyped, [y]: Untyped) => [x, y],
    inObject(x: Untyped, y: Untyped) {
      return [x, y];
    },
    bound: ((x: Untyped, y: Untyped) => [x, y]).bind(undefined, 1),
    commented: (x: Untyped /* the first, of two */, y: Untyped) => [x, y],
  };
  before(async () => {
    state = await TestDaemon.start({ grants: 'grants:\n  all: {to: caller, call: ["**"], args: any}\n' });
    const config = join(state.folder, "embedded.yaml");
    const text = "listen: [unix:embedded.sock]\nservices: []\naudit: embedded.jsonl\nlog_level: error\n";
    writeFileSync(config, text, { mode: 0o600 });
    const server = createServer();
    for (const [name, run] of Object.entries(FORMS)) server.register(run, { name });
    server
      .register(function unnamedOption(x: Untyped) {
        return x;
      })
      .register((x: number, y: number) => x * y, {
        name: "times",
        doc: "Multiplies.",
        params: [param("x", z.int()), param("y", z.int().default(10))],
      })
      .register(
        defineService("math", { half: method({ params: [param("n", z.int())], run: ({ n }) => n / 2 }) }),
      );
    daemon = await server.serve(config);
    const [address = assert.fail()] = daemon.addresses;
    rpc = await connect(address, { identity: state.identity, hostKeyFingerprints: [state.hostKey] });
  });
  after(async () => {
    await rpc.close();
    await daemon.stop();
    assert.equal(await state.stop(), 0);
  });

  test("have their own names, and their parameters' where those are plain", async () => {
    const catalogue = await rpc.catalogue();
    const paramsOf = (name: string): unknown => catalogue.get(name)?.params.map((one) => one.name);
    assert.deepEqual(
      Object.keys(FORMS).map((name) => [name, paramsOf(name)]),
      [
        ["declared", ["x", "y"]],
        ["arrow", ["x", "y"]],
        ["bare", ["x"]],
        ["async", ["first", "second"]],
        ["none", []],
        ["withDefault", ["arg1"]],
        ["rest", []],
        ["taken", ["arg1", "arg2"]],
        ["inObject", ["arg1", "arg2"]],
        ["bound", ["arg1"]],
        ["commented", ["arg1", "arg2"]],
      ],
    );
    assert.equal(catalogue.get("times")?.doc, "Multiplies.");
    assert.ok(catalogue.has("unnamedOption") && catalogue.has("math.half"));
  });

  test("get what was passed, in its order", async () => {
    const calls: readonly (readonly [name: string, positional: readonly unknown[], expected: unknown])[] = [
      ["declared", [2, "b"], [2, "b"]],
      ["arrow", [[1], { a: null }], [[1], { a: null }]],
      ["bare", ["x"], "x"],
      ["async", [1, 2], [1, 2]],
      ["none", [], "none"],
      ["withDefault", [1], [1, 2]],
      ["rest", [], []],
      ["taken", [{ x: 5 }, [6]], [5, 6]],
      ["inObject", [1, 2], [1, 2]],
      ["bound", [2], [1, 2]],
      ["commented", [3, 4], [3, 4]],
      ["unnamedOption", [null], null],
      ["times", [6, 7], 42],
      ["times", [6], 60],
      ["math.half", [8], 4],
    ];
    for (const [name, positional, expected] of calls)
      assert.deepEqual(await rpc.call(name, positional), expected, name);
    assert.deepEqual(await rpc.call("arrow", [], { y: 1, x: 2 }), [2, 1], "by name, too");
  });

  test("refuse another number of arguments, and where there are schemas, what they do not take", async () => {
    const refused = { code: "invalid_argument", outcome: "not_started" };
    for (const positional of [[], [1], [1, 2, 3]])
      await assert.rejects(rpc.call("declared", positional), refused);
    await assert.rejects(rpc.call("times", ["6", 7]), (error: unknown) => {
      assert.equal(Reflect.get(Object(error), "code"), "invalid_argument");
      assert.match(JSON.stringify(Reflect.get(Object(error), "issues")), /"path":"x"/);
      return true;
    });
  });

  test("are registered only where they can be methods", () => {
    const server = createServer();
    const register = (what: unknown, name?: string): (() => unknown) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as a program without types
      const run = what as () => unknown;
      return () => server.register(run, name === undefined ? {} : { name });
    };
    for (const what of [undefined, null, 5, "add", {}, []])
      assert.throws(register(what), { name: "TypeError", message: /a function, or what defineService/ });
    assert.throws(
      register(() => 1),
      { name: "TypeError", message: /has no name: register\(run, \{ name: … \}\)/ },
    );
    for (const name of ["__proto__", "a b", "", "rpcd.add", "x".repeat(300)])
      assert.throws(
        register(() => 1, name),
        { name: "TypeError" },
        name,
      );
  });
});
