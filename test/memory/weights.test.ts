import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { WORST_MESSAGES } from "./worst-messages.ts";

const WEIGH = fileURLToPath(new URL("./weigh.js", import.meta.url));
const FLAGS = ["--expose-gc", "--max-semi-space-size=1"];

/** So much more than its cost a message may take: a newer line of Node may need a little more (wire/cost.ts). */
const MOST = 1.25;

/** The kinds that take the most for what they cost: byte strings have bookkeeping beside the heap. */
const HEAVIEST = [
  "byte strings of 65 bytes",
  "byte strings of 5,000 bytes",
  "one text",
  "arrays of one float",
];

/** So much of its cost each of the heaviest takes at least: a scale that weighs nothing would pass everything. */
const LEAST = 0.5;

/** `RPCD_WEIGHTS=all` weighs every kind; without it the heaviest alone. */
const kinds = process.env["RPCD_WEIGHTS"] === "all" ? Object.keys(WORST_MESSAGES) : HEAVIEST;

interface Weight {
  readonly count: number;
  /** in parts of the cost */
  readonly heap: number;
  readonly resident: number;
}

describe("what is decoded takes no more than its cost, or little more", () => {
  for (const kind of kinds)
    test(kind, async (t) => {
      const { stdout } = await promisify(execFile)(process.execPath, [...FLAGS, WEIGH, kind]);
      const { count, heap, resident } = JSON.parse(stdout) as Weight;
      const said = `heap ${heap.toFixed(2)}, resident ${resident.toFixed(2)} of the cost, ${count} messages`;
      t.diagnostic(said);
      assert.ok(heap <= MOST && resident <= MOST, said);
      // Some of the others take a hundredth of their cost, which what else a process does can hide.
      if (HEAVIEST.includes(kind))
        assert.ok(heap >= LEAST && resident >= LEAST, `nothing was weighed: ${said}`);
    });
});
