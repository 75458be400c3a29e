import { check, decodeChecked, encode } from "../../wire/cbor.ts";
import { SESSION_DATA } from "../../wire/limits.ts";
import type { CheckFound } from "./found.ts";

/*
 * Times the check of messages and the decoding of the same bytes, in turn. It runs as a separate process.
 *
 *     node main.js MS        how long each of the two is run for each kind of data, in milliseconds
 */

/** What people send: by a name for the table. */
const KINDS: Readonly<Record<string, () => unknown>> = {
  "a call": () => [16, 12_345, 0, "calc.add", [12_345, 7], {}, {}],
  rows: () =>
    Array.from({ length: 1_500 }, (_, i) => ({
      id: i,
      name: `user ${i}`,
      email: `user${i}@example.org`,
      active: i % 2 === 0,
      score: i / 3,
    })),
  "a map of ids": () =>
    Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [String(100_000 + 977 * i), i])),
  texts: () =>
    Array.from({ length: 5_000 }, (_, i) => `line number ${i} of a log${" and so on".repeat(i % 5)}`),
  "texts beyond ASCII": () =>
    Array.from({ length: 5_000 }, (_, i) => `größe ${i} über ${"é".repeat(i % 30)}`),
  numbers: () => Array.from({ length: 9_000 }, (_, i) => i * 1.1),
  "whole numbers": () => Array.from({ length: 9_000 }, (_, i) => 7_919 * i),
};

/** Microseconds of one run, on average. */
function timeOf(run: () => unknown, ms: number): number {
  const began = process.hrtime.bigint();
  const until = began + BigInt(Math.round(ms * 1e6));
  let now = began;
  let runs = 0;
  while (now < until) {
    for (let i = 0; i < 10; i++) run();
    runs += 10;
    now = process.hrtime.bigint();
  }
  return Number(now - began) / 1000 / runs;
}

function measure(kind: string, make: () => unknown, ms: number): CheckFound {
  const bytes = new Uint8Array(encode(make()));
  const { cost } = check(bytes, SESSION_DATA);
  const checks = (): unknown => check(bytes, SESSION_DATA);
  const decodes = (): unknown => decodeChecked(bytes, 0, bytes.length, false, false);
  for (const run of [checks, decodes]) timeOf(run, ms / 4);
  const found: CheckFound = { kind, bytes: bytes.length, cost, checkUs: [], decodeUs: [] };
  for (let round = 0; round < 5; round++) {
    found.checkUs.push(timeOf(checks, ms / 5));
    found.decodeUs.push(timeOf(decodes, ms / 5));
  }
  return found;
}

const ms = Number(process.argv[2]);
const found = Object.entries(KINDS).map(([kind, make]) => measure(kind, make, ms));
process.stdout.write(`${JSON.stringify(found)}\n`);
