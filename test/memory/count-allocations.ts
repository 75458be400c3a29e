import { check, encode } from "../../wire/cbor.ts";
import { SESSION_DATA } from "../../wire/limits.ts";

/*
 * Prints what the check of each kind of message leaves on the heap, in bytes for each check.
 *
 *     node --max-semi-space-size=64 --expose-gc count-allocations.js
 */
const CHECKS = 20_000;

/** Smaller than the scratch, so that not even a view on it is made. */
const SAMPLES: Readonly<Record<string, unknown>> = {
  "a call": [16, 12_345, 0, "calc.add", [12_345, 7], {}, {}],
  "a call by name": [16, 12_345, 0, "calc.add", [], { a: 1, b: "text" }, { deadline_ms: 500 }],
  rows: Array.from({ length: 40 }, (_, i) => ({ id: i, name: `user ${i}`, score: i / 3, größe: "é" })),
  "a map of many": Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`key${i}`, i])),
  "maps with indexes": Array.from({ length: 40 }, (_, i) => ({ [`${i}`]: 1, "1022": null })),
  texts: ["ascii", "größe", "x".repeat(900), "\u{1f600}".repeat(200)],
  "bytes and times": [Buffer.alloc(100), new Date(1.5), new Date(-1), [[[]]]],
  numbers: [1.5, -0, 2 ** 40, -1, 300, 70_000, null, true],
};

const collect = globalThis.gc;
if (collect === undefined) throw new Error("--expose-gc is missing");

function bytesOfCheck(bytes: Uint8Array): number {
  // Compiled, and all that is made once is made.
  for (let i = 0; i < CHECKS; i++) check(bytes, SESSION_DATA);
  collect?.();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < CHECKS; i++) check(bytes, SESSION_DATA);
  return (process.memoryUsage().heapUsed - before) / CHECKS;
}

const found = Object.entries(SAMPLES).map(([kind, value]) => ({
  kind,
  bytes: bytesOfCheck(new Uint8Array(encode(value))),
}));
process.stdout.write(JSON.stringify(found));
