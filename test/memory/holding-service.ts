/** A service whose handlers hold on to all that they are given, and that says what its process has in memory. */
export const HOLDING_SERVICE = `
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { callback, defineInterface, defineService, method, param, signature, stream, z } from "rpcd/service";
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");
const any = z.any();
const value = param("value", any);
const untilAborted = (held, ctx) => new Promise((_resolve, reject) => ctx.signal.addEventListener("abort", () => reject(new Error(typeof held))));
const box = defineInterface("box", { put: signature({ params: [value] }) });
export default defineService({
  add: method({ params: [param("a", z.int()), param("b", z.int())], returns: z.int(), run: ({ a, b }) => a + b }),
  hold: method({ params: [value], run: ({ value }, ctx) => untilAborted(value, ctx) }),
  never: method({ params: [], returns: box, run: (_args, ctx) => untilAborted(undefined, ctx) }),
  box: method({ params: [value], returns: box, run: ({ value }) => box.make({ put: () => value }) }),
  giver: method({ params: [value], returns: callback({ args: [] }), run: ({ value }) => () => value }),
  feed: method({ params: [value], returns: stream(any), run: async function* ({ value }, ctx) { await untilAborted(value, ctx); } }),
  read: method({ params: [param("items", stream(any))], run: async ({ items }, ctx) => { await items.next(); await untilAborted(items, ctx); } }),
  tell: method({ params: [param("f", callback({ args: [any] })), param("n", z.int()), value], run: ({ f, n, value }) => Promise.all(Array.from({ length: n }, (_, i) => f(typeof value === "string" ? value + i : value))) }),
  list: method({ params: [param("ids", z.array(z.int()))], run: ({ ids }) => ids.length }),
  large: method({ params: [], run: () => "x".repeat(1_000_000) }),
  weigh: method({ params: [], run: async () => {
    for (let i = 0; i < 3; i++) { collect(); await sleep(5); }
    const { heapUsed, external, rss } = process.memoryUsage();
    return { heap: heapUsed + external, resident: rss };
  } }),
});
`;

/** Grants of the tester, who holds all that it may. */
export const HOLDING_GRANTS = `
  data: {to: caller, call: [add, hold, never, box, giver, feed, large, list, box.put], args: any, returns: [stream, callback, box]}
  read: {to: caller, call: read, args: {items: stream}}
  tell: {to: caller, call: tell, args: {f: {callback: {calls: 1000000}}, n: int, value: any}}
  other: {to: admin, call: [add, weigh], args: any}
`;
