import { isPlainObject } from "../base/plain-object.ts";

/**
 * Schemas of zod that take no value but those of their JSON Schema, if the schemas within them do so too. Tuples are none:
 * one of `z.any()` takes a list without elements, and its JSON Schema asks for one.
 */
const PLAIN_TYPES = new Set([
  "any",
  "array",
  "boolean",
  "default",
  "enum",
  "literal",
  "never",
  "null",
  "nullable",
  "number",
  "object",
  "optional",
  "readonly",
  "record",
  "string",
  "union",
  "unknown",
]);

/** Where the schemas within a schema are, in zod's definition of it. */
const INNER = ["catchall", "element", "innerType", "keyType", "options", "shape", "valueType"];

/**
 * Whether a schema is one of zod's that takes no value but those of its JSON Schema. Others may convert what they take, and
 * JSON Schema does not tell: `z.coerce.number()` takes texts, and its JSON Schema says `number`. Dates and byte strings are
 * left aside: JSON has neither, and zod takes one for a map where the map has no required key.
 */
export function isPlainZod(schema: unknown): boolean {
  const definition = definitionOf(schema);
  if (definition === undefined || definition["coerce"] === true) return false;
  const { type, checks } = definition;
  if (typeof type !== "string" || !PLAIN_TYPES.has(type) || mayChangeBetween(checks)) return false;
  return INNER.flatMap((key) => schemasIn(definition[key])).every(isPlainZod);
}

/**
 * Whether a check that may change the value (`trim`, or a function of the author's) stands before another check, which then
 * sees another value than the one that was sent.
 */
function mayChangeBetween(checks: unknown): boolean {
  if (!Array.isArray(checks)) return false;
  const kinds = checks.map((check) => definitionOf(check)?.["check"]);
  const first = kinds.findIndex((kind) => kind === "custom" || kind === "overwrite" || kind === undefined);
  return first >= 0 && first < kinds.length - 1;
}

function schemasIn(found: unknown): readonly unknown[] {
  if (found === undefined || found === null) return [];
  if (Array.isArray(found)) return found;
  return definitionOf(found) === undefined && isPlainObject(found) ? Object.values(found) : [found];
}

/** How zod describes a schema or a check of its own. */
function definitionOf(found: unknown): Readonly<Record<string, unknown>> | undefined {
  if ((typeof found !== "object" && typeof found !== "function") || found === null) return undefined;
  const internals: unknown = Reflect.get(found, "_zod");
  if (typeof internals !== "object" || internals === null) return undefined;
  const definition: unknown = Reflect.get(internals, "def");
  return typeof definition === "object" && definition !== null ? { ...definition } : undefined;
}
