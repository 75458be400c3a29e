import { escapeShort } from "../../base/escape.ts";
import { LiveReference } from "../../catalogue/live-reference.ts";
import { isPlainMap } from "./data.ts";

/** How many characters of a text are quoted: the log is to be read, not filled. */
const MAX_QUOTED = 60;

/** A value in a few escaped words, for a log line or a message: `"web"`, `3`, `a list of 2`. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") return `"${escapeShort(value, MAX_QUOTED)}"`;
  if (typeof value === "number" || typeof value === "boolean" || value === undefined || value === null) {
    return String(value);
  }
  // A function, a symbol or a bigint is no data: the kind is all there is to say.
  return typeof value === "object" ? describeObject(value) : `a ${typeof value}`;
}

function describeObject(value: object): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof LiveReference) return `<${value.kind}>`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? "a time that is none" : value.toISOString();
  return isPlainMap(value) ? `a map of ${Object.keys(value).length}` : "an object that is no data";
}
