import assert from "node:assert/strict";
import { isPlainObject } from "../../base/plain-object.ts";
import { REFERENCE_TAGS, WireReference } from "../../wire/reference.ts";

/** A value in the diagnostic notation of RFC 8949, section 8. */
export function diagnostic(value: unknown): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return numberText(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Uint8Array) return `h'${Buffer.from(value).toString("hex")}'`;
  if (value instanceof Date) return `1(${value.getTime() / 1000})`;
  if (value instanceof WireReference) return `${REFERENCE_TAGS[value.kind]}(${value.id})`;
  if (Array.isArray(value)) return `[${value.map(diagnostic).join(", ")}]`;
  assert.ok(isPlainObject(value), "a type that the profile does not have");
  const entries = Object.entries(value).map(([key, found]) => `${JSON.stringify(key)}: ${diagnostic(found)}`);
  return `{${entries.join(", ")}}`;
}

/** A float that has no fraction is told from an integer by its point. */
function numberText(value: number): string {
  const text = String(value);
  return Number.isSafeInteger(value) || /[.e]/.test(text) ? text : `${text}.0`;
}

/** Whether JSON has a form for the value. */
export function isJson(value: unknown): boolean {
  if (value instanceof Uint8Array || value instanceof Date || value instanceof WireReference) return false;
  if (Array.isArray(value)) return value.every(isJson);
  return !isPlainObject(value) || Object.values(value).every(isJson);
}
