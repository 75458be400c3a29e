import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as v from "valibot";
import { z } from "zod";
import { isPlainZod } from "../../service/plain-zod.ts";

describe("a schema of zod that takes only what its JSON Schema says", () => {
  test("is known, with all that is in it", () => {
    for (const schema of [
      z.string().min(1).max(5),
      z.email(),
      z.int().min(1),
      z.array(z.strictObject({ a: z.int().optional(), b: z.enum(["x"]).nullable() })),
      z.record(z.string(), z.union([z.literal(1), z.readonly(z.array(z.boolean()))])),
      z.object({ a: z.string().default("x") }).catchall(z.number()),
      z.string().max(5).trim(),
      z.string().refine((text) => text !== "x"),
    ])
      assert.equal(isPlainZod(schema), true);
  });

  test("is told from one that may take more, wherever that is", () => {
    const some = [
      z.coerce.number(),
      z.preprocess(String, z.string()),
      z.int().catch(0),
      z.string().transform(Number),
      z.date(),
      z.custom(() => true),
      z.lazy(() => z.string()),
      z.tuple([z.string()]),
      // What the last check sees is not what was sent.
      z.string().trim().max(5),
    ];
    for (const schema of some) {
      assert.equal(isPlainZod(schema), false);
      assert.equal(isPlainZod(z.array(z.object({ a: z.union([z.null(), schema]) }))), false);
      assert.equal(isPlainZod(z.record(z.string(), schema)), false);
      assert.equal(isPlainZod(z.object({}).catchall(schema)), false);
    }
    for (const found of [v.number(), undefined, null, {}, { _zod: 1 }, 7])
      assert.equal(isPlainZod(found), false);
  });
});
