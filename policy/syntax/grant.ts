import { isEmpty, type Reader } from "../../yaml/reader.ts";
import { short, type YamlEntry, type YamlMap, type YamlNode } from "../../yaml/tree.ts";
import { VIAS } from "../base/via.ts";
import { parseArgs } from "./args.ts";
import { parseNetwork } from "./cidr.ts";
import { parseLimits } from "./limits.ts";
import type { PolicyReader } from "./policy-reader.ts";
import type { GrantTree } from "./tree.ts";
import { ALWAYS } from "./window.ts";
import { parsePatterns, parseSubjects } from "./words.ts";

const GRANT = {
  of: "a grant",
  known: ["to", "call", "except", "args", "via", "from", "valid", "limits", "returns"],
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
  const optional = (name: string): YamlNode | undefined => map.entries.get(name)?.value;
  const [via, from, valid, limits, returns] = ["via", "from", "valid", "limits", "returns"].map(optional);
  return {
    id,
    at,
    to,
    call,
    except,
    args,
    via: via && parseVia(via, reader),
    viaAt: map.entries.get("via")?.keyAt,
    from: from && parseFrom(from, reader),
    fromAt: map.entries.get("from")?.keyAt,
    valid: valid === undefined ? ALWAYS : reader.window(valid),
    limits: limits && parseLimits(limits, reader),
    returns: returns === undefined ? [] : parseReturns(returns, reader),
  };
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

function parseVia(node: YamlNode, reader: PolicyReader): GrantTree["via"] {
  return reader.texts(node, "channel", { empty: false }).flatMap(({ value, at }) => {
    const via = VIAS.find((one) => one === value);
    if (via !== undefined) return [via];
    const text = `'${short(String(value))}' is no channel: unix, tls or stream was expected`;
    reader.error("P203", at, text, reader.near(String(value), VIAS));
    return [];
  });
}

function parseFrom(node: YamlNode, reader: PolicyReader): GrantTree["from"] {
  return reader.texts(node, "network", { empty: false }).flatMap(({ value, at }) => {
    const network = parseNetwork(String(value));
    if (!("flaw" in network)) return [network];
    const { flaw, hint, choices = [] } = network;
    const offered = choices.map(({ meant, text }) => ({
      meant,
      fix: { kind: "rename", word: String(value), by: text } as const,
    }));
    reader.error("P210", at, flaw, hint, offered.length === 0 ? {} : { choices: offered });
    return [];
  });
}

/** Names of interfaces are the names of the objects' methods but for the last segment, so they look like methods'. */
function parseReturns(node: YamlNode, reader: PolicyReader): GrantTree["returns"] {
  return reader
    .texts(node, "interface", { empty: false })
    .filter(({ value, at }) => reader.goodName(String(value), at, "interface"))
    .map(({ value, at }) => ({ name: String(value), at }));
}
