import { ARGUMENT_NAME_RULE, isArgumentName } from "../base/names.ts";
import { parseConstraint } from "./parse-constraint.ts";
import { type FieldEntry, readFields } from "./parse-fields.ts";
import { type Pattern, parsePattern } from "./pattern.ts";
import type { PolicyReader } from "./policy-reader.ts";
import { isEmpty, type Reader, startOf } from "./reader.ts";
import type { ArgsTree, FieldTree, GrantTree, SubjectTree } from "./tree.ts";
import type { YamlEntry, YamlMap, YamlNode } from "./yaml-tree.ts";

/** Every authenticated principal: no role may bear this name. */
export const EVERYONE = "everyone";

const GRANT = {
  of: "a grant",
  known: ["to", "call", "except", "args"],
  later: ["via", "from", "valid", "limits", "returns"],
};

/** Positions of more than three digits name no parameter. */
const POSITION = /^(?:0|[1-9][0-9]{0,2})$/;

const ARGUMENTS = {
  of: "argument",
  isKey: (key: string): boolean => isArgumentName(key) || POSITION.test(key),
  rule: `an argument is ${ARGUMENT_NAME_RULE}; digits for a position; '*' for all others`,
};

/** Reads one grant. What is wrong is reported and left out, so that the names in the rest are checked too. */
export function parseGrant(
  { key: id, keyAt: at, value }: YamlEntry,
  reader: PolicyReader,
): GrantTree | undefined {
  const map = reader.record(value, GRANT);
  if (map === undefined) return undefined;
  const toNode = required(map, "to", at, id, "name roles, id:NAME or everyone", reader);
  const callNode = required(map, "call", at, id, "name methods, like math.add or math.*", reader);
  const argsNode = required(map, "args", at, id, "write none, any, or a record of the arguments", reader);
  const exceptNode = map.entries.get("except")?.value;
  const to = toNode === undefined ? [] : parseSubjects(toNode, reader);
  const call = callNode === undefined ? [] : parsePatterns(callNode, false, reader);
  const except = exceptNode === undefined ? [] : parsePatterns(exceptNode, true, reader);
  const args = argsNode === undefined ? undefined : parseArgs(argsNode, reader);
  return { id, at, to, call, except, args };
}

function required(
  map: YamlMap,
  field: string,
  at: GrantTree["at"],
  id: string,
  hint: string,
  reader: Reader,
): YamlNode | undefined {
  const entry = map.entries.get(field);
  if (entry !== undefined && !isEmpty(entry.value)) return entry.value;
  const text =
    entry === undefined ? `the grant '${id}' has no '${field}'` : `the '${field}' of '${id}' is empty`;
  reader.error("P202", entry?.keyAt ?? at, text, hint);
  return undefined;
}

function parseSubjects(node: YamlNode, reader: Reader): SubjectTree[] {
  const subjects: SubjectTree[] = [];
  for (const { value, at } of reader.texts(node, "role", { one: true, empty: false })) {
    const text = String(value);
    const identity = text.startsWith("id:");
    const name = identity ? text.slice(3) : text;
    if (name === EVERYONE && !identity) subjects.push({ kind: "everyone", name, at });
    else if (reader.goodName(name, at, identity ? "identity" : "role")) {
      subjects.push({ kind: identity ? "identity" : "role", name, at });
    }
  }
  return subjects;
}

function parsePatterns(node: YamlNode, empty: boolean, reader: Reader): Pattern[] {
  const patterns: Pattern[] = [];
  for (const { value, at } of reader.texts(node, "method pattern", { one: true, empty })) {
    const pattern = parsePattern(String(value));
    if (typeof pattern === "string") {
      reader.error("P205", at, pattern, "'*' stands for one whole segment, '**' at the end for one or more");
    } else {
      patterns.push({ ...pattern, at });
    }
  }
  return patterns;
}

function parseArgs(node: YamlNode, reader: PolicyReader): ArgsTree | undefined {
  const at = startOf(node);
  if (node.kind === "scalar" && (node.value === "none" || node.value === "any"))
    return { kind: node.value, at };
  if (node.kind !== "map") {
    reader.wrongType("none, any, or a record of the arguments", node);
    return undefined;
  }
  if (node.entries.size === 0) {
    reader.error(
      "P203",
      at,
      "the record of the arguments is empty",
      "write none for no arguments, any for any",
    );
    return undefined;
  }
  const { fields, others } = readFields(node, ARGUMENTS, reader);
  return {
    kind: "record",
    at,
    fields: fields.map((field) => parseField(field, reader)).filter((field) => field !== undefined),
    others: others === undefined ? undefined : parseField(others, reader),
  };
}

function parseField({ key, at, optional, value }: FieldEntry, reader: PolicyReader): FieldTree | undefined {
  const constraint = parseConstraint(value, reader);
  return constraint === undefined ? undefined : { key, at, optional, constraint };
}
