import type { Schema } from "./declared.ts";

/** Schemas of this package's own, known to leave their input as it is. */
const KNOWN = new WeakSet<Schema>();

/**
 * Marks a schema that contains no code of an author. Arguments of such a parameter are neither frozen nor compared: nothing
 * but a handler can change them.
 *
 * @returns the same schema
 */
export function onlyChecks<S extends Schema>(schema: S): S {
  KNOWN.add(schema);
  return schema;
}

/** Whether a schema is marked by {@link onlyChecks}. */
export function isKnownToOnlyCheck(schema: Schema): boolean {
  return KNOWN.has(schema);
}
