import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { RpcError } from "../../client/index.ts";
import type { Rpc } from "../../client/rpc.ts";
import { TestDaemon } from "../support/daemon.ts";

const SERVICE = `
import { callback, defineService, method, param, stream, z } from "rpcd/service";
const standard = (validate) => ({ "~standard": { version: 1, vendor: "test", validate: (value) => value === undefined ? { issues: [{ message: "missing" }] } : validate(value) } });
const pushes = standard((value) => { value.push("more"); return { value }; });
const later = standard(async (value) => { await null; value.setTime(0); return { value }; });
const bytes = standard((value) => { value[0] = 0; return { value }; });
const strings = z.array(z.string());
export default defineService({
  tags: method({ params: [param("tags", strings)], run: ({ tags }) => tags.length }),
  pushes: method({ params: [param("tags", pushes)], run: ({ tags }) => tags.length }),
  later: method({ params: [param("when", later)], run: () => 1 }),
  bytes: method({ params: [param("key", bytes)], run: () => 1 }),
  sorts: method({ params: [param("tags", strings)], run: ({ tags }) => tags.sort() }),
  copies: method({ params: [param("tags", strings)], run: ({ tags }) => [...tags].sort() }),
  absent: method({ params: [param("tags", z.array(z.array(z.string())).default([["x"]]))], run: ({ tags }) => { try { tags[0].push("y"); } catch {} return tags; } }),
  ask: method({ params: [param("f", callback({ returns: strings }))], run: async ({ f }) => { try { return (await f()).length; } catch (error) { return error.detail; } } }),
  converts: method({ params: [param("f", callback({ returns: z.array(z.coerce.number()) }))], run: async ({ f }) => (await f()).length }),
  read: method({ params: [param("items", stream(strings))], run: async ({ items }) => { try { for await (const item of items) return item.length; } catch (error) { return error.detail; } } }),
});
`;

const GRANTS = `
grants:
  data: { to: caller, call: ["**"], except: [ask, converts, read], args: any }
  callbacks: { to: caller, call: [ask, converts], args: { f: { callback: { calls: 9, for: 1m } } } }
  streams: { to: caller, call: read, args: { items: { stream: { bytes: 8MiB, for: 1m } } } }
`;

describe("values that cost a schema more than a caller", () => {
  let daemon: TestDaemon;
  let rpc: Rpc;
  before(async () => {
    daemon = await TestDaemon.start({ service: SERVICE, grants: GRANTS });
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
  const wrong = Array.from({ length: 9_900 }, () => 1);
  const texts = Array.from({ length: 9_900 }, () => "1");

  test("are answered with at most sixteen issues of bounded length", async () => {
    const error = await failing(rpc.call("tags", [wrong]));
    assert.equal(error.code, "invalid_argument");
    assert.equal(error.issues.length, 16);
    assert.deepEqual(error.issues[15], {
      path: "tags[15]",
      message: "string was expected, the number 1 was found",
    });
    assert.equal(error.message.length < 4_096, true);
    assert.equal(await rpc.call("tags", [texts]), 9_900);
  });

  test("keep the words of the schema where they are small", async () => {
    const error = await failing(rpc.call("tags", [["a", 1]]));
    assert.deepEqual(
      error.issues.map(({ path }) => path),
      ["tags[1]"],
    );
    assert.match(error.issues[0]?.message ?? "", /expected string, received number/);
  });

  test("come as answers of callbacks and as items of streams, and the handler is told in bounded words", async () => {
    for (const said of [
      await rpc.call("ask", [() => wrong]),
      await rpc.call("read", [
        (function* () {
          yield wrong;
        })(),
      ]),
    ])
      assert.match(
        String(said),
        /^(?:what the client answered to a callback|an item of the client's stream) is not what the method declares: it\[0\]: string was expected, the number 1 was found$/,
      );
    assert.equal(await rpc.call("ask", [() => texts]), 9_900);
  });

  test("are converted where the schema of a callback converts, however many they are", async () => {
    assert.equal(await rpc.call("converts", [() => texts]), 9_900);
  });
});

describe("what was sent", () => {
  let daemon: TestDaemon;
  let rpc: Rpc;
  before(async () => {
    daemon = await TestDaemon.start({ service: SERVICE, grants: GRANTS });
    rpc = await daemon.connect();
  });
  after(async () => {
    await rpc.close();
    assert.equal(await daemon.stop(), 0);
  });
  const codeOf = (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => "answered",
      (error: unknown) => (error instanceof RpcError ? error.code : error),
    );

  test("cannot be changed by a schema: the call fails, and the log says why", async () => {
    for (const [method, value, name] of [
      ["pushes", ["a"], "tags"],
      ["later", new Date(5), "when"],
      ["bytes", Uint8Array.of(1, 2), "key"],
    ] as const) {
      const logged = daemon.nextLine(`the schema of '${name}' changes its input: a schema may only check`);
      assert.equal(await codeOf(rpc.call(method, [value])), "internal", method);
      await logged;
    }
  });

  test("cannot be changed by a handler either, which may copy it", async () => {
    assert.equal(await codeOf(rpc.call("sorts", [["b", "a"]])), "internal");
    assert.deepEqual(await rpc.call("copies", [["b", "a"]]), ["a", "b"]);
  });

  test("does not reach another call through a default", async () => {
    for (let i = 0; i < 3; i++) assert.deepEqual(await rpc.call("absent"), [["x"]]);
  });
});
