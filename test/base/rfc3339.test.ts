import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { parseRfc3339 } from "../../base/rfc3339.ts";

describe("parseRfc3339", () => {
  test("reads what RFC 3339 shows in section 5.8", () => {
    for (const [text, iso] of [
      ["1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.520Z"],
      ["1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57.000Z"],
      ["1937-01-01T12:00:27.87+00:20", "1937-01-01T11:40:27.870Z"],
      ["2000-02-29t00:00:00z", "2000-02-29T00:00:00.000Z"],
      ["0050-01-01T00:00:00Z", "0050-01-01T00:00:00.000Z"],
      ["2026-01-01T00:00:00.999999999Z", "2026-01-01T00:00:00.999Z"],
      ["2026-01-01T00:00:00.29Z", "2026-01-01T00:00:00.290Z"],
    ] as const)
      assert.equal(new Date(parseRfc3339(text) ?? Number.NaN).toISOString(), iso, text);
  });

  test("takes nothing for a time that is none, also what Date makes one of", () => {
    for (const text of [
      "2026-02-30T00:00:00Z",
      "2025-02-29T00:00:00Z",
      "1900-02-29T00:00:00Z",
      "2026-13-01T00:00:00Z",
      "2026-00-01T00:00:00Z",
      "2026-01-01T24:00:00Z",
      "2026-01-01T00:60:00Z",
      "1990-12-31T23:59:60Z",
      "2026-01-01T00:00:00+24:00",
      "2026-01-01T00:00:00+00:60",
      "2026-01-01T00:00:00",
      "2026-01-01",
      "2026-01-01 00:00:00Z",
      "2026-01-01T00:00:00.Z",
      "2026-01-01T00:00:00.0000000000Z",
      "+02026-01-01T00:00:00Z",
      "２026-01-01T00:00:00Z",
      " 2026-01-01T00:00:00Z",
      "2026-01-01T00:00:00Z\n",
    ])
      assert.equal(parseRfc3339(text), undefined, text);
  });

  test("reads back what Date writes, with any offset", () => {
    fc.assert(
      fc.property(
        fc.date({
          min: new Date("0000-01-02T00:00:00Z"),
          max: new Date("9999-12-30T00:00:00Z"),
          noInvalidDate: true,
        }),
        fc.integer({ min: -1439, max: 1439 }),
        (date, minutes) => {
          assert.equal(parseRfc3339(date.toISOString()), date.getTime());
          const local = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, -1);
          const offset = Math.abs(minutes);
          const [hours, rest] = [Math.floor(offset / 60), offset % 60].map((part) =>
            String(part).padStart(2, "0"),
          );
          assert.equal(parseRfc3339(`${local}${minutes < 0 ? "-" : "+"}${hours}:${rest}`), date.getTime());
        },
      ),
      { seed: 3339, numRuns: 500 },
    );
  });
});
