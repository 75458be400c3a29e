import { isPlainObject } from "../base/plain-object.ts";
import type { EnumValue, Field, Shape } from "../catalogue/catalogue.ts";
import { ShapeCheck } from "../catalogue/shape-check.ts";

/**
 * A shape that would be deeper than this is `any`: a schema may refer to itself, and each level takes three of
 * the 32 that a message has.
 */
const MAX_DEPTH = 7;

/** Keywords that may describe keys of a map beside `properties`. */
const MORE_KEYS = [
  "patternProperties",
  "unevaluatedProperties",
  "allOf",
  "dependentSchemas",
  "if",
  "$ref",
  "$dynamicRef",
] as const;

type Node = Readonly<Record<string, unknown>>;

/**
 * The shape that a JSON Schema describes (draft 2020-12, as Standard JSON Schema gives it). What it says
 * beyond the words of a shape is left to the method's schema, which checks each call anyway. The shape is never
 * narrower than the JSON Schema: values that are not of the shape are refused before the schema is asked.
 */
export function shapeOfJsonSchema(schema: unknown, depth = 0): Shape {
  if (!isPlainObject(schema) || depth > MAX_DEPTH) return { type: "any" };
  return withDefault(shapeOfNode(schema, depth), schema);
}

/**
 * A default that the rest of the JSON Schema refuses is a value too: zod writes the value of `catch` so, which a schema gives
 * for itself although its own checks refuse it (`z.int().min(1).catch(0)` accepts 0).
 */
function withDefault(shape: Shape, schema: Node): Shape {
  if (!("default" in schema) || shape.type === "any") return shape;
  const value = schema["default"];
  if (new ShapeCheck(shape).verdict(value) !== "misfit") return shape;
  return isEnumValue(value) ? oneOf([shape, enumShape([value])]) : { type: "any" };
}

function shapeOfNode(schema: Node, depth: number): Shape {
  if ("const" in schema) return enumShape([schema["const"]]);
  if (Array.isArray(schema["enum"])) return enumShape(schema["enum"]);
  const alternatives = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(alternatives)) return oneOf(alternatives.map((one) => shapeOfJsonSchema(one, depth + 1)));
  const type = schema["type"];
  if (Array.isArray(type)) return oneOf(type.map((one) => shapeOfType(one, schema, depth)));
  return shapeOfType(type, schema, depth);
}

function shapeOfType(type: unknown, schema: Node, depth: number): Shape {
  switch (type) {
    case "integer":
      return { type: "int", ...bounds(schema) };
    case "number":
      return { type: "number", ...bounds(schema) };
    case "string":
      return { type: "string", ...pick(schema, { minLength: "minLength", maxLength: "maxLength" }) };
    case "boolean":
      return { type: "bool" };
    case "null":
      return { type: "null" };
    case "array": {
      // Of a tuple, `items` describes only what comes after the first elements.
      const items = "prefixItems" in schema ? undefined : schema["items"];
      const of = shapeOfJsonSchema(items, depth + 1);
      return { type: "list", of, ...pick(schema, { minItems: "minItems", maxItems: "maxItems" }) };
    }
    case "object":
      return mapShape(schema, depth);
    default:
      return { type: "any" };
  }
}

function mapShape(schema: Node, depth: number): Shape {
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const properties = isPlainObject(schema["properties"]) ? schema["properties"] : {};
  const fields: Field[] = Object.entries(properties).map(([name, inner]) => ({
    name,
    shape: shapeOfJsonSchema(inner, depth + 1),
    optional: !required.includes(name),
  }));
  // Other keywords may describe more keys, and then this one alone does not say which there may be.
  const others = MORE_KEYS.some((keyword) => keyword in schema) ? undefined : schema["additionalProperties"];
  if (others === false) return { type: "map", fields };
  return { type: "map", fields, others: shapeOfJsonSchema(others, depth + 1) };
}

function enumShape(values: readonly unknown[]): Shape {
  return values.every(isEnumValue) ? { type: "enum", values } : { type: "any" };
}

function isEnumValue(value: unknown): value is EnumValue {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function oneOf(shapes: readonly Shape[]): Shape {
  if (shapes.some(({ type }) => type === "any")) return { type: "any" };
  const [only] = shapes;
  return shapes.length === 1 && only !== undefined ? only : { type: "one_of", shapes };
}

/** Inclusive bounds; the ends of the safe range say nothing, and an exclusive bound is the schema's affair. */
function bounds(schema: Node): { min?: number; max?: number } {
  const { min, max } = pick(schema, { minimum: "min", maximum: "max" });
  return {
    ...(min === undefined || min === Number.MIN_SAFE_INTEGER ? {} : { min }),
    ...(max === undefined || max === Number.MAX_SAFE_INTEGER ? {} : { max }),
  };
}

/** The numbers among the named keywords, under the names that a shape gives them. */
function pick<Name extends string>(
  schema: Node,
  keywords: Readonly<Record<string, Name>>,
): { [K in Name]?: number } {
  const found: { [K in Name]?: number } = {};
  for (const [keyword, name] of Object.entries(keywords)) {
    const value = schema[keyword];
    if (typeof value === "number") found[name] = value;
  }
  return found;
}
