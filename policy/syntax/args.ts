import { ARGUMENT_NAME_RULE, isArgumentName } from "../../base/names.ts";
import { startOf } from "../../yaml/reader.ts";
import type { YamlMap, YamlNode } from "../../yaml/tree.ts";
import { parseConstraint } from "./constraint.ts";
import { type FieldEntry, readFields } from "./fields.ts";
import type { PolicyReader } from "./policy-reader.ts";
import type { ArgsTree, FieldTree } from "./tree.ts";

/** Positions of more than three digits name no parameter. */
const POSITION = /^(?:0|[1-9][0-9]{0,2})$/;

const ARGUMENTS = {
  of: "argument",
  isKey: (key: string): boolean => isArgumentName(key) || POSITION.test(key),
  rule: `an argument is ${ARGUMENT_NAME_RULE}; digits for a position; '*' for all others`,
};

/** Reads what a grant says of the arguments. */
export function parseArgs(node: YamlNode, reader: PolicyReader): ArgsTree | undefined {
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
  return { kind: "record", at, ...readArguments(node, reader) };
}

/** Reads a record of arguments: those that are listed, and what `'*'` says of the others. */
export function readArguments(
  node: YamlMap,
  reader: PolicyReader,
): { readonly fields: readonly FieldTree[]; readonly others: FieldTree | undefined } {
  const { fields, others } = readFields(node, ARGUMENTS, reader);
  return {
    fields: fields.map((field) => parseField(field, reader)).filter((field) => field !== undefined),
    others: others === undefined ? undefined : parseField(others, reader),
  };
}

function parseField({ key, at, optional, value }: FieldEntry, reader: PolicyReader): FieldTree | undefined {
  const constraint = parseConstraint(value, reader);
  return constraint === undefined ? undefined : { key, at, optional, constraint };
}
