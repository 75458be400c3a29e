import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { ALWAYS, holdsAt, parseTime, windowWords } from "../../../policy/syntax/window.ts";
import { assertSays } from "../findings.ts";

describe("parseTime", () => {
  const times: readonly (readonly [text: string, ms: number])[] = [
    ["1970-01-01T00:00:00Z", 0],
    ["1970-01-01T00:00:00+00:00", 0],
    ["1970-01-01T00:00:00-00:00", 0],
    ["1970-01-01t00:00:00z", 0],
    ["1970-01-01T01:00:00+01:00", 0],
    ["1969-12-31T18:30:00-05:30", 0],
    ["1970-01-02T23:59:00+23:59", 86_400_000],
    ["1969-12-31T00:01:00-23:59", 0],
    ["2026-06-01T12:30:15.25Z", Date.UTC(2026, 5, 1, 12, 30, 15, 250)],
    ["1970-01-01T00:00:00.0Z", 0],
    ["1970-01-01T00:00:00.001Z", 1],
    ["1970-01-01T00:00:00.29Z", 290],
    ["1970-01-01T00:00:00.57Z", 570],
    ["1970-01-01T00:00:00.9999Z", 999],
    ["1970-01-01T00:00:00.999999999Z", 999],
    ["1969-12-31T23:59:59.999999999Z", -1],
    ["2024-02-29T00:00:00Z", Date.UTC(2024, 1, 29)],
    ["2000-02-29T23:59:59Z", Date.UTC(2000, 1, 29, 23, 59, 59)],
    ["0000-02-29T00:00:00Z", -62_162_121_600_000],
    ["0099-12-31T23:59:59Z", -59_011_459_201_000],
    ["9999-12-31T23:59:59.999Z", 253_402_300_799_999],
    ["2026-03-29T02:30:00Z", Date.UTC(2026, 2, 29, 2, 30)],
  ];
  for (const [text, ms] of times) {
    test(`reads ${text}`, () => assert.equal(parseTime(text), ms));
  }

  const none = "there is no such time as";
  const offset = "has no offset from UTC, and would be another moment on another host";
  const like = "a time was expected, like 2026-12-31T00:00:00Z or 2026-12-31T01:00:00+01:00, but";
  const flaws: readonly (readonly [text: string, says: string])[] = [
    ["2023-02-29T00:00:00Z", none],
    ["1900-02-29T00:00:00Z", none],
    ["2026-02-30T00:00:00Z", none],
    ["2026-04-31T00:00:00Z", none],
    ["2026-00-01T00:00:00Z", none],
    ["2026-13-01T00:00:00Z", none],
    ["2026-01-00T00:00:00Z", none],
    ["2026-01-32T00:00:00Z", none],
    ["2026-01-01T24:00:00Z", none],
    ["2026-01-01T00:60:00Z", none],
    ["2026-12-31T23:59:60Z", none],
    ["2026-01-01T00:00:00+24:00", none],
    ["2026-01-01T00:00:00+00:60", none],
    ["2026-01-01T00:00:00+01", none],
    ["2026-01-01T00:00:00+0100", none],
    ["2026-01-01T00:00:00.Z", none],
    ["2026-01-01T00:00:00.1234567890Z", none],
    ["2026-01-01T00:00:00 Z", none],
    ["2026-01-01T00:00:00ZZ", none],
    ["2026-01-01T00:00:00Z\n", none],
    ["2026-01-01", offset],
    ["2026-01-01T00:00:00", offset],
    ["2026-01-01 00:00:00", offset],
    ["2026-01-01T00:00", offset],
    ["2026-01-01T00:00:00.5", offset],
    ["", `${like} '' came`],
    ["now", `${like} 'now' came`],
    ["1767225600", like],
    ["26-01-01T00:00:00Z", like],
    ["+2026-01-01T00:00:00Z", like],
    ["12026-01-01T00:00:00Z", like],
    ["2026-1-1T00:00:00Z", like],
    ["2026/01/01T00:00:00Z", like],
    ["2026-01-01 00:00:00Z", like],
    ["2026-01-01T00:00Z", like],
    [" 2026-01-01T00:00:00Z", like],
    ["2026-W01-1", like],
    ["２026-01-01T00:00:00Z", like],
  ];
  for (const [text, says] of flaws) {
    test(`says why it does not read ${JSON.stringify(text)}`, () => {
      const found = parseTime(text);
      assert.equal(typeof found, "string");
      assertSays(String(found), says);
    });
  }

  test("reads each moment that JavaScript writes, in whatever offset", () => {
    const moment = fc.date({ noInvalidDate: true, min: new Date("0001-01-01"), max: new Date("9998-12-31") });
    const minutes = fc.integer({ min: -1439, max: 1439 });
    fc.assert(
      fc.property(moment, minutes, (date, offsetMinutes) => {
        const local = new Date(date.getTime() + offsetMinutes * 60_000).toISOString().slice(0, -1);
        const [hours, rest] = [Math.floor(Math.abs(offsetMinutes) / 60), Math.abs(offsetMinutes) % 60];
        const digits = [hours, rest].map((part) => String(part).padStart(2, "0")).join(":");
        assert.equal(parseTime(`${local}${offsetMinutes < 0 ? "-" : "+"}${digits}`), date.getTime());
      }),
      { seed: 5, numRuns: 1000 },
    );
  });
});

describe("a window", () => {
  test("holds from its beginning, and no longer at its end", () => {
    const window = { sinceMs: 1000, untilMs: 2000 };
    assert.deepEqual(
      [999, 1000, 1001, 1999, 2000, 2001].map((nowMs) => holdsAt(window, nowMs)),
      [false, true, true, true, false, false],
    );
    assert.equal(holdsAt({ sinceMs: 1000, untilMs: 1000 }, 1000), false);
  });

  test("with an open end holds always on that side", () => {
    const { MAX_SAFE_INTEGER: far } = Number;
    assert.deepEqual(
      [-far, 999, 1000].map((nowMs) => holdsAt({ ...ALWAYS, untilMs: 1000 }, nowMs)),
      [true, true, false],
    );
    assert.deepEqual(
      [999, 1000, far].map((nowMs) => holdsAt({ ...ALWAYS, sinceMs: 1000 }, nowMs)),
      [false, true, true],
    );
    assert.deepEqual(
      [-far, 0, far].map((nowMs) => holdsAt(ALWAYS, nowMs)),
      [true, true, true],
    );
  });

  test("never holds at a moment that is none", () => {
    assert.equal(holdsAt(ALWAYS, Number.NaN), false);
  });

  test("is said in words that are a time of the language again", () => {
    assert.equal(windowWords(ALWAYS), undefined);
    assert.equal(windowWords({ ...ALWAYS, sinceMs: 0 }), "since 1970-01-01T00:00:00.000Z");
    assert.equal(
      windowWords({ sinceMs: 0, untilMs: 1 }),
      "since 1970-01-01T00:00:00.000Z until 1970-01-01T00:00:00.001Z",
    );
    const words = windowWords({ ...ALWAYS, untilMs: 1_798_675_200_250 }) ?? "";
    assert.equal(parseTime(words.replace("until ", "")), 1_798_675_200_250);
  });
});
