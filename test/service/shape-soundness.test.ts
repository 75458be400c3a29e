import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { freezeData, type Settable } from "../../base/frozen-data.ts";
import { ShapeCheck } from "../../catalogue/shape-check.ts";
import type { Schema } from "../../service/index.ts";
import { isPlainZod } from "../../service/plain-zod.ts";
import { inputShape, shapeOfSchema } from "../../service/shape-of-schema.ts";
import { SCHEMAS_WITH_VALUES } from "./schema-pairs.ts";

/** What a method does with an argument: the schema takes it, and gives it back as it was. */
function isAccepted(one: Schema, value: unknown): boolean {
  const verdict = one["~standard"].validate(value);
  if (verdict instanceof Promise) return assert.fail("a promise");
  return verdict.issues === undefined && isDeepStrictEqual(verdict.value, value);
}

function hasSettable(value: unknown): boolean {
  const settable: Settable[] = [];
  freezeData(value, settable);
  return settable.length > 0;
}

const numRuns = Number(process.env["RPCD_SHAPES"] ?? 3_000);

describe("the check of a shape refuses nothing that the schema accepts", () => {
  test("of zod, with the shape that is read from it", () => {
    let [accepted, refused] = [0, 0];
    fc.assert(
      fc.property(SCHEMAS_WITH_VALUES, ({ pair, value }) => {
        const verdict = new ShapeCheck(shapeOfSchema(pair.zod)).verdict(value);
        const isGood = isAccepted(pair.zod, value);
        if (isGood) accepted++;
        if (verdict === "misfit") refused++;
        assert.equal(isGood && verdict === "misfit", false);
      }),
      { numRuns },
    );
    assert.equal(accepted > numRuns / 10 && refused > numRuns / 10, true, `${accepted} ${refused}`);
  });

  test("of valibot, with the shape that its author wrote", () => {
    let [accepted, refused] = [0, 0];
    fc.assert(
      fc.property(SCHEMAS_WITH_VALUES, ({ pair, value }) => {
        const check = new ShapeCheck(pair.shape);
        const isGood = isAccepted(pair.valibot, value);
        if (isGood) accepted++;
        if (check.verdict(value) === "misfit") {
          refused++;
          const problems = check.problems(value);
          assert.equal(problems.length >= 1 && problems.length <= 16, true);
          assert.equal(isGood, false);
        }
      }),
      { numRuns },
    );
    assert.equal(accepted > numRuns / 10 && refused > numRuns / 10, true, `${accepted} ${refused}`);
  });

  test("of a plain schema of zod that may convert what it takes, with the shape of its input", () => {
    let plain = 0;
    fc.assert(
      fc.property(SCHEMAS_WITH_VALUES, ({ pair, value }) => {
        // A date is an empty map to zod where it asks for no key. JSON has no dates, so its JSON Schema cannot say so.
        if (!isPlainZod(pair.zod) || hasSettable(value)) return;
        plain++;
        const verdict = pair.zod["~standard"].validate(value);
        if (!(verdict instanceof Promise) && verdict.issues === undefined)
          assert.notEqual(new ShapeCheck(inputShape(pair.zod)).verdict(value), "misfit");
      }),
      { numRuns },
    );
    assert.equal(plain > numRuns / 10, true, `${plain}`);
  });
});
