import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { durationWords, parseDuration } from "../../base/duration.ts";

const DAY_MS = 86_400_000;

describe("parseDuration", () => {
  test("reads a whole number with its unit, up to a day", () => {
    const lengths: readonly (readonly [text: string, ms: number])[] = [
      ["1ms", 1],
      ["500ms", 500],
      ["1s", 1000],
      ["90s", 90_000],
      ["10m", 600_000],
      ["1h", 3_600_000],
      ["24h", DAY_MS],
      ["1440m", DAY_MS],
      ["86400s", DAY_MS],
      ["86400000ms", DAY_MS],
      ["1d", DAY_MS],
    ];
    for (const [text, ms] of lengths) assert.equal(parseDuration(text), ms, text);
  });

  test("refuses what is longer than a day, by however little", () => {
    for (const text of ["86400001ms", "86401s", "1441m", "25h", "2d", "99999999d"])
      assert.equal(parseDuration(text), "at most a day (1d) was expected", text);
  });

  test("refuses what is no such quantity", () => {
    const none = [
      "",
      "0s",
      "00s",
      "01s",
      "s",
      "10",
      "-1s",
      "+1s",
      "1.5h",
      "1e3s",
      "10 m",
      " 10m",
      "10m ",
      "10m\n",
    ];
    const units = ["10M", "10S", "10us", "10min", "10w", "10y", "1h30m", "10constructor", "١0s"];
    for (const text of [...none, ...units, `${"9".repeat(16)}ms`])
      assert.match(String(parseDuration(text)), /^a length of time was expected, like 500ms/, text);
  });
});

describe("durationWords", () => {
  test("have the largest unit that leaves a whole number", () => {
    const words: readonly (readonly [ms: number, text: string])[] = [
      [1, "1ms"],
      [999, "999ms"],
      [1000, "1s"],
      [1001, "1001ms"],
      [90_000, "90s"],
      [3_600_000, "1h"],
      [5_400_000, "90m"],
      [DAY_MS, "1d"],
      [DAY_MS - 1, "86399999ms"],
    ];
    for (const [ms, text] of words) assert.equal(durationWords(ms), text);
  });

  test("are read as the duration that they say", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: DAY_MS }), (ms) =>
        assert.equal(parseDuration(durationWords(ms)), ms),
      ),
      { seed: 6, numRuns: 1000 },
    );
  });
});
