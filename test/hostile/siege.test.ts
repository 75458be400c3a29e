import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Report } from "../../bench/report.ts";
import { inFolder } from "../support/temp-folder.ts";

const BENCH = fileURLToPath(new URL("../../bench/main.js", import.meta.url));

/** The daemon may take so much more than it takes idle, whatever one attack sends, in MiB. */
const MOST_MIB = 256;

// The siege takes some minutes, and its times are for the bench to show: here counts what holds on any machine.
test(
  "a good client is never refused beside any attack of the siege, and memory is bounded",
  {
    skip: process.env["RPCD_SIEGE"] !== "1" && "CI asks for it by RPCD_SIEGE=1",
  },
  (t) =>
    inFolder(async (folder) => {
      const json = join(folder, "siege.json");
      await promisify(execFile)(process.execPath, [BENCH, "--only", "siege", "--quick", "--json", json]);
      const { siege }: Report = JSON.parse(readFileSync(json, "utf8"));
      assert.ok(siege.length >= 24, `${siege.length} attacks`);
      for (const { attack, over, now } of siege) {
        const { during, peakMib, idleMib } = now;
        const mib = Math.round(peakMib - idleMib);
        t.diagnostic(`${attack} over ${over}: p99 ${during.p99Ms.toFixed(1)} ms, ${mib} MiB`);
        assert.ok(during.calls > 0, attack);
        assert.deepEqual(during.refused, {}, attack);
        assert.ok(mib <= MOST_MIB, `${attack}: ${mib} MiB`);
      }
    }),
);
