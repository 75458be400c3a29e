import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import { shapeOfJsonSchema } from "../../service/json-schema.ts";
import { shapeOfSchema } from "../../service/shape-of-schema.ts";

describe("a shape is not narrower than its JSON Schema", () => {
  test("where other keywords describe more keys of a map", () => {
    const map = { type: "object", properties: {}, additionalProperties: false };
    assert.deepEqual(shapeOfJsonSchema(map), { type: "map", fields: [] });
    for (const [keyword, value] of Object.entries({
      patternProperties: { "^x-": { type: "string" } },
      unevaluatedProperties: false,
      allOf: [{ properties: { a: {} } }],
      dependentSchemas: {},
      if: {},
      $ref: "#/$defs/other",
      $dynamicRef: "#other",
    }))
      assert.deepEqual(
        shapeOfJsonSchema({ ...map, [keyword]: value }),
        { type: "map", fields: [], others: { type: "any" } },
        keyword,
      );
  });

  test("where elements of a tuple have schemas of their own", () => {
    const tuple = {
      type: "array",
      prefixItems: [{ type: "string" }],
      items: { type: "integer" },
      minItems: 1,
    };
    assert.deepEqual(shapeOfJsonSchema(tuple), { type: "list", of: { type: "any" }, minItems: 1 });
    assert.deepEqual(shapeOfSchema(z.tuple([z.string()], z.int())), {
      type: "list",
      of: { type: "any" },
      minItems: 1,
    });
  });

  test("where a default is outside what the rest of it says", () => {
    assert.deepEqual(shapeOfJsonSchema({ type: "integer", minimum: 1, default: 5 }), { type: "int", min: 1 });
    assert.deepEqual(shapeOfSchema(z.int().min(1).catch(0)), {
      type: "one_of",
      shapes: [
        { type: "int", min: 1 },
        { type: "enum", values: [0] },
      ],
    });
    assert.deepEqual(shapeOfJsonSchema({ type: "string", default: ["x"] }), { type: "any" });
  });

  test("where it refers elsewhere, or combines schemas", () => {
    for (const schema of [{ $ref: "#" }, { allOf: [{ type: "string" }] }, { not: {} }, true, false, {}])
      assert.deepEqual(shapeOfJsonSchema(schema), { type: "any" });
  });
});
