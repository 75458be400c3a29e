import type { Catalogue, MethodEntry, Parameter } from "./catalogue.ts";
import { methodData, readCataloguePage, sortedMethods } from "./catalogue-data.ts";
import { Fault } from "./fault.ts";
import { isPlainObject } from "./plain-object.ts";

/*
 * A catalogue as a file, so that a policy can be held against a daemon's methods where the daemon is not: the page of
 * `rpcd.catalogue` as JSON, all methods on one page. Of what a default may be, JSON has neither bytes nor times:
 *
 *     {"$bytes": BASE64}   {"$time": RFC 3339}   {"$map": [[KEY, VALUE], …]} for a map with a key that begins with '$'
 */

/** As deep as a message can be: what nests deeper could not be a default. */
const DEFAULT_MAX_DEPTH = 32;

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
    if (tag === "$bytes" && typeof inner === "string") return Uint8Array.from(Buffer.from(inner, "base64"));
    if (tag === "$time" && typeof inner === "string" && !Number.isNaN(Date.parse(inner)))
      return new Date(inner);
    if (tag === "$map" && Array.isArray(inner) && inner.every(isEntry)) return mapOf(inner, where, depth);
  }
  throw new Fault("protocol_error", `default of ${where}: '${tag}' is no tag, or does not stand so`);
}

function mapOf(entries: readonly (readonly [string, unknown])[], where: string, depth: number): unknown {
  return Object.fromEntries(entries.map(([key, inner]) => [key, untagged(inner, where, depth + 1)]));
}

function isEntry(found: unknown): found is [string, unknown] {
  return Array.isArray(found) && found.length === 2 && typeof found[0] === "string";
}
