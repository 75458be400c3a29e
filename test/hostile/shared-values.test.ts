import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createKeyFiles, loadPrivateKeyFile } from "../../certs/private-key-file.ts";
import { formatPublicKey } from "../../certs/public-key.ts";
import type { Rpc } from "../../client/rpc.ts";
import { TestDaemon } from "../support/daemon.ts";
import { tempFolder } from "../support/temp-folder.ts";

/*
 * A handler writes what its caller sent into everything that it can reach and that may outlive the call: its arguments and their
 * defaults, at every depth, the context and what is in it, prototypes, the items of a stream and the answers of callbacks with the
 * defaults that schemas put in. Then somebody else calls. Nothing of the first may be seen.
 */

const SERVICE = `
import { callback, defineService, method, param, RpcFault, stream, z } from "rpcd/service";
const inner = z.object({ tags: z.array(z.string()).default(["a"]), when: z.date().optional() });
const DEFAULT = { tags: ["a"], inner: { list: [["x"]] } };
/** Writes a mark into all that is reached from a value. */
const mark = (value, text, seen = new Set()) => {
  if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) return;
  seen.add(value);
  for (const one of [...Object.values(value), Object.getPrototypeOf(value)]) if (one !== Object.prototype && one !== Array.prototype && one !== Function.prototype && one !== Date.prototype && !ArrayBuffer.isView(value)) mark(one, text, seen);
  try { value.mark = text; } catch {}
  try { if (Array.isArray(value)) value.push(text); } catch {}
  try { if (value instanceof Date) value.setTime(0); } catch {}
  try { if (value instanceof Uint8Array) value.fill(120); } catch {}
};
const marksOf = (value) => JSON.stringify(value, (key, one) => typeof one === "bigint" ? String(one) : one) ?? "";
export default defineService({
  args: method({
    params: [
      param("text", z.string()),
      param("deep", z.object({ tags: z.array(z.string()), inner: z.object({ list: z.array(z.array(z.string())) }) }).default(DEFAULT)),
      param("when", z.date().default(new Date(5)), { shape: "time" }),
      param("bytes", z.instanceof(Uint8Array).default(new Uint8Array([1, 2])), { shape: "bytes" }),
    ],
    run: ({ text, deep, when, bytes }) => {
      const before = { deep: structuredClone(deep), when: when.getTime(), bytes: [...bytes] };
      for (const one of [deep, when, bytes]) mark(one, text);
      return before;
    },
  }),
  context: method({ params: [param("text", z.string())], run: (args, ctx) => {
    const before = marksOf([args.mark, ctx.mark, ctx.principal, ctx.trace ?? null, Object.getPrototypeOf(args).mark, Object.getPrototypeOf(ctx).mark, ctx.log.mark, ctx.signal.mark]);
    for (const one of [args, ctx.principal, ctx.trace, ctx.log]) mark(one, args.text);
    try { Object.getPrototypeOf(args).mark = args.text; } catch {}
    ctx.mark = args.text;
    return before;
  } }),
  items: method({ params: [param("text", z.string()), param("items", stream(inner))], run: async ({ text, items }) => { const found = []; for await (const one of items) { found.push(structuredClone(one)); mark(one, text); } return found; } }),
  answers: method({ params: [param("text", z.string()), param("f", callback({ returns: inner }))], run: async ({ text, f }) => { const one = await f(); const before = structuredClone(one); mark(one, text); return before; } }),
  fault: method({ params: [param("text", z.string())], errors: { why: inner }, run: ({ text }) => { const data = { tags: [text] }; throw new RpcFault("not_found", text, { reason: "why", data }); } }),
  plainFault: method({ params: [], errors: { why: inner }, run: () => { throw new RpcFault("not_found", "m", { reason: "why", data: {} }); } }),
});
`;

const GRANTS = `
grants:
  data: {to: everybody, call: [args, context, fault, plainFault], args: any}
  items: {to: everybody, call: items, args: {text: string, items: stream}}
  answers: {to: everybody, call: answers, args: {text: string, f: callback}}
`;

const SECRET = "alice's own words";

describe("what outlives a call", () => {
  let daemon: TestDaemon;
  let alice: Rpc;
  let bob: Rpc;
  let remove: () => void;
  before(async () => {
    const folder = tempFolder();
    remove = folder.remove;
    const key = await createKeyFiles(join(folder.path, "bob"), "bob");
    daemon = await TestDaemon.start({
      service: SERVICE,
      grants: GRANTS.replaceAll("everybody", '[caller, "id:bob"]'),
      identities: `  bob:\n    keys: ["${formatPublicKey(key)}"]\n`,
    });
    alice = await daemon.connect();
    bob = await daemon.connect({ identity: loadPrivateKeyFile(join(folder.path, "bob")).key });
  });
  after(async () => {
    await alice.close();
    await bob.close();
    await daemon.stop();
    remove();
  });

  /** Alice leaves her words wherever the handler can; then both call again, and see what the first call of all saw. */
  const carriesNothing = async (call: (rpc: Rpc, text: string) => Promise<unknown>): Promise<void> => {
    const first = await call(bob, "x");
    await call(alice, SECRET);
    for (const rpc of [bob, alice, bob]) {
      const again = await call(rpc, "x");
      assert.equal(JSON.stringify(again).includes(SECRET), false);
      if (rpc === bob) assert.deepEqual(again, first);
    }
  };

  test("is no default of a parameter, at any depth, nor a date or bytes in one", () =>
    carriesNothing((rpc, text) => rpc.call("args", [text])));

  test("is no context, nothing in it, and no prototype of either", () =>
    carriesNothing((rpc, text) =>
      rpc.call(
        "context",
        [text],
        {},
        { trace: { traceparent: `00-${"1".repeat(32)}-${"2".repeat(16)}-01` } },
      ),
    ));

  test("is no default that a schema puts into an item of a stream, or into the answer of a callback", async () => {
    await carriesNothing((rpc, text) => rpc.call("items", [text, [{}, { tags: ["own"] }].values()]));
    await carriesNothing((rpc, text) => rpc.call("answers", [text, () => ({})]));
  });

  test("is no data of a fault", async () => {
    const data = async (rpc: Rpc, method: string, args: readonly unknown[]): Promise<unknown> => {
      const [one] = await rpc.batch([{ method, positional: args }]);
      return one?.status === "rejected" ? one.reason.data : assert.fail("it answered");
    };
    assert.deepEqual(await data(alice, "fault", [SECRET]), { tags: [SECRET] });
    assert.deepEqual(await data(bob, "plainFault", []), { tags: ["a"] });
  });

  test("is not published: the catalogue says of the default what it said before", async () => {
    for (const rpc of [alice, bob]) {
      const entry = (await rpc.catalogue()).get("args");
      assert.deepEqual(entry?.params[1]?.default, { tags: ["a"], inner: { list: [["x"]] } });
    }
  });
});
