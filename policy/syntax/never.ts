import { isEmpty, startOf } from "../../yaml/reader.ts";
import type { YamlEntry, YamlNode } from "../../yaml/tree.ts";
import { readArguments } from "./args.ts";
import type { PolicyReader } from "./policy-reader.ts";
import type { FieldTree, NeverTree, SubjectTree } from "./tree.ts";
import { EVERYONE, parsePatterns, parseSubjects } from "./words.ts";

const NEVER = { of: "an assertion", known: ["call", "args", "unless"] };

/** Reads what no grant may allow. */
export function parseNever(
  { key: id, keyAt: at, value }: YamlEntry,
  reader: PolicyReader,
): NeverTree | undefined {
  const map = reader.record(value, NEVER);
  if (map === undefined) return undefined;
  const call = map.entries.get("call");
  const args = map.entries.get("args")?.value;
  const unless = map.entries.get("unless")?.value;
  if (call === undefined || isEmpty(call.value)) {
    const text =
      call === undefined ? `the assertion '${id}' has no 'call'` : `the 'call' of '${id}' is empty`;
    reader.error("P202", call?.keyAt ?? at, text, 'name the methods that it is about; "**" for all');
  }
  return {
    id,
    at,
    call: call === undefined || isEmpty(call.value) ? [] : parsePatterns(call.value, false, reader),
    args: args === undefined ? undefined : parseNeverArgs(args, reader),
    unless: unless === undefined ? [] : parseUnless(unless, reader),
  };
}

const ANY_ARGUMENTS = "leave 'args' out for any arguments";

/** `any`, the same as nothing, or a record. What a record does not list may be absent or anything, so `'*'` says nothing. */
function parseNeverArgs(node: YamlNode, reader: PolicyReader): readonly FieldTree[] | undefined {
  if (node.kind === "scalar" && node.value === "any") return undefined;
  if (node.kind !== "map") {
    reader.wrongType("a record of the arguments that matter", node, ANY_ARGUMENTS);
    return [];
  }
  if (node.entries.size === 0) {
    reader.error("P203", startOf(node), "the record of the arguments is empty", ANY_ARGUMENTS);
    return [];
  }
  const { fields, others } = readArguments(node, reader);
  if (others !== undefined)
    reader.error(
      "P206",
      others.at,
      "what an assertion does not list may be anything",
      "remove '*', or list the arguments",
    );
  return fields;
}

function parseUnless(node: YamlNode, reader: PolicyReader): SubjectTree[] {
  return parseSubjects(node, reader).filter(({ kind, at }) => {
    if (kind !== "everyone") return true;
    reader.error("P203", at, `an assertion unless ${EVERYONE} asserts nothing`, "name a role or id:NAME");
    return false;
  });
}
