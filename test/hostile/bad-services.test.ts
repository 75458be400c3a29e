import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { RpcError } from "../../client/index.ts";
import type { Rpc } from "../../client/rpc.ts";
import { TestDaemon } from "../support/daemon.ts";

/** Written without types, by somebody who was in a hurry. Its callers are worse. */
const CARELESS = `
import { defineService, method, param, RpcFault, z } from "rpcd/service";
const lists = {
  long: () => new RpcFault("not_found", "x".repeat(100_000)),
  huge: () => new RpcFault("not_found", "x".repeat(3_000_000)),
  data: () => new RpcFault("not_found", "m", { reason: "big", data: "x".repeat(2_000_000) }),
  getter: () => new RpcFault("not_found", "m", { reason: "big", data: { get a() { throw new Error("getter"); } } }),
  retryNull: () => new RpcFault("not_found", "m", { retry: null }),
  retryOdd: () => new RpcFault("not_found", "m", { retry: { ok: "yes" } }),
  retryNaN: () => new RpcFault("not_found", "m", { retry: { ok: true, afterMs: NaN } }),
  issues: () => new RpcFault("not_found", "m", { issues: 5, outcome: "bogus", origin: "elsewhere" }),
  code: () => new RpcFault("constructor", "m"),
  message: () => new RpcFault("not_found", { toString: () => "m" }),
  copy: () => Object.assign(new Error("x"), { code: "not_found", detail: "of another copy", parts: { text: "of another copy" }, [Symbol.for("rpcd.RpcFault")]: true }),
  text: () => "a text",
  nothing: () => undefined,
  cyclic: () => { const error = new Error("c"); error.cause = error; return error; },
  frozen: () => Object.freeze({ code: "not_found" }),
};
const slow = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const later = { "~standard": { version: 1, vendor: "test", validate: async (value) => { await slow(60); return { value }; } } };
const rejects = { "~standard": { version: 1, vendor: "test", validate: async (value) => { await slow(1); value.length.x; throw new Error("rejected"); } } };
const throws = { "~standard": { version: 1, vendor: "test", validate: (value) => { if (value === undefined) return { issues: [{ message: "missing" }] }; throw new Error("thrown"); } } };
let started = 0;
export default defineService({
  throw: method({ params: [param("kind", z.string())], errors: { big: z.any() }, run: ({ kind }) => { throw lists[kind](); } }),
  getter: method({ params: [], run: () => ({ get a() { throw new Error("in a getter"); } }) }),
  getterLater: method({ params: [], run: async () => ({ get a() { throw new Error("in a getter"); } }) }),
  thenable: method({ params: [], run: () => ({ then: (resolve, reject) => reject(new Error("thenable")) }) }),
  strict: method({ params: [param("a", z.strictObject({ x: z.int() }))], run: () => 1 }),
  loose: method({ params: [param("a", z.object({ x: z.int(), list: z.array(z.object({ y: z.int() })) }))], run: () => 1 }),
  both: method({ params: [param("a", rejects), param("b", throws)], run: () => 1 }),
  later: method({ params: [param("a", later)], run: ({ a }) => { started++; return a; } }),
  started: method({ params: [], run: () => started }),
  forget: method({ params: [param("text", z.string())], run: ({ text }) => { Promise.reject(new Error(text)); return 1; } }),
  explode: method({ params: [], run: () => { setTimeout(() => { throw new Error("nobody caught this"); }, 1); return 1; } }),
});
`;

