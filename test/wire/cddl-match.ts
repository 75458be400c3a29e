import assert from "node:assert/strict";
import { SESSION_DATA } from "../../wire/limits.ts";
import { REFERENCE_TAGS, WireReference } from "../../wire/reference.ts";
import type { Entry, Rules, Type } from "./cddl.ts";
import { referenceDecode } from "./reference-cbor.ts";

/** The names that CDDL itself gives a meaning (RFC 8610, appendix D), as far as they are used. */
const PRELUDE: Readonly<Record<string, (value: unknown) => boolean>> = {
  null: (value) => value === null,
  bool: (value) => typeof value === "boolean",
  number: (value) => typeof value === "number",
  tstr: (value) => typeof value === "string",
  bstr: (value) => value instanceof Uint8Array,
};

export const PRELUDE_NAMES: readonly string[] = Object.keys(PRELUDE);

/**
 * Whether a decoded value is of the type. Integers and floats are one type here, as they are to the protocol
 * (docs/protocol.md, section 3).
 */
export function matches(rules: Rules, type: Type, value: unknown): boolean {
  const is = (one: Type, found: unknown): boolean => matches(rules, one, found);
  switch (type.kind) {
    case "choice":
      return type.of.some((one) => is(one, value));
    case "rule":
      return isNamed(rules, type.name, value);
    case "literal":
      return value === type.value;
    case "range":
      return Number.isInteger(value) && Number(value) >= type.from && Number(value) <= type.to;
    case "array":
      return Array.isArray(value) && isArray(type.entries, value, is);
    case "map":
      return isMap(value) && isMapOf(type.entries, value, is);
    case "tag":
      if (type.number === 1) return value instanceof Date && is(type.of, value.getTime() / 1000);
      return (
        value instanceof WireReference && REFERENCE_TAGS[value.kind] === type.number && is(type.of, value.id)
      );
    case "control":
      return is(type.of, value) && isControlled(type.name, type.by, value, is);
    default:
      throw new Error(`no such type: ${JSON.stringify(type)}`);
  }
}

type Is = (type: Type, value: unknown) => boolean;

function isNamed(rules: Rules, name: string, value: unknown): boolean {
  const rule = rules.get(name);
  if (rule !== undefined) return matches(rules, rule, value);
  return (PRELUDE[name] ?? assert.fail(`no rule ${name}`))(value);
}

function isControlled(name: string, by: Type, value: unknown, is: Is): boolean {
  switch (name) {
    case ".cbor": {
      const verdict = value instanceof Uint8Array ? referenceDecode(value, SESSION_DATA) : assert.fail();
      return "value" in verdict && is(by, verdict.value);
    }
    case ".size":
      return is(by, value instanceof Uint8Array ? value.length : Buffer.byteLength(String(value)));
    case ".regexp":
      // XSD's regular expressions match the whole; these are written alike in both languages.
      return new RegExp(`^(?:${String(literal(by))})$`).test(String(value));
    case ".and":
      return is(by, value);
    case ".ge":
      return Number(value) >= Number(literal(by));
    default:
      return assert.fail(`no control ${name}`);
  }
}

function literal(type: Type): number | string {
  return type.kind === "literal" ? type.value : assert.fail("a literal was expected");
}

/** Each entry takes as many of the values as it can, and gives back what the rest needs. */
function isArray(entries: readonly Entry[], values: readonly unknown[], is: Is): boolean {
  const [first, ...rest] = entries;
  if (first === undefined) return values.length === 0;
  let taken = 0;
  while (taken < Math.min(first.max, values.length) && is(first.type, values[taken])) taken++;
  for (; taken >= first.min; taken--) if (isArray(rest, values.slice(taken), is)) return true;
  return false;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isMapOf(entries: readonly Entry[], map: Readonly<Record<string, unknown>>, is: Is): boolean {
  const counts = new Map<Entry, number>();
  for (const [key, value] of Object.entries(map)) {
    const entry = entryFor(entries, key, value, is);
    if (entry === undefined) return false;
    counts.set(entry, (counts.get(entry) ?? 0) + 1);
  }
  return entries.every((entry) => {
    const count = counts.get(entry) ?? 0;
    return count >= entry.min && count <= entry.max;
  });
}

function entryFor(entries: readonly Entry[], key: string, value: unknown, is: Is): Entry | undefined {
  for (const entry of entries) {
    if (entry.key === undefined) return assert.fail("an entry of a map without a key");
    if (!is(entry.key.type, key)) continue;
    if (is(entry.type, value)) return entry;
    if (entry.key.cut) return undefined;
  }
  return undefined;
}
