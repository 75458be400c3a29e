import type { EnumValue } from "../base/catalogue.ts";
import { closest } from "./closest.ts";
import { parseRange, type RangeOf } from "./range.ts";
import { isEmpty, type Reader, startOf } from "./reader.ts";
import type { Constraint } from "./tree.ts";
import { nodeWords, short, type YamlEntry, type YamlNode, type YamlScalar } from "./yaml-tree.ts";

const OPEN = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };

/** The constraints that are one word. */
const WORDS: ReadonlyMap<string, Constraint> = new Map<string, Constraint>([
  ["any", { kind: "any" }],
  ["bool", { kind: "bool" }],
  ["int", { kind: "int", ...OPEN }],
  ["null", { kind: "null" }],
  ["number", { kind: "number", ...OPEN }],
  ["string", { kind: "string", min: 0, max: OPEN.max }],
]);

/** The constraints that are a map of one key. */
const KEYWORDS = ["enum", "int", "number", "string"];

/** Words of the language that this version does not have. */
const LATER: ReadonlySet<string> = new Set([
  "bytes",
  "callback",
  "glob",
  "list",
  "map",
  "object",
  "path",
  "re",
  "stream",
  "time",
]);

/** Reads what a value must be: a type's name, or a map of one key. */
export function parseConstraint(node: YamlNode, reader: Reader): Constraint | undefined {
  if (node.kind === "list") {
    reader.notYet("a list of alternatives", startOf(node));
    return undefined;
  }
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

function parseWord(word: string, node: YamlScalar, reader: Reader): Constraint | undefined {
  const constraint = WORDS.get(word);
  if (constraint !== undefined) return constraint;
  if (word === "enum") {
    reader.error("P203", node.at, "'enum' needs its values", "write {enum: [a, b]}");
  } else {
    unknownWord(word, node, [...WORDS.keys()], reader);
  }
  return undefined;
}

function parseOneKey(entries: readonly YamlEntry[], node: YamlNode, reader: Reader): Constraint | undefined {
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) {
    const text = `a constraint is a map of one key, and this one has ${entries.length}`;
    reader.error("P203", startOf(node), text, "for example {int: 1..5}");
    return undefined;
  }
  const { key, keyAt, value } = entry;
  switch (key) {
    case "int":
    case "number":
    case "string": {
      const range = readRange(value, key === "string" ? "length" : key, reader);
      return range === undefined ? undefined : { kind: key, ...range };
    }
    case "enum": {
      const values = readEnum(value, reader);
      return values === undefined ? undefined : { kind: "enum", values };
    }
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
  if (LATER.has(word)) {
    reader.notYet(`the constraint '${word}'`, at);
    return;
  }
  const near = closest(word, known);
  const hint = near === undefined ? `known: ${known.join(", ")}` : `did you mean '${near}'?`;
  reader.error("P201", at, `there is no constraint '${short(word)}'`, hint);
}

function readRange(node: YamlNode, of: RangeOf, reader: Reader): { min: number; max: number } | undefined {
  if (node.kind !== "scalar") {
    reader.wrongType("a range, like 1..5,", node);
    return undefined;
  }
  if (typeof node.value === "number") {
    const text = `a range was expected, but the number ${node.value} stands here`;
    reader.error("P208", node.at, text, `for that number only, write ${node.value}..${node.value}`);
    return undefined;
  }
  if (typeof node.value !== "string") {
    reader.wrongType("a range, like 1..5,", node);
    return undefined;
  }
  const range = parseRange(node.value, of);
  if (typeof range !== "string") return range;
  reader.error("P208", node.at, range);
  return undefined;
}

function readEnum(node: YamlNode, reader: Reader): EnumValue[] | undefined {
  if (node.kind !== "list") {
    reader.wrongType("a list of values", node, node.kind === "scalar" ? "write it between [ ]" : undefined);
    return undefined;
  }
  if (node.items.length === 0) {
    reader.error("P203", startOf(node), "at least one value was expected, but the list is empty");
    return undefined;
  }
  const values: EnumValue[] = [];
  for (const item of node.items) {
    const flaw = enumFlaw(item);
    if (flaw !== undefined) reader.error("P203", startOf(item), flaw);
    // On the wire null is JavaScript's null.
    else if (item.kind === "scalar") values.push(item.value ?? null);
  }
  return values.length === node.items.length ? values : undefined;
}

function enumFlaw(item: YamlNode): string | undefined {
  if (item.kind !== "scalar")
    return `a text, a number, true, false or null was expected, but ${nodeWords(item)} stands here`;
  if (isEmpty(item)) return "a value was expected, but nothing stands here; write null for null";
  if (!item.quoted && /[\r\n]/.test(item.source))
    return "a text without quotes stands on one line, and this one runs over several";
  return undefined;
}