describe("a careless service", () => {
  let daemon: TestDaemon;
  let rpc: Rpc;
  before(async () => {
    daemon = await TestDaemon.start({ service: CARELESS });
    rpc = await daemon.connect();
  });
  after(async () => {
    await rpc.close();
    assert.equal(await daemon.stop(), 0);
  });
  const failing = async (call: Promise<unknown>): Promise<RpcError> => {
    const error = await call.then(
      () => assert.fail("it answered"),
      (found: unknown) => found,
    );
    assert.ok(error instanceof RpcError, String(error));
    return error;
  };

  test("whatever it throws, its caller gets one fault, and the connection and its other calls go on", async () => {
    const other = rpc.call("later", ["still here"]);
    const codes: Record<string, string> = {
      long: "not_found",
      huge: "not_found",
      data: "internal",
      getter: "internal",
      retryNull: "not_found",
      retryOdd: "not_found",
      retryNaN: "not_found",
      issues: "not_found",
      code: "internal",
      message: "internal",
      copy: "not_found",
      text: "internal",
      nothing: "internal",
      cyclic: "internal",
      frozen: "internal",
    };
    for (const [kind, code] of Object.entries(codes))
      assert.equal((await failing(rpc.call("throw", [kind]))).code, code, kind);
    assert.equal((await failing(rpc.call("throw", ["long"]))).text.length, 4096);
    assert.equal(await other, "still here");
  });

  test("a result with a getter or a then that throws is its call's own affair", async () => {
    for (const name of ["getter", "getterLater", "thenable"])
      assert.equal((await failing(rpc.call(name))).code, "internal", name);
    assert.equal((await rpc.call("started")) !== undefined, true);
  });

  test("a caller with a thousand wrong keys reads sixteen issues, which the shape reports in place of the schema", async () => {
    const wrong = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`${"k".repeat(100)}${i}`, 1]));
    const error = await failing(rpc.call("strict", [wrong]));
    assert.deepEqual([error.code, error.issues[0]?.path], ["invalid_argument", "a.x"]);
    assert.equal(error.issues.length, 16);
  });

  test("a caller with some wrong keys reads one issue of the schema, of bounded length", async () => {
    const wrong = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`${"k".repeat(100)}${i}`, 1]));
    const error = await failing(rpc.call("strict", [{ x: 1, ...wrong }]));
    assert.deepEqual(
      error.issues.map(({ path, message }) => [path, message.length]),
      [["a", 1024]],
    );
  });

  test("a key that a schema would leave out is named", async () => {
    const error = await failing(rpc.call("loose", [{ x: 1, list: [{ y: 2 }, { y: 2, more: 3 }] }]));
    assert.deepEqual([error.code, error.issues[0]?.path], ["invalid_argument", "a.list[1].more"]);
    assert.equal(await rpc.call("loose", [{ x: 1, list: [] }]), 1);
  });

  test("schemas that throw or reject, also both at once, fail their call and nothing else", async () => {
    assert.equal((await failing(rpc.call("both", [1, 2]))).code, "internal");
    assert.equal(await rpc.call("later", [7]), 7);
  });

  test("a handler does not start after its deadline, or for a caller that has gone, because a schema was slow", async () => {
    const begun = await rpc.call("started");
    assert.equal((await failing(rpc.call("later", [1], {}, { timeoutMs: 20 }))).code, "deadline_exceeded");
    const gone = await daemon.connect();
    const call = gone.call("later", [1]).catch(() => undefined);
    await gone.ping();
    await gone.close();
    await call;
    assert.equal(await rpc.call("later", [2]), 2);
    assert.equal(await rpc.call("started"), Number(begun) + 1);
  });

  test("a promise that it forgets is logged on one line, escaped, and the daemon goes on", async () => {
    await rpc.call("forget", ['\u001b[2J\n{"level":"info","msg":"forged"}']);
    assert.equal(await rpc.call("forget", ["again"]), 1);
    const lines = daemon.log.filter((line) => line.includes("a promise was rejected and nobody listened"));
    assert.equal(lines.length >= 1, true);
    assert.equal(
      daemon.log.some(
        (line) => line.includes("\u001b") || line.startsWith('{"level":"info","msg":"forged"}'),
      ),
      false,
    );
  });
});

describe("a service that throws where nobody catches", () => {
  test("ends the daemon in order, with 1: running calls finish", async () => {
    const daemon = await TestDaemon.start({ service: CARELESS });
    const rpc = await daemon.connect();
    const [answer] = await Promise.all([rpc.call("later", ["finished"]), rpc.call("explode")]);
    assert.equal(answer, "finished");
    await rpc.closed;
    // It ends by itself: a signal while node is taken down would end it in place of that.
    assert.equal(await daemon.exited(), 1);
    await daemon.stop();
    assert.equal(
      daemon.log.some((line) => line.includes("nobody caught this")),
      true,
    );
  });
});

describe("a catalogue", () => {
  test("of many large methods comes in pages, whole", async () => {
    const field = Array.from({ length: 20 }, (_, i) => `f${i}: z.int()`).join(", ");
    const methods = Array.from(
      { length: 300 },
      (_, i) => `m${i}: method({ params: [], returns: z.object({ ${field} }), run: () => 1 })`,
    ).join(",\n");
    const daemon = await TestDaemon.start({
      service: `import { defineService, method, z } from "rpcd/service"; export default defineService("big", { ${methods} });`,
      grants: "grants:\n  all:\n    to: caller\n    call: big.*\n    args: none\n",
    });
    const rpc = await daemon.connect();
    const catalogue = await rpc.catalogue();
    assert.equal([...catalogue.keys()].filter((name) => name.startsWith("big.")).length, 300);
    await rpc.close();
    assert.equal(await daemon.stop(), 0);
  });

  test("of deep and recursive shapes is shown as deep as a message goes", async () => {
    const deep = Array.from({ length: 40 }).reduce<string>(
      (inner) => `z.strictObject({ a: ${inner} })`,
      "z.int()",
    );
    const daemon = await TestDaemon.start({
      service: `import { defineService, method, param, z } from "rpcd/service"; export default defineService({ deep: method({ params: [param("a", ${deep})], run: () => 1 }) });`,
      grants: "grants:\n  all:\n    to: caller\n    call: deep\n    args: any\n",
    });
    const rpc = await daemon.connect();
    assert.equal((await rpc.catalogue()).has("deep"), true);
    await rpc.close();
    assert.equal(await daemon.stop(), 0);
  });
});

describe("an identity with a thousand roles", () => {
  test("logs in", async () => {
    const daemon = await TestDaemon.start();
    const policy = join(daemon.folder, "policy.yaml");
    const names = Array.from({ length: 1_000 }, (_, i) => `role-${i}`);
    const text = readFileSync(policy, "utf8")
      .replace("roles:\n", `roles:\n${names.map((name) => `  ${name}:\n`).join("")}`)
      .replace("roles: [caller]", `roles: [caller, ${names.join(", ")}]`);
    writeFileSync(policy, text);
    daemon.signal("SIGTERM");
    await daemon.exited();
    await daemon.restart();
    const rpc = await daemon.connect();
    assert.equal(rpc.roles.length, 1_001);
    await rpc.close();
    assert.equal(await daemon.stop(), 0);
  });
});
