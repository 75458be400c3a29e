import { FORBIDDEN_KEYS } from "../../base/names.ts";
import { article, isEmpty, startOf } from "../../yaml/reader.ts";
import type { YamlEntry, YamlNode } from "../../yaml/tree.ts";
import { type FieldEntry, readFields } from "./fields.ts";
import type { PolicyReader } from "./policy-reader.ts";
import { readRange } from "./read-range.ts";
import { type Constraint, type FieldTree, isReference } from "./tree.ts";

/** How what is inside is read: a constraint like any other. */
export type ParseConstraint = (node: YamlNode, reader: PolicyReader) => Constraint | undefined;

/** The longest key that a map on the wire can have, in bytes; a policy's keys are ASCII (docs/protocol.md, 3). */
export const MAP_KEY_MAX_BYTES = 128;

const MAP_KEYS = {
  of: "key",
  isKey: (key: string): boolean => key.length <= MAP_KEY_MAX_BYTES && !FORBIDDEN_KEYS.has(key),
  rule: `no call can bring it: a key has at most ${MAP_KEY_MAX_BYTES} bytes and no meaning in JavaScript`,
};

const LIST = { of: "a list constraint", known: ["of", "len"] };

/** Reads `{of: C, len: 0..8}`. */
export function readList(
  entry: YamlEntry,
  reader: PolicyReader,
  parseConstraint: ParseConstraint,
): Constraint | undefined {
  const { keyAt, value: node } = entry;
  if (node.kind !== "map") {
    reader.wrongType("a map with 'of' and perhaps 'len'", node, "write {list: {of: string, len: 0..8}}");
    return undefined;
  }
  reader.record(node, LIST);
  const of = node.entries.get("of");
  if (of === undefined || isEmpty(of.value)) {
    const text =
      of === undefined ? "the list constraint has no 'of'" : "the 'of' of the list constraint is empty";
    reader.error("P202", of?.keyAt ?? keyAt, text, "say what each element is: of: string, or of: any");
  }
  const len = node.entries.get("len")?.value;
  const range =
    len === undefined ? { min: 0, max: Number.POSITIVE_INFINITY } : readRange(len, "length", reader);
  const inner = of === undefined || isEmpty(of.value) ? undefined : readInner(of, reader, parseConstraint);
  return inner === undefined || range === undefined ? undefined : { kind: "list", of: inner, ...range };
}

/** Reads `{team: C, ticket?: C, '*': C}`. */
export function readMap(
  node: YamlNode,
  reader: PolicyReader,
  parseConstraint: ParseConstraint,
): Constraint | undefined {
  if (node.kind !== "map") {
    reader.wrongType("a map of keys and their constraints", node, "write {map: {name: string, '*': any}}");
    return undefined;
  }
  if (node.entries.size === 0) {
    const text = "the map constraint names no key, and would match the empty map only";
    reader.error("P203", startOf(node), text, "for a map with any keys write {map: {'*': any}}");
    return undefined;
  }
  const problems = reader.problems.length;
  const { fields, others } = readFields(node, MAP_KEYS, reader);
  const read = (field: FieldEntry): FieldTree | undefined => {
    const { key, at, optional } = field;
    const constraint = readInner(field, reader, parseConstraint);
    return constraint === undefined ? undefined : { key, at, optional, constraint };
  };
  const trees = fields.map(read).filter((field) => field !== undefined);
  const rest = others === undefined ? undefined : read(others);
  return reader.problems.length > problems ? undefined : { kind: "map", fields: trees, others: rest };
}

/** What is inside is data: a message has references as arguments only, never in a list or a map of one. */
function readInner(
  { value }: Pick<YamlEntry, "value">,
  reader: PolicyReader,
  parseConstraint: ParseConstraint,
): Constraint | undefined {
  const inner = parseConstraint(value, reader);
  const all = inner?.kind === "one_of" ? inner.alternatives : inner === undefined ? [] : [inner];
  const live = all.find((one) => isReference(one));
  if (live === undefined) return inner;
  const text = `${article(live.kind)} is an argument of its own, and never part of a list or a map`;
  reader.error("P203", startOf(value), text, "no call can bring it: remove it, or make it an argument");
  return undefined;
}
