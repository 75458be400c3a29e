import assert from "node:assert/strict";
import * as fc from "fast-check";
import * as v from "valibot";
import { z } from "zod";
import type { Shape } from "../../catalogue/catalogue.ts";

/** Schemas of two libraries for the same values. */
interface Pair {
  readonly zod: z.ZodType;
  readonly valibot: v.GenericSchema;
  readonly shape: Shape;
}

const KEYS = ["a", "b", "c", "toString"] as const;
const bound = fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined });
const text = fc.oneof(
  fc.constantFrom("", "a", "ab", "😀", "a😀b", "😀😀😀", "\u0301"),
  fc.string({ maxLength: 6 }),
);

const number = fc.record({ min: bound, max: bound, whole: fc.boolean() }).map(({ min, max, whole }): Pair => {
  let ofZod = whole ? z.int() : z.number();
  if (min !== undefined) ofZod = ofZod.min(min);
  if (max !== undefined) ofZod = ofZod.max(max);
  return {
    zod: ofZod,
    valibot: v.pipe(
      v.number(),
      whole ? v.integer() : v.finite(),
      v.minValue(min ?? Number.NEGATIVE_INFINITY),
      v.maxValue(max ?? Number.POSITIVE_INFINITY),
    ),
    shape: { type: whole ? "int" : "number", ...defined({ min, max }) },
  };
});

const string = fc
  .record({ minLength: bound, maxLength: bound, trims: fc.boolean() })
  .map(({ minLength, maxLength, trims }): Pair => {
    let ofZod = trims ? z.string().trim() : z.string();
    if (minLength !== undefined) ofZod = ofZod.min(minLength);
    if (maxLength !== undefined) ofZod = ofZod.max(maxLength);
    return {
      zod: ofZod,
      valibot: v.pipe(v.string(), v.minLength(minLength ?? 0), v.maxLength(maxLength ?? 1_000)),
      shape: { type: "string", ...defined({ minLength, maxLength }) },
    };
  });

const scalar: fc.Arbitrary<Pair> = fc.oneof(
  number,
  string,
  fc.constantFrom<Pair>(
    { zod: z.boolean(), valibot: v.boolean(), shape: { type: "bool" } },
    { zod: z.null(), valibot: v.null(), shape: { type: "null" } },
    { zod: z.any(), valibot: v.any(), shape: { type: "any" } },
    { zod: z.enum(["a", "b"]), valibot: v.picklist(["a", "b"]), shape: { type: "enum", values: ["a", "b"] } },
    { zod: z.literal(1), valibot: v.literal(1), shape: { type: "enum", values: [1] } },
    { zod: z.coerce.number(), valibot: v.number(), shape: { type: "number" } },
    {
      zod: z.int().min(1).catch(0),
      valibot: v.fallback(v.pipe(v.number(), v.minValue(1)), 0),
      shape: { type: "number", min: 0 },
    },
    {
      zod: z.preprocess((found) => (typeof found === "number" ? `${found}` : found), z.string()),
      valibot: v.string(),
      shape: { type: "string" },
    },
  ),
);

const { schema } = fc.letrec<{ schema: Pair }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 3, arbitrary: scalar },
    {
      weight: 2,
      arbitrary: fc.record({ of: tie("schema"), minItems: bound, maxItems: bound }).map(listOf),
    },
    {
      weight: 2,
      arbitrary: fc
        .record({
          inner: fc.array(
            fc.record({ of: tie("schema"), optional: fc.boolean(), key: fc.constantFrom(...KEYS) }),
            {
              maxLength: 3,
            },
          ),
          extra: fc.constantFrom("strict", "strip", "loose"),
        })
        .map(mapOf),
    },
    {
      weight: 1,
      arbitrary: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((all): Pair => {
        const shapes = all.map(({ shape }) => shape);
        return {
          zod: z.union(all.map((one) => one.zod)),
          valibot: v.union(all.map((one) => one.valibot)),
          shape: { type: "one_of", shapes },
        };
      }),
    },
    {
      weight: 1,
      arbitrary: tie("schema").map(
        (of): Pair => ({
          zod: z.record(z.string(), of.zod),
          valibot: v.record(v.string(), of.valibot),
          shape: { type: "map", fields: [], others: of.shape },
        }),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map(
        (all): Pair => ({
          zod: z.tuple([z.any(), ...all.slice(1).map((one) => one.zod)], all[0]?.zod ?? z.any()),
          valibot: v.tupleWithRest(
            [v.any(), ...all.slice(1).map((one) => one.valibot)],
            all[0]?.valibot ?? v.any(),
          ),
          shape: { type: "list", of: { type: "any" }, minItems: all.length },
        }),
      ),
    },
  ),
}));

