import { NAME } from "./forms.ts";

/** A part of the JSON Schema of a policy. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export const text = (description: string, pattern?: string): JsonSchema => ({
  type: "string",
  description,
  ...(pattern === undefined ? {} : { pattern }),
});

/** One, or a list of them. */
export const oneOrMore = (one: JsonSchema, description: string): JsonSchema => ({
  description,
  anyOf: [one, { type: "array", items: one, minItems: 1 }],
});

/** The same where there may be none. */
export const some = (one: JsonSchema, description: string): JsonSchema => ({
  description,
  anyOf: [one, { type: "array", items: one }],
});

export const record = (
  description: string,
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = [],
): JsonSchema => ({
  type: "object",
  description,
  properties,
  required,
  additionalProperties: false,
});

/** A map of named things; left empty it is none. */
export const named = (description: string, of: JsonSchema, names: JsonSchema = {}): JsonSchema => ({
  description,
  anyOf: [
    { type: "null" },
    { type: "object", propertyNames: { pattern: `^${NAME}$`, ...names }, additionalProperties: of },
  ],
});

export const ref = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` });

export const duration = text(
  "A length of time, at most a day: 500ms, 30s, 10m, 2h, 1d.",
  "^[1-9][0-9]{0,14}(ms|s|m|h|d)$",
);
export const size = text("A number of bytes: 512B, 64KiB, 10MiB, 1GiB.", "^[1-9][0-9]{0,14}(B|KiB|MiB|GiB)$");
export const count = (description: string): JsonSchema => ({ type: "integer", minimum: 1, description });
