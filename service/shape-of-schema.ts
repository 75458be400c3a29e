import type { Shape } from "../catalogue/catalogue.ts";
import type { Schema } from "./declared.ts";
import { shapeOfJsonSchema } from "./json-schema.ts";

/** Standard JSON Schema: an addition to Standard Schema that libraries may offer. */
interface WithJsonSchema {
  readonly jsonSchema: Readonly<Record<Side, (options: { target: string }) => unknown>>;
}

/** `input` is what a schema takes, `output` what it gives: they differ where a schema converts. */
type Side = "input" | "output";

/** What the values that a schema gives look like; `any` where its library does not say. */
export function shapeOfSchema(schema: Schema): Shape {
  return shapeOfSide(schema, "output");
}

/** What the values that a schema takes look like; `any` where its library does not say. */
export function inputShape(schema: Schema): Shape {
  return shapeOfSide(schema, "input");
}

function shapeOfSide(schema: Schema, side: Side): Shape {
  const standard: object = schema["~standard"];
  if (!offersJsonSchema(standard)) return { type: "any" };
  try {
    return shapeOfJsonSchema(standard.jsonSchema[side]({ target: "draft-2020-12" }));
  } catch (error) {
    // This is how a library says that JSON has no such value (a Date, say). `rpcd --check` names the
    // parameters that are `any`, and `shape` mends them.
    if (error instanceof Error) return { type: "any" };
    throw error;
  }
}

function offersJsonSchema(standard: object): standard is WithJsonSchema {
  return "jsonSchema" in standard && typeof standard.jsonSchema === "object" && standard.jsonSchema !== null;
}
