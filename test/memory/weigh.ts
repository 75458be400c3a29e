import { check, decode } from "../../wire/cbor.ts";
import { SESSION_DATA } from "../../wire/limits.ts";
import { WORST_MESSAGES } from "./worst-messages.ts";

/*
 * Decodes one kind of message until all that is held costs so much, and prints what it takes: a program of its own, since
 * the resident memory of a process that did other things before says nothing.
 *
 *     node --expose-gc weigh.js KIND
 */
const HELD_COST = 64 * 1024 * 1024;

const collect = globalThis.gc;
const [kind = ""] = process.argv.slice(2);
const make = WORST_MESSAGES[kind];
if (make === undefined || collect === undefined)
  throw new Error(`--expose-gc, and one of ${Object.keys(WORST_MESSAGES).join("; ")}`);

const sample = make();
const { cost } = check(sample, SESSION_DATA);
const count = Math.ceil(HELD_COST / cost);
// What garbage the decoder makes on its way is the heap's affair: room for it is made before anything is counted.
for (let i = 0; i < Math.min(count, 2_000); i++) decode(sample, SESSION_DATA);
const messages = Array.from({ length: count }, () => make());
const costs = messages.reduce((sum, message) => sum + check(message, SESSION_DATA).cost, 0);
const held: unknown[] = Array.from({ length: count }, () => undefined);
collect();
collect();
const before = process.memoryUsage();
for (const [i, message] of messages.entries()) held[i] = decode(message, SESSION_DATA);
collect();
collect();
const after = process.memoryUsage();
const heap = after.heapUsed + after.external - before.heapUsed - before.external;
process.stdout.write(
  `${JSON.stringify({ kind, count: held.length, cost: costs, heap: heap / costs, resident: (after.rss - before.rss) / costs })}\n`,
);
