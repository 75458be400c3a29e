import { Fault } from "../base/fault.ts";
import { isPlainObject } from "../base/plain-object.ts";
import { parseRfc3339 } from "../base/rfc3339.ts";
import type { Catalogue, MethodEntry, Parameter } from "./catalogue.ts";
import { methodData, readCataloguePage, sortedMethods } from "./data.ts";

/*
 * A catalogue as a file, so that a policy can be held against a daemon's methods where the daemon is not: the page of
 * `rpcd.catalogue` as JSON, all methods on one page. Of what a default may be, JSON has neither bytes nor times:
 *
 *     {"$bytes": BASE64}   {"$time": RFC 3339}   {"$map": [[KEY, VALUE], …]} for a map with a key that begins with '$'
 *
 * A default decides what an absent argument stands for, so each of these is read in one form only: nobody is to see another
 * value in the file than is read from it.
 */

/** As deep as a message can be: what nests deeper could not be a default. */
const DEFAULT_MAX_DEPTH = 32;

/** How ECMAScript writes a time before the year 0 or after 9999. */
const EXPANDED_YEAR = /^[+-]\d{6}-/;

/** @returns JSON for people and version control: methods in the order of their names, an indent for each level */
export function catalogueJson(catalogue: Catalogue): string {
  const methods = sortedMethods(catalogue).map((entry) => ({
    ...methodData(entry),
    params: entry.params.map((param) =>
      "default" in param ? { ...param, default: tagged(param.default) } : param,
    ),
  }));
  return `${JSON.stringify({ methods, next: null }, undefined, 2)}\n`;
}

/**
 * Reads such a file.
 *
 * @throws {@link Fault} `protocol_error`, with what is wrong in its detail
 */
export function readCatalogueJson(json: string): Catalogue {
  let found: unknown;
  try {
    found = JSON.parse(json);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Fault("protocol_error", "it is not JSON", { cause: error });
  }
  const { methods, next } = readCataloguePage(found);
  if (next !== undefined) throw new Fault("protocol_error", "next: null was expected: there is one page");
  const catalogue = new Map<string, MethodEntry>();
  for (const entry of methods) {
    if (catalogue.has(entry.name)) throw new Fault("protocol_error", `${entry.name} is there twice`);
    catalogue.set(entry.name, { ...entry, params: entry.params.map(readDefault) });
  }
  return catalogue;
}

function tagged(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (value instanceof Date) return { $time: value.toISOString() };
  if (Array.isArray(value)) return value.map(tagged);
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [key, tagged(inner)]);
  return entries.some(([key]) => key.startsWith("$")) ? { $map: entries } : Object.fromEntries(entries);
}

function readDefault(param: Parameter): Parameter {
  return "default" in param ? { ...param, default: untagged(param.default, param.name) } : param;
}

function untagged(value: unknown, where: string, depth = 0): unknown {
  if (depth >= DEFAULT_MAX_DEPTH && typeof value === "object" && value !== null)
    throw new Fault("protocol_error", `default of ${where}: more than ${DEFAULT_MAX_DEPTH} levels`);
  if (Array.isArray(value)) return value.map((inner) => untagged(inner, where, depth + 1));
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value);
  const found = entries.find(([key]) => key.startsWith("$"));
  if (found === undefined) return mapOf(entries, where, depth);
  const [tag, inner] = found;
  if (entries.length === 1) {
    const read = typeof inner === "string" ? readTagged(tag, inner) : undefined;
    if (read !== undefined) return read;
    if (tag === "$map" && Array.isArray(inner) && inner.every(isEntry)) return mapOf(inner, where, depth);
  }
  throw new Fault("protocol_error", `default of ${where}: '${tag}' is no tag, or does not stand so`);
}

function readTagged(tag: string, text: string): Uint8Array | Date | undefined {
  if (tag === "$bytes") {
    const bytes = Buffer.from(text, "base64");
    // Node reads on over what is no base64, and takes the alphabet of URLs too.
    return bytes.toString("base64") === text ? Uint8Array.from(bytes) : undefined;
  }
  if (tag !== "$time") return undefined;
  const atMs = parseRfc3339(text);
  if (atMs !== undefined) return new Date(atMs);
  // RFC 3339 has four digits for the year, and a default may be a time of any: then it is as it was written.
  const far = EXPANDED_YEAR.test(text) ? new Date(text) : undefined;
  return far !== undefined && !Number.isNaN(far.getTime()) && far.toISOString() === text ? far : undefined;
}

function mapOf(entries: readonly (readonly [string, unknown])[], where: string, depth: number): unknown {
  return Object.fromEntries(entries.map(([key, inner]) => [key, untagged(inner, where, depth + 1)]));
}

function isEntry(found: unknown): found is [string, unknown] {
  return Array.isArray(found) && found.length === 2 && typeof found[0] === "string";
}
