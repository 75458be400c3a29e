/** A service that takes and returns all that can be passed by reference. */
export const LIVE_SERVICE = `
import { createReadStream } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { callback, defineInterface, defineService, method, object, param, RpcFault, signature, stream, z } from "rpcd/service";
const line = callback({ args: [z.string()] });
let disposed = 0;
let opened = 0;
let ended = 0;
const cursor = defineInterface("cursor", {
  next: signature({ doc: "The next number.", params: [], returns: z.int() }),
  advance: signature({ params: [param("by", z.int())], returns: z.int() }),
  hang: signature({ params: [] }),
  each: signature({ params: [param("tell", callback({ args: [z.int()] }))] }),
});
const room = defineInterface("room", { say: signature({ params: [param("text", z.string())], returns: z.string() }) });
const made = (at = 0) => cursor.make({
  next: () => at++,
  advance: ({ by }) => (at += by),
  hang: (_args, ctx) => new Promise((_resolve, reject) => ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason))),
  each: async ({ tell }) => { for (let i = 0; i < 3; i++) await tell(i); },
  [Symbol.dispose]: () => { disposed++; },
});
const rooms = new Map();
export default defineService({
  countLines: method({
    doc: "Iterates the lines of the caller's file, and calls the caller's function for each.",
    params: [param("lines", stream(z.string())), param("on_line", line)],
    returns: z.int(),
    run: async ({ lines, on_line }) => { let count = 0; for await (const one of lines) { await on_line(one); count++; } return count; },
  }),
  countLinesAtOnce: method({
    params: [param("lines", stream(z.string())), param("on_line", line)],
    returns: z.int(),
    run: async ({ lines, on_line }) => { const told = []; for await (const one of lines) told.push(on_line(one)); await Promise.all(told); return told.length; },
  }),
  twice: method({ params: [param("f", callback({ args: [z.int()], returns: z.int() })), param("n", z.int())], returns: z.int(), run: async ({ f, n }) => f(await f(n)) }),
  size: method({ params: [param("data", stream("bytes"))], returns: z.int(), run: async ({ data }) => { let n = 0; for await (const piece of data) n += piece.length; return n; } }),
  first: method({ params: [param("items", stream(z.any()))], run: async ({ items }) => { for await (const one of items) return one; return "none"; } }),
  skim: method({ doc: "Has enough after one item, and goes on.", params: [param("items", stream(z.any())), param("f", callback())], run: async ({ items, f }) => { for await (const _one of items) break; return f(); } }),
  peek: method({ doc: "Reads one item, and leaves the rest as it is.", params: [param("items", stream(z.any())), param("f", callback())], run: async ({ items, f }) => { await items.next(); return f(); } }),
  take: method({ params: [param("items", stream(z.any())), param("n", z.int())], run: async ({ items, n }) => { const all = []; if (n === 0) return all; for await (const one of items) { all.push(one); if (all.length === n) break; } return all; } }),
  copy: method({ params: [param("src", stream("bytes"))], returns: stream("bytes"), run: async function* ({ src }) { yield* src; } }),
  upper: method({ params: [param("lines", stream(z.string()))], returns: stream(z.string()), run: async function* ({ lines }) { for await (const one of lines) yield one.toUpperCase(); } }),
  file: method({ params: [param("path", z.string()), param("ms", z.int().default(0))], returns: stream("bytes"), run: async ({ path, ms }) => { await sleep(ms); return createReadStream(path); } }),
  long: method({ params: [param("length", z.int())], returns: stream(z.string()), run: ({ length }) => ["x".repeat(length)] }),
  longBytes: method({ params: [param("length", z.int())], returns: stream("bytes"), run: ({ length }) => [Buffer.alloc(length)] }),
  toldStream: method({ params: [], returns: stream(z.int()), run: (_args, ctx) => { ctx.progress(1, 2); ctx.progress(2, 2); return [1]; } }),
  numbers: method({ params: [param("n", z.int())], returns: stream(z.int()), run: async function* ({ n }) { opened++; try { for (let i = 0; i < n; i++) yield i; } finally { ended++; } } }),
  broken: method({ params: [], returns: stream(z.int()), run: async function* () { yield 1; throw new Error("the secret reason"); } }),
  brokenOnPurpose: method({ params: [], returns: stream(z.int()), run: async function* () { yield 1; throw new RpcFault("data_loss", "the disk is gone"); } }),
  wrongItem: method({ params: [], returns: stream(z.int()), run: async function* () { yield 1; yield "two"; } }),
  silent: method({ params: [], returns: stream(z.int()), run: async function* (_args, ctx) { await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve)); } }),
  open: method({ params: [param("at", z.int().default(0))], returns: cursor, run: ({ at }) => made(at) }),
  openLate: method({ params: [param("ms", z.int())], returns: cursor, run: async ({ ms }, ctx) => { await sleep(ms, undefined, { signal: ctx.signal }); return made(); } }),
  openNever: method({ params: [], returns: cursor, run: () => { throw new RpcFault("not_found", "there is no such table"); } }),
  ask: method({ params: [param("cursor", cursor)], returns: z.int(), run: async ({ cursor: one }) => one.next({}) }),
  counter: method({ params: [], returns: callback({ args: [z.int()], returns: z.int() }), run: () => { let sum = 0; return (by) => (sum += by); } }),
  giveBack: method({ params: [param("f", line)], returns: line, run: ({ f }) => f }),
  watch: method({ params: [param("sink", object({ methods: { write: callback({ args: [z.string()] }), close: callback() } }))], run: async ({ sink }) => { await sink.write("one"); await sink.write("two"); return sink.close(); } }),
  keep: method({ params: [param("name", z.string()), param("room", room, { share: true })], run: ({ name, room: one }, ctx) => new Promise((resolve) => { rooms.set(name, one); ctx.signal.addEventListener("abort", () => resolve(null)); }) }),
  keepPrivate: method({ params: [param("name", z.string()), param("room", room)], run: ({ name, room: one }, ctx) => new Promise((resolve) => { rooms.set(name, one); ctx.signal.addEventListener("abort", () => resolve(null)); }) }),
  enter: method({ params: [param("name", z.string())], returns: room, run: ({ name }) => rooms.get(name) }),
  optional: method({ params: [param("f", line, { optional: true })], run: ({ f }) => f === undefined ? "none" : typeof f }),
  ignore: method({ params: [param("f", line)], run: ({ f }) => { for (let i = 0; i < 100; i++) f("x"); return "done"; } }),
  storm: method({ params: [param("f", callback()), param("n", z.int())], run: async ({ f, n }) => { const all = await Promise.allSettled(Array.from({ length: n }, () => f())); return all.map(({ status, reason }) => reason?.code ?? status).reduce((sum, one) => ({ ...sum, [one]: (sum[one] ?? 0) + 1 }), {}); } }),
  slow: method({ params: [param("n", z.int())], run: async ({ n }, ctx) => { for (let i = 0; i <= n; i++) ctx.progress(i, n, "step " + i); await sleep(250); ctx.progress(n, n, "last"); return n; } }),
  recurse: method({ params: [param("f", callback())], run: ({ f }) => f() }),
  counts: method({ params: [], run: () => ({ disposed, opened, ended }) }),
  data: method({ params: [param("value", z.any())], run: ({ value }) => value }),
});
`;