function listOf({
  of,
  minItems,
  maxItems,
}: {
  of: Pair;
  minItems: number | undefined;
  maxItems: number | undefined;
}): Pair {
  return {
    zod: z
      .array(of.zod)
      .min(minItems ?? 0)
      .max(maxItems ?? 1_000),
    valibot: v.pipe(v.array(of.valibot), v.minLength(minItems ?? 0), v.maxLength(maxItems ?? 1_000)),
    shape: { type: "list", of: of.shape, ...defined({ minItems, maxItems }) },
  };
}

function mapOf({
  inner,
  extra,
}: {
  inner: readonly { of: Pair; optional: boolean; key: string }[];
  extra: "strict" | "strip" | "loose";
}): Pair {
  const fields = [...new Map(inner.map((one) => [one.key, one])).values()];
  const ofZod = Object.fromEntries(
    fields.map(({ key, of, optional }) => [key, optional ? of.zod.optional() : of.zod]),
  );
  const ofValibot = Object.fromEntries(
    fields.map(({ key, of, optional }) => [key, optional ? v.optional(of.valibot) : of.valibot]),
  );
  const shape: Shape = {
    type: "map",
    fields: fields.map(({ key: name, of, optional }) => ({ name, shape: of.shape, optional })),
  };
  if (extra === "loose")
    return {
      zod: z.looseObject(ofZod),
      valibot: v.looseObject(ofValibot),
      shape: { ...shape, others: { type: "any" } },
    };
  return extra === "strip"
    ? { zod: z.object(ofZod), valibot: v.object(ofValibot), shape }
    : { zod: z.strictObject(ofZod), valibot: v.strictObject(ofValibot), shape };
}

function defined<T extends object>(bounds: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(bounds).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

const anyValue = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    text,
    fc.integer({ min: -1, max: 5 }),
    fc.constantFrom<unknown>(true, false, null, 1.5, 2 ** 60, "1", new Date(0), Uint8Array.of(1)),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(fc.constantFrom(...KEYS, "d"), tie("value"), { maxKeys: 4 }),
  ),
})).value;

/** Mostly of the shape: of values that are chosen blindly hardly any would be. */
function valueOf(shape: Shape): fc.Arbitrary<unknown> {
  const good = (): fc.Arbitrary<unknown> => {
    switch (shape.type) {
      case "bool":
        return fc.boolean();
      case "null":
        return fc.constant(null);
      case "int":
        return fc.integer({ min: (shape.min ?? 0) - 1, max: Math.max((shape.max ?? 4) + 1, shape.min ?? 0) });
      case "number":
        return fc.double({ min: shape.min ?? 0, max: Math.max(shape.max ?? 5, shape.min ?? 0), noNaN: true });
      case "string":
        return text;
      case "enum":
        return fc.constantFrom(...shape.values);
      case "list":
        return fc.array(valueOf(shape.of), {
          minLength: shape.minItems ?? 0,
          maxLength: Math.max(shape.minItems ?? 0, shape.maxItems ?? 4),
        });
      case "map": {
        const fields = Object.fromEntries(
          shape.fields.map(({ name, shape: inner }) => [name, valueOf(inner)]),
        );
        const requiredKeys = shape.fields.filter(({ optional }) => !optional).map(({ name }) => name);
        const others =
          shape.others === undefined
            ? fc.constant({})
            : fc.dictionary(fc.constant("d"), valueOf(shape.others));
        return fc
          .tuple(others, fc.record(fields, { requiredKeys }))
          .map(([more, own]) => ({ ...more, ...own }));
      }
      case "one_of":
        return fc.oneof(...shape.shapes.map(valueOf));
      case "any":
      case "bytes":
      case "time":
        return anyValue;
      default:
        return assert.fail("no shape");
    }
  };
  return fc.oneof({ weight: 12, arbitrary: good() }, { weight: 1, arbitrary: anyValue });
}

/** A schema, and a value that it often accepts. */
export const SCHEMAS_WITH_VALUES: fc.Arbitrary<{ pair: Pair; value: unknown }> = schema.chain((pair) =>
  fc.record({ pair: fc.constant(pair), value: valueOf(pair.shape) }),
);
