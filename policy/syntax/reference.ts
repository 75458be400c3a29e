import { assertNever } from "../../base/assert-never.ts";
import { parseDuration } from "../../base/duration.ts";
import { isMethodName, METHOD_NAME_RULE } from "../../base/names.ts";
import { isEmpty, startOf } from "../../yaml/reader.ts";
import { short, type YamlEntry, type YamlMap } from "../../yaml/tree.ts";
import { parseSize } from "../base/limits.ts";
import type { PolicyReader } from "./policy-reader.ts";
import type { Constraint, ReferenceConstraint } from "./tree.ts";

/** A reference about whose use nothing is said may be used as long as its call runs, as often as it likes. */
const UNBOUNDED = Number.POSITIVE_INFINITY;

/** The constraints that are one word. An object always says which of its methods may be called. */
export const REFERENCE_WORDS: ReadonlyMap<string, Constraint> = new Map<string, Constraint>([
  ["callback", { kind: "callback", calls: UNBOUNDED, forMs: UNBOUNDED, share: false }],
  ["stream", { kind: "stream", maxBytes: UNBOUNDED, forMs: UNBOUNDED, share: false }],
]);

type ReferenceWord = ReferenceConstraint["kind"];

const FIELDS: Readonly<Record<ReferenceWord, { readonly of: string; readonly known: readonly string[] }>> = {
  callback: { of: "a callback constraint", known: ["calls", "for", "share"] },
  stream: { of: "a stream constraint", known: ["bytes", "for", "share"] },
  object: { of: "an object constraint", known: ["methods", "calls", "for", "share"] },
};

/** Reads `{calls: 100, for: 10m}` and the like: what may be done with a live thing of the caller's. */
export function readReference(
  kind: ReferenceWord,
  { keyAt, value: node }: YamlEntry,
  reader: PolicyReader,
): Constraint | undefined {
  const map = reader.record(node, FIELDS[kind]);
  if (map === undefined) return undefined;
  if (map.entries.size === 0) {
    reader.error(
      "P203",
      startOf(node),
      `the ${kind} constraint says nothing`,
      `name its bounds, like ${EXAMPLES[kind]}`,
    );
    return undefined;
  }
  const problems = reader.problems.length;
  const { entries } = map;
  const read = <T>(name: string, one: (value: YamlEntry["value"]) => T | undefined): T | undefined => {
    const entry = entries.get(name);
    return entry === undefined ? undefined : one(entry.value);
  };
  const calls = read("calls", (value) => reader.count(value, "calls")) ?? UNBOUNDED;
  const maxBytes = read("bytes", (value) => reader.quantity(value, parseSize)) ?? UNBOUNDED;
  const forMs = read("for", (value) => reader.quantity(value, parseDuration)) ?? UNBOUNDED;
  const share = read("share", (value) => reader.flag(value)) ?? false;
  const methods = kind === "object" ? readMethods(map, keyAt, reader) : [];
  if (reader.problems.length > problems) return undefined;
  switch (kind) {
    case "callback":
      return { kind, calls, forMs, share };
    case "stream":
      return { kind, maxBytes, forMs, share };
    case "object":
      return { kind, methods, calls, forMs, share };
    default:
      return assertNever(kind, "a reference");
  }
}

const EXAMPLES: Readonly<Record<ReferenceWord, string>> = {
  callback: "{callback: {calls: 100, for: 10m}}",
  stream: "{stream: {bytes: 64MiB, for: 10m}}",
  object: "{object: {methods: [read, close], calls: 1000, for: 10m}}",
};

function readMethods({ entries }: YamlMap, keyAt: YamlEntry["keyAt"], reader: PolicyReader): string[] {
  const entry = entries.get("methods");
  if (entry === undefined || isEmpty(entry.value)) {
    const text = "the object constraint does not say which methods of the object may be called";
    reader.error("P202", entry?.keyAt ?? keyAt, text, "methods: [read, close]");
    return [];
  }
  const names: string[] = [];
  for (const { value, at } of reader.texts(entry.value, "method", { empty: false })) {
    const name = String(value);
    if (isMethodName(name)) names.push(name);
    else
      reader.error(
        "P205",
        at,
        `'${short(name)}' is no name of a method: ${METHOD_NAME_RULE}`,
        "no wildcards here",
      );
  }
  return names;
}
