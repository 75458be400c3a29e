/**
 * A service whose answers depend on nothing but the order of the messages of one connection. Calls run side by side, so no two
 * methods share what either changes after its first `await`.
 */
export const ORDER_SERVICE = `
import { callback, defineInterface, defineService, method, param, RpcFault, signature, stream, z } from "rpcd/service";
const aborted = (ctx) => new Promise((_resolve, reject) => ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason)));
const soon = async (value) => { await null; await null; return value; };
const refused = () => new RpcFault("not_found", "there is none");
const line = callback({ args: [z.string()] });
const leaf = defineInterface("leaf", {
  next: signature({ params: [], returns: z.int() }),
  never: signature({ params: [] }),
});
const cursor = defineInterface("cursor", {
  next: signature({ params: [], returns: z.int() }),
  soon: signature({ params: [], returns: z.int() }),
  fail: signature({ params: [] }),
  never: signature({ params: [] }),
  leaf: signature({ params: [], returns: leaf }),
  leafSoon: signature({ params: [], returns: leaf }),
  each: signature({ params: [param("tell", line)], returns: z.int() }),
});
const makeLeaf = (at) => leaf.make({ next: () => at++, never: (_args, ctx) => aborted(ctx) });
const makeCursor = () => {
  let at = 0;
  return cursor.make({
    next: () => at++,
    soon: () => soon(at++),
    fail: () => { throw refused(); },
    never: (_args, ctx) => aborted(ctx),
    leaf: () => makeLeaf(100 * at),
    leafSoon: () => soon(makeLeaf(100 * at)),
    each: async ({ tell }) => { await tell("a"); await tell("b"); return 2; },
  });
};
let running = 0;
export default defineService({
  now: method({ params: [param("n", z.int())], returns: z.int(), run: ({ n }) => n }),
  soon: method({ params: [param("n", z.int())], returns: z.int(), run: ({ n }) => soon(n) }),
  never: method({ params: [], run: (_args, ctx) => { running++; ctx.signal.addEventListener("abort", () => running--); return aborted(ctx); } }),
  running: method({ params: [], returns: z.int(), run: () => running }),
  fail: method({ params: [], run: () => { throw refused(); } }),
  failSoon: method({ params: [], run: async () => { await null; throw refused(); } }),
  secret: method({ params: [], run: () => "never" }),
  open: method({ params: [], returns: cursor, run: makeCursor }),
  openSoon: method({ params: [], returns: cursor, run: () => soon(makeCursor()) }),
  openNever: method({ params: [], returns: cursor, run: (_args, ctx) => aborted(ctx) }),
  openFail: method({ params: [], returns: cursor, run: async () => { throw refused(); } }),
  counter: method({ params: [], returns: callback({ args: [z.int()], returns: z.int() }), run: () => { let sum = 0; return (by) => (sum += by); } }),
  numbers: method({ params: [], returns: stream(z.int()), run: () => [1, 2, 3] }),
  cutOff: method({ params: [], returns: stream(z.int()), run: async function* () { yield 1; throw refused(); } }),
  silent: method({ params: [], returns: stream(z.int()), run: async function* (_args, ctx) { await aborted(ctx); } }),
  ask: method({ params: [param("cursor", cursor)], returns: z.int(), run: ({ cursor: one }) => one.next({}) }),
  count: method({ params: [param("items", stream(z.any()))], returns: z.int(), run: async ({ items }) => { let n = 0; for await (const _one of items) n++; return n; } }),
  first: method({ params: [param("items", stream(z.any()))], run: async ({ items }) => { for await (const one of items) return one; return "none"; } }),
  all: method({ params: [param("items", stream(z.any()))], run: async ({ items }) => { const all = []; for await (const one of items) all.push(one); return all; } }),
  upper: method({ params: [param("items", stream(z.string()))], returns: stream(z.string()), run: async function* ({ items }) { for await (const one of items) yield one.toUpperCase(); } }),
  unread: method({ params: [param("items", stream(z.any()))], run: () => "unread" }),
  tell: method({ params: [param("f", line)], run: ({ f }) => f("one") }),
  tellTwice: method({ params: [param("f", line)], run: async ({ f }) => [await f("one"), await f("two")] }),
  tellEach: method({ params: [param("items", stream(z.any())), param("f", line)], run: async ({ items, f }) => { let n = 0; for await (const _one of items) { await f("item"); n++; } return n; } }),
  giveBack: method({ params: [param("f", line)], returns: line, run: ({ f }) => f }),
  giveBackLate: method({ params: [param("f", line)], returns: line, run: async ({ f }) => { await f("one"); return f; } }),
  ignore: method({ params: [param("f", line)], run: ({ f }) => { f("ignored"); return "done"; } }),
});
`;

export const ORDER_GRANTS = `
grants:
  data: {to: caller, call: ["**"], except: secret, args: any, returns: [stream, callback, cursor, leaf]}
  items: {to: caller, call: [count, first, all, upper, unread], args: {items: stream}, returns: stream}
  told: {to: caller, call: [tell, tellTwice, giveBack, giveBackLate, ignore], args: {f: callback}, returns: callback}
  each: {to: caller, call: tellEach, args: {items: stream, f: callback}}
  on: {to: caller, call: cursor.each, args: {tell: callback}}
  ask: {to: caller, call: ask, args: {cursor: {object: {methods: next}}}}
`;
