import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { limitsWords, parseRate, parseSize } from "../../../policy/base/limits.ts";

const DAY_MS = 86_400_000;

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
});
