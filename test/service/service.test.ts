import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as v from "valibot";
import { z } from "zod";
import type { LiveShape, Shape } from "../../catalogue/catalogue.ts";
import { methodEntry } from "../../service/entry.ts";
import { defineService, method, param, type Schema } from "../../service/index.ts";
import { isService } from "../../service/service.ts";

const shapeOf = (schema: Schema): Shape | LiveShape =>
  methodEntry("", "m", method({ params: [param("a", schema)], run: () => null })).params[0]?.shape ??
  assert.fail();

describe("shapes", () => {
  test("are read from what the library says of a schema", () => {
    assert.deepEqual(shapeOf(z.int()), { type: "int" });
    assert.deepEqual(shapeOf(z.int().min(1).max(5)), { type: "int", min: 1, max: 5 });
    assert.deepEqual(shapeOf(z.number().min(0)), { type: "number", min: 0 });
    assert.deepEqual(shapeOf(z.string().min(1).max(64)), { type: "string", minLength: 1, maxLength: 64 });
    assert.deepEqual(shapeOf(z.boolean()), { type: "bool" });
    assert.deepEqual(shapeOf(z.null()), { type: "null" });
    assert.deepEqual(shapeOf(z.enum(["a", "b"])), { type: "enum", values: ["a", "b"] });
    assert.deepEqual(shapeOf(z.literal(3)), { type: "enum", values: [3] });
    assert.deepEqual(shapeOf(z.array(z.int()).max(3)), { type: "list", of: { type: "int" }, maxItems: 3 });
    assert.deepEqual(shapeOf(z.union([z.string(), z.null()])), {
      type: "one_of",
      shapes: [{ type: "string" }, { type: "null" }],
    });
    assert.deepEqual(shapeOf(z.strictObject({ a: z.int(), b: z.string().optional() })), {
      type: "map",
      fields: [
        { name: "a", shape: { type: "int" }, optional: false },
        { name: "b", shape: { type: "string" }, optional: true },
      ],
    });
    assert.deepEqual(shapeOf(z.record(z.string(), z.int())), {
      type: "map",
      fields: [],
      others: { type: "int" },
    });
  });

  test("are any where the library cannot say, and what the author writes where they do", () => {
    assert.deepEqual(shapeOf(z.date()), { type: "any" });
    assert.deepEqual(shapeOf(z.any()), { type: "any" });
    assert.deepEqual(shapeOf(v.number()), { type: "any" });
    const written = methodEntry(
      "",
      "m",
      method({ params: [param("when", z.date(), { shape: "time" })], run: () => null }),
    );
    assert.deepEqual(written.params[0]?.shape, { type: "time" });
  });

  test("of schemas that refer to themselves end", () => {
    interface Tree {
      readonly children: readonly Tree[];
    }
    const tree: z.ZodType<Tree> = z.lazy(() => z.strictObject({ children: z.array(tree) }));
    assert.doesNotThrow(() => shapeOf(tree));
  });
});

describe("absent parameters", () => {
  const first = (schema: Schema) =>
    methodEntry("", "m", method({ params: [param("a", schema)], run: () => null })).params[0];

  test("are required, optional, or stand for a constant, as the schema says", () => {
    assert.equal(first(z.int())?.optional, false);
    assert.deepEqual(
      [first(z.int().optional())?.optional, "default" in (first(z.int().optional()) ?? {})],
      [true, false],
    );
    assert.deepEqual([first(z.int().default(7))?.optional, first(z.int().default(7))?.default], [true, 7]);
    assert.deepEqual(first(v.optional(v.string(), "x"))?.default, "x");
  });

  test("whose default is another each time are refused when the service is loaded", () => {
    let n = 0;
    assert.throws(() => first(z.number().default(() => n++)), /the default of 'a' is another each time/);
  });
});

describe("defineService", () => {
  const one = method({ params: [], run: () => 1 });

  test("takes a name or none", () => {
    assert.equal(defineService("math", { one }).name, "math");
    assert.equal(defineService({ one }).name, "");
    assert.equal(isService(defineService({ one })), true);
  });

  test("refuses names that can be no method's, and those of the daemon itself", () => {
    for (const name of ["a b", "ä", ".", "a..b", "x".repeat(127)])
      assert.throws(() => defineService(name, { one }), TypeError, name);
    assert.throws(() => defineService({ "a b": one }), /names no method/);
    for (const name of ["rpcd", "rpcd.policy"])
      assert.throws(() => defineService(name, { one }), /the daemon's own/);
    assert.throws(() => defineService({ rpcd: one }), /the daemon's own/);
  });

  test("is known among anything else that a module could export", () => {
    for (const found of [undefined, null, 1, {}, { name: "x", methods: {} }, () => 1])
      assert.equal(isService(found), false);
  });

  test("says what TypeScript would have said, to those who write without it", () => {
    const loose = (declared: object): unknown => method(declared as Parameters<typeof method>[0]);
    assert.throws(() => loose({ run: () => 1 }), /a method needs params/);
    assert.throws(() => loose({ params: [] }), /a method needs run/);
    assert.throws(() => loose({ params: [], run: () => 1, efect: "read" }), /a method has no 'efect'/);
    assert.throws(() => loose({ params: [], run: () => 1, effect: "danger" }), /'danger' is no effect/);
    assert.throws(() => (param as (name: string) => unknown)("a"), /parameter 'a' has no schema/);
    assert.throws(() => param("a", z.date(), { shape: "date" as "time" }), /'date' is no shape/);
    assert.throws(
      () => defineService({ one: (() => 1) as unknown as typeof one }),
      /'one' is not what method/,
    );
    assert.throws(
      () =>
        methodEntry(
          "",
          "m",
          method({ params: [param("a", z.int().default("x" as unknown as number))], run: () => 1 }),
        ),
      /not what its own schema accepts/,
    );
  });

  test("refuses parameters with hostile or doubled names", () => {
    for (const name of ["__proto__", "constructor", "then", "0", "a b", ""])
      assert.throws(() => param(name, z.int()), TypeError, name);
    assert.throws(
      () => method({ params: [param("a", z.int()), param("a", z.int())], run: () => 1 }),
      /two parameters bear the name 'a'/,
    );
  });
});