export const LIVE_GRANTS = `
grants:
  data: {to: caller, call: ["**"], except: [secret, twice], args: any, returns: [stream, callback, cursor, room]}
  lines: {to: caller, call: [countLines, countLinesAtOnce], args: {lines: stream, on_line: callback}}
  twice: {to: caller, call: twice, args: {f: {callback: {calls: 2}}, n: int}}
  bytes: {to: caller, call: [size, copy], args: {0: stream}, returns: stream}
  items: {to: caller, call: [first, upper], args: {0: stream}, returns: stream}
  skim: {to: caller, call: [skim, peek], args: {items: stream, f: callback}}
  take: {to: caller, call: take, args: {items: stream, n: int}}
  ask: {to: caller, call: ask, args: {cursor: {object: {methods: next}}}}
  each: {to: caller, call: cursor.each, args: {tell: callback}}
  watch: {to: caller, call: watch, args: {sink: {object: {methods: [write, close]}}}}
  back: {to: caller, call: [giveBack, ignore, recurse], args: {f: callback}, returns: callback}
  optional: {to: caller, call: optional, args: {f?: callback}}
  storm: {to: caller, call: storm, args: {f: callback, n: int}}
  keep: {to: caller, call: [keep, keepPrivate], args: {name: string, room: {object: {methods: say, share: true}}}}
`;
