import { check, decode } from "../../wire/cbor.ts";
import { SESSION_DATA } from "../../wire/limits.ts";
import { WORST_MESSAGES } from "./worst-messages.ts";

/*
 * Decodes one kind of message until all that is held costs so much, and prints what it takes: a program of its own, since
 * the resident memory of a process that did other things before says nothing. With a small space for new objects: the room that
 * V8 makes for garbage is up to 100 MiB, however much is held, and would hide what is measured.
 *
 *     node --expose-gc --max-semi-space-size=1 weigh.js KIND
 */
const HELD_COST = 64 * 1024 * 1024;

/** As much is decoded and held before anything is counted: the code is compiled, and the heap has the shape that it keeps. */
const HELD_BEFORE_COST = 32 * 1024 * 1024;

const collect = globalThis.gc;
const [kind = ""] = process.argv.slice(2);
const make = WORST_MESSAGES[kind];
if (make === undefined || collect === undefined)
  throw new Error(`--expose-gc, and one of ${Object.keys(WORST_MESSAGES).join("; ")}`);

const sample = make();
const { cost } = check(sample, SESSION_DATA);
// Only where each message has keys of its own does each have to be made: that takes longer than all else here.
const isAlike = Buffer.compare(sample, make()) === 0;
const messages = (atLeast: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(atLeast / cost) }, () => (isAlike ? sample : make()));

const counted = messages(HELD_COST);
const costs = isAlike
  ? counted.length * cost
  : counted.reduce((sum, message) => sum + check(message, SESSION_DATA).cost, 0);
const held: unknown[] = messages(HELD_BEFORE_COST).map((message) => decode(message, SESSION_DATA));
collect();
collect();
const before = process.memoryUsage();
for (const message of counted) held.push(decode(message, SESSION_DATA));
collect();
collect();
const after = process.memoryUsage();
const heap = after.heapUsed + after.external - before.heapUsed - before.external;
const count = held.length;
process.stdout.write(
  `${JSON.stringify({ kind, count, cost: costs, heap: heap / costs, resident: (after.rss - before.rss) / costs })}\n`,
);
