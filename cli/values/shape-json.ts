import { assertNever } from "../../base/assert-never.ts";
import { escapeShort } from "../../base/escape.ts";
import { isPlainObject } from "../../base/plain-object.ts";
import { type Shape, shapeWords } from "../../catalogue/catalogue.ts";
import type { Read } from "../print/json.ts";
import { readBytesText, readTimeText } from "./scalar-text.ts";

/**
 * Makes a value of a shape out of JSON, which has neither bytes nor times: those are texts there, and bytes may
 * be `{"$bytes": BASE64}` too, as rpcctl prints them.
 *
 * @param path - where the value stands in the argument: `labels.team`; empty for all of it
 */
export function fromJson(json: unknown, shape: Shape, path = ""): Read {
  switch (shape.type) {
    case "any":
      return fromAny(json);
    case "bool":
      return typeof json === "boolean" ? { value: json } : mismatch(json, shape, path);
    case "null":
      return json === null ? { value: null } : mismatch(json, shape, path);
    case "int":
      return typeof json === "number" && Number.isSafeInteger(json) && within(json, shape)
        ? { value: json === 0 ? 0 : json }
        : mismatch(json, shape, path);
    case "number":
      return typeof json === "number" && within(json, shape) ? { value: json } : mismatch(json, shape, path);
    case "string":
      return typeof json === "string" && fitsLength(json, shape)
        ? { value: json }
        : mismatch(json, shape, path);
    case "enum":
      return shape.values.some((value) => value === json) ? { value: json } : mismatch(json, shape, path);
    case "time":
      return (
        (typeof json === "string" ? readTimeText(json) : undefined) ??
        mismatch(json, shape, path, "an RFC 3339 time with its offset")
      );
    case "bytes":
      return (
        bytesOf(json) ??
        (typeof json === "string" ? readBytesText(json) : undefined) ??
        mismatch(json, shape, path, 'bytes as "hex:…", "base64:…" or {"$bytes": "…"}')
      );
    case "list":
      return fromList(json, shape, path);
    case "map":
      return fromMap(json, shape, path);
    case "one_of": {
      for (const one of shape.shapes) {
        const read = fromJson(json, one, path);
        if ("value" in read) return read;
      }
      return mismatch(json, shape, path);
    }
    default:
      return assertNever(shape, "a shape");
  }
}

function fromAny(json: unknown): Read {
  const bytes = bytesOf(json);
  if (bytes !== undefined) return bytes;
  if (Array.isArray(json))
    return all(
      json.map((item): [string, Read] => ["", fromAny(item)]),
      listOf,
    );
  if (!isPlainObject(json)) return { value: json };
  return all(
    Object.entries(json).map(([key, inner]): [string, Read] => [key, fromAny(inner)]),
    Object.fromEntries,
  );
}

function bytesOf(json: unknown): { readonly value: Uint8Array } | undefined {
  if (!isPlainObject(json) || Object.keys(json).length !== 1) return undefined;
  const base64 = json["$bytes"];
  return typeof base64 === "string" ? readBytesText(`base64:${base64}`) : undefined;
}

function fromList(json: unknown, shape: Extract<Shape, { type: "list" }>, path: string): Read {
  if (!Array.isArray(json)) return mismatch(json, shape, path);
  const { of, minItems = 0, maxItems = Number.POSITIVE_INFINITY } = shape;
  if (json.length < minItems || json.length > maxItems) return mismatch(json, shape, path);
  return all(
    json.map((item, i): [string, Read] => ["", fromJson(item, of, `${path}[${i}]`)]),
    listOf,
  );
}

function fromMap(json: unknown, shape: Extract<Shape, { type: "map" }>, path: string): Read {
  if (!isPlainObject(json)) return mismatch(json, shape, path);
  const at = (key: string): string => (path === "" ? key : `${path}.${key}`);
  const missing = shape.fields.find(({ name, optional }) => !optional && !Object.hasOwn(json, name));
  if (missing !== undefined) return { wrong: `'${at(missing.name)}' is missing` };
  return all(
    Object.entries(json).map(([key, inner]): [string, Read] => {
      const field = shape.fields.find(({ name }) => name === key)?.shape ?? shape.others;
      if (field === undefined) return [key, { wrong: `'${at(key)}' is not expected` }];
      return [key, fromJson(inner, field, at(key))];
    }),
    Object.fromEntries,
  );
}

/** The values put together, or the first of the sentences. */
function all(reads: readonly [string, Read][], join: (entries: [string, unknown][]) => unknown): Read {
  const entries: [string, unknown][] = [];
  for (const [key, read] of reads) {
    if ("wrong" in read) return read;
    entries.push([key, read.value]);
  }
  return { value: join(entries) };
}

function listOf(entries: readonly [string, unknown][]): unknown[] {
  return entries.map(([, value]) => value);
}

function within(number: number, { min, max }: { readonly min?: number; readonly max?: number }): boolean {
  return number >= (min ?? Number.NEGATIVE_INFINITY) && number <= (max ?? Number.POSITIVE_INFINITY);
}

/** Libraries count code points or UTF-16 units; what is right by one of the two is for the method to judge. */
export function fitsLength(
  text: string,
  { minLength = 0, maxLength = Number.POSITIVE_INFINITY }: Extract<Shape, { type: "string" }>,
): boolean {
  return text.length >= minLength && (text.length <= maxLength || Array.from(text).length <= maxLength);
}

function mismatch(found: unknown, shape: Shape, path = "", expected = shapeWords(shape)): Read {
  const shown = escapeShort(JSON.stringify(found) ?? "nothing", 60);
  return { wrong: `${path === "" ? "" : `${path}: `}${expected} was expected, but ${shown} was given` };
}
