import { RECORD_PROTOTYPE } from "./record.ts";

/** Whether a value is a plain object: an object literal's, one without a prototype, a record of ours; no class, no array. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || prototype === RECORD_PROTOTYPE;
}
