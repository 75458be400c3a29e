import { closest } from "../../base/closest.ts";
import type { EnumValue } from "../../catalogue/catalogue.ts";
import { isEmpty, type Reader, startOf } from "../../yaml/reader.ts";
import { renaming } from "../../yaml/renaming.ts";
import { nodeWords, short, type YamlEntry, type YamlNode, type YamlScalar } from "../../yaml/tree.ts";
import { readList, readMap } from "./collection.ts";
import type { PolicyReader } from "./policy-reader.ts";
import { readRange } from "./read-range.ts";
import { REFERENCE_WORDS, readReference } from "./reference.ts";
import { readTextPattern } from "./text-pattern.ts";
import type { Constraint } from "./tree.ts";

const OPEN = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };
const ANY_LENGTH = { min: 0, max: Number.POSITIVE_INFINITY };

/** The constraints that are one word. */
const WORDS: ReadonlyMap<string, Constraint> = new Map<string, Constraint>([
  ["any", { kind: "any" }],
  ["bool", { kind: "bool" }],
  ["bytes", { kind: "bytes", ...ANY_LENGTH }],
  ["int", { kind: "int", ...OPEN }],
  ["null", { kind: "null" }],
  ["number", { kind: "number", ...OPEN }],
  ["string", { kind: "string", ...ANY_LENGTH }],
  ["time", { kind: "time" }],
  ...REFERENCE_WORDS,
]);

/** The constraints that are a map of one key. */
const KEYWORDS = "bytes callback enum glob int list map number object path re stream string".split(" ");

/** Those of them that say nothing as a word alone: what they need, and how it is written. */
const NEEDS: ReadonlyMap<string, readonly [need: string, example: string]> = new Map([
  ["enum", ["its values", "{enum: [a, b]}"]],
  ["glob", ["its pattern", "{glob: 'web-*'}"]],
  ["list", ["what each element is", "{list: {of: any}}"]],
  ["map", ["its keys", "{map: {'*': any}}"]],
  ["object", ["the methods that may be called", "{object: {methods: [read, close]}}"]],
  ["path", ["its pattern", "{path: /var/log/**}"]],
  ["re", ["its pattern", "{re: '[a-z]+'}"]],
]);

/** Reads what a value must be: a type's name, a map of one key, or a list of such, of which one is enough. */
export function parseConstraint(node: YamlNode, reader: PolicyReader): Constraint | undefined {
  if (node.kind === "list") return parseAlternatives(node.items, node, reader);
  if (node.kind === "map") return parseOneKey([...node.entries.values()], node, reader);
  if (isEmpty(node)) {
    const text = "a constraint was expected, but nothing stands here";
    reader.error("P203", node.at, text, "write 'any' for any value, or 'null' for null");
    return undefined;
  }
  if (node.value === undefined) return { kind: "null" };
  if (typeof node.value === "string") return parseWord(node.value, node, reader);
  reader.wrongType("a constraint", node, `to allow that value only, write {enum: [${short(node.source)}]}`);
  return undefined;
}

function parseAlternatives(
  items: readonly YamlNode[],
  node: YamlNode,
  reader: PolicyReader,
): Constraint | undefined {
  if (items.length === 0) {
    const text = "at least one alternative was expected, but the list is empty";
    reader.error(
      "P203",
      startOf(node),
      text,
      "name what is allowed: [int, null]; a list as a value is {list: {of: any}}",
    );
    return undefined;
  }
  const alternatives: Constraint[] = [];
  for (const item of items) {
    if (item.kind === "list") {
      const text = "a list of alternatives stands inside another";
      reader.error(
        "P203",
        startOf(item),
        text,
        "write all of them in one list; a list as a value is {list: {of: any}}",
      );
      continue;
    }
    const alternative = parseConstraint(item, reader);
    if (alternative !== undefined) alternatives.push(alternative);
  }
  return alternatives.length === items.length ? { kind: "one_of", alternatives } : undefined;
}

function parseWord(word: string, node: YamlScalar, reader: Reader): Constraint | undefined {
  const constraint = WORDS.get(word);
  if (constraint !== undefined) return constraint;
  const needs = NEEDS.get(word);
  if (needs === undefined) unknownWord(word, node, [...WORDS.keys(), ...NEEDS.keys()], reader);
  else reader.error("P203", node.at, `'${word}' needs ${needs[0]}`, `write ${needs[1]}`);
  return undefined;
}

function parseOneKey(
  entries: readonly YamlEntry[],
  node: YamlNode,
  reader: PolicyReader,
): Constraint | undefined {
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) {
    const text = `a constraint is a map of one key, and this one has ${entries.length}`;
    reader.error("P203", startOf(node), text, "for example {int: 1..5}; a map as a value is {map: {…}}");
    return undefined;
  }
  const { key, keyAt, value } = entry;
  switch (key) {
    case "int":
    case "number":
    case "string":
    case "bytes": {
      const range = readRange(value, key === "string" || key === "bytes" ? "length" : key, reader);
      return range === undefined ? undefined : { kind: key, ...range };
    }
    case "enum": {
      const values = readEnum(value, reader);
      return values === undefined ? undefined : { kind: "enum", values };
    }
    case "re":
    case "glob":
    case "path":
      return readTextPattern(key, value, reader);
    case "list":
      return readList(entry, reader, parseConstraint);
    case "map":
      return readMap(value, reader, parseConstraint);
    case "callback":
    case "stream":
    case "object":
      return readReference(key, entry, reader);
    default:
      if (WORDS.has(key)) {
        reader.error("P203", keyAt, `'${key}' takes nothing`, `write the word alone: ${key}`);
      } else {
        unknownWord(key, { at: keyAt }, KEYWORDS, reader);
      }
      return undefined;
  }
}

function unknownWord(
  word: string,
  { at }: Pick<YamlScalar, "at">,
  known: readonly string[],
  reader: Reader,
): void {
  const near = closest(word, known);
  const hint = near === undefined ? `known: ${known.join(", ")}` : `did you mean '${near}'?`;
  reader.error("P201", at, `there is no constraint '${short(word)}'`, hint, renaming(word, near));
}

/** Values; a single one stands for a list of one. */
function readEnum(node: YamlNode, reader: Reader): EnumValue[] | undefined {
  if (node.kind === "map") {
    reader.wrongType("a list of values", node);
    return undefined;
  }
  const items = node.kind === "list" ? node.items : [node];
  if (items.length === 0) {
    reader.error("P203", startOf(node), "at least one value was expected, but the list is empty");
    return undefined;
  }
  const values: EnumValue[] = [];
  for (const item of items) {
    const flaw = enumFlaw(item);
    if (flaw !== undefined) reader.error("P203", startOf(item), flaw);
    // On the wire null is JavaScript's null.
    else if (item.kind === "scalar") values.push(item.value ?? null);
  }
  return values.length === items.length ? values : undefined;
}

function enumFlaw(item: YamlNode): string | undefined {
  if (item.kind !== "scalar")
    return `a text, a number, true, false or null was expected, but ${nodeWords(item)} stands here`;
  if (isEmpty(item)) return "a value was expected, but nothing stands here; write null for null";
  if (!item.quoted && /[\r\n]/.test(item.source))
    return "a text without quotes stands on one line, and this one runs over several";
  return undefined;
}
