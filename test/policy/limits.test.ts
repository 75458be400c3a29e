import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { durationWords, limitsWords, parseDuration, parseRate, parseSize } from "../../policy/limits.ts";

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

describe("parseSize", () => {
  test("reads a whole number with its unit, as far as it can be counted", () => {
    const sizes: readonly (readonly [text: string, bytes: number])[] = [
      ["1B", 1],
      ["512B", 512],
      ["1KiB", 1024],
      ["64KiB", 65_536],
      ["1MiB", 2 ** 20],
      ["1GiB", 2 ** 30],
      ["999999999999999B", 999_999_999_999_999],
      ["8388607GiB", 8_388_607 * 2 ** 30],
    ];
    for (const [text, bytes] of sizes) assert.equal(parseSize(text), bytes, text);
  });

  test("refuses what is no such quantity, or cannot be counted", () => {
    const none = ["", "0B", "01B", "B", "64", "-1B", "1.5KiB", "1 KiB", "1KiB ", "8388608GiB"];
    const units = ["1b", "1KB", "1kB", "1K", "1kib", "1KIB", "1MB", "1TiB", "1toString"];
    for (const text of [...none, ...units])
      assert.match(String(parseSize(text)), /^a size was expected, like 512B/, text);
  });
});

describe("parseRate", () => {
  test("reads so many in a unit of time", () => {
    assert.deepEqual(parseRate("1/s"), { count: 1, perMs: 1000 });
    assert.deepEqual(parseRate("100/m"), { count: 100, perMs: 60_000 });
    assert.deepEqual(parseRate("6/h"), { count: 6, perMs: 3_600_000 });
    assert.deepEqual(parseRate("99999999/d"), { count: 99_999_999, perMs: DAY_MS });
  });

  test("refuses what is no such rate", () => {
    const none = ["", "0/s", "01/s", "/s", "6", "6/", "6/fortnight", "100000000/s", "-1/s", "1.5/s", "1e3/s"];
    for (const text of [...none, "6 / h", "6/h ", "6/H", "6/ms", "6/1h", "6/2s", "6/min", "6\\h"])
      assert.equal(parseRate(text), "a rate was expected, like 5/s, 100/m, 6/h or 20/d", text);
  });
});

describe("limits in words", () => {
  test("are those of the language", () => {
    assert.equal(limitsWords({}), "");
    assert.equal(limitsWords({ rate: { count: 6, perMs: 3_600_000 } }), "rate 6/h");
    assert.equal(
      limitsWords({
        rate: { count: 1, perMs: DAY_MS },
        concurrent: 4,
        timeoutMs: 900_000,
        requestBytes: 65_536,
      }),
      "rate 1/d, concurrent 4, timeout 15m, request 65536 B",
    );
  });

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
