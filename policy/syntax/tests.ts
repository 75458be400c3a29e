import { CERTIFICATE_NAME_RULE, isCertificateName } from "../../base/names.ts";
import { isEmpty, startOf } from "../../yaml/reader.ts";
import { short, type YamlEntry, type YamlMap, type YamlNode, type YamlScalar } from "../../yaml/tree.ts";
import { VIAS } from "../base/via.ts";
import { LiteralFlaw, parseCall } from "./call-literal.ts";
import { addressOf } from "./cidr.ts";
import type { PolicyReader } from "./policy-reader.ts";
import type { TestCall, TestPrincipal, TestTree } from "./test-tree.ts";

const TEST = { of: "a test", known: ["as", "via", "from", "at", "allow", "deny"] };
const CERTIFICATE = { of: "a principal with a certificate", known: ["authority", "name", "roles"] };

/** Reads the embedded tests; a single one stands for a list of one. One that cannot be read is reported and left out. */
export function parseTests(entry: YamlEntry | undefined, reader: PolicyReader): TestTree[] {
  if (entry === undefined || isEmpty(entry.value)) return [];
  if (entry.value.kind === "scalar") {
    reader.wrongType("a list of tests", entry.value, "begin each with '- as: NAME'");
    return [];
  }
  const items = entry.value.kind === "list" ? entry.value.items : [entry.value];
  return items.map((item) => parseTest(item, reader)).filter((test) => test !== undefined);
}

function parseTest(node: YamlNode, reader: PolicyReader): TestTree | undefined {
  const map = reader.record(node, TEST);
  if (map === undefined) return undefined;
  const at = startOf(node);
  const as = map.entries.get("as");
  if (as === undefined || isEmpty(as.value)) {
    reader.error(
      "P202",
      as?.keyAt ?? at,
      "the test does not say who calls",
      "as: NAME, or {authority, name, roles}",
    );
  }
  if (!map.entries.has("allow") && !map.entries.has("deny")) {
    reader.error("P202", at, "the test has no calls", "list calls under allow, deny or both");
  }
  const principal = as === undefined || isEmpty(as.value) ? undefined : parsePrincipal(as.value, reader);
  const field = (name: string): YamlNode | undefined => map.entries.get(name)?.value;
  const [via, from, moment, allow, deny] = ["via", "from", "at", "allow", "deny"].map(field);
  const channel = via && parseVia(via, reader);
  const address = from && parseAddress(from, reader);
  // A channel that could not be read is reported already.
  if (from !== undefined && address !== undefined && (via === undefined || channel === "unix"))
    reader.error(
      "P214",
      startOf(from),
      via === undefined
        ? "the test names an address and no channel, so it is over unix, and no peer there has an address"
        : "the test is over unix, and no peer on a Unix socket has an address",
      "write via: tls beside it; or remove 'from'",
    );
  const test = {
    at,
    via: channel ?? "unix",
    isViaGiven: via !== undefined,
    from: address,
    atMs: moment && reader.time(moment),
    allow: allow === undefined ? [] : parseCalls(allow, reader),
    deny: deny === undefined ? [] : parseCalls(deny, reader),
  };
  return principal === undefined ? undefined : { ...test, as: principal };
}

function parsePrincipal(node: YamlNode, reader: PolicyReader): TestPrincipal | undefined {
  if (node.kind !== "map") {
    const text = reader.text(node, "identity");
    if (text === undefined) return undefined;
    const name = text.startsWith("id:") ? text.slice(3) : text;
    return reader.goodName(name, startOf(node), "identity")
      ? { kind: "identity", identity: { name, at: startOf(node) } }
      : undefined;
  }
  reader.record(node, CERTIFICATE);
  const authority = requiredText(node, "authority", reader);
  const name = requiredText(node, "name", reader);
  const roles = node.entries.get("roles")?.value;
  if (name !== undefined && !isCertificateName(String(name.value))) {
    const text = `'${short(String(name.value))}' is no name of a certificate: ${CERTIFICATE_NAME_RULE}`;
    reader.error("P206", name.at, text);
  }
  const asserted = roles === undefined ? [] : reader.names(roles, "role");
  if (authority === undefined || name === undefined) return undefined;
  if (!reader.goodName(String(authority.value), authority.at, "authority")) return undefined;
  return {
    kind: "certificate",
    authority: { name: String(authority.value), at: authority.at },
    name: { name: String(name.value), at: name.at },
    roles: asserted,
  };
}

function requiredText({ entries, at }: YamlMap, field: string, reader: PolicyReader): YamlScalar | undefined {
  const entry = entries.get(field);
  if (entry === undefined || isEmpty(entry.value)) {
    reader.error(
      "P202",
      entry?.keyAt ?? startOf({ kind: "map", entries, at }),
      `the principal has no '${field}'`,
    );
    return undefined;
  }
  const text = reader.text(entry.value, field);
  return text !== undefined && entry.value.kind === "scalar" ? entry.value : undefined;
}

function parseVia(node: YamlNode, reader: PolicyReader): TestTree["via"] | undefined {
  const text = reader.text(node, "channel");
  const via = VIAS.find((one) => one === text);
  if (text !== undefined && via === undefined) {
    reader.error("P203", startOf(node), `'${short(text)}' is no channel`, reader.near(text, VIAS));
  }
  return via;
}

function parseAddress(node: YamlNode, reader: PolicyReader): TestTree["from"] {
  const text = reader.text(node, "address");
  if (text === undefined) return undefined;
  const address = addressOf(text);
  if (address === undefined)
    reader.error(
      "P210",
      startOf(node),
      `an address was expected, like 10.20.3.4, but '${short(text)}' stands here`,
    );
  return address === undefined ? undefined : { text, address };
}

/** Reads calls; a single one stands for a list of one. */
function parseCalls(node: YamlNode, reader: PolicyReader): TestCall[] {
  if (node.kind !== "list" && isEmpty(node)) {
    reader.wrongType("a list of calls", node, "one line each: - math.add(2, 3)");
    return [];
  }
  const items = node.kind === "list" ? node.items : [node];
  return items.flatMap((item) => {
    // `- m(a={"b": 1})` is a map for YAML.
    if (item.kind === "map") reader.wrongType("a call", item, QUOTE_CALLS);
    const text = item.kind === "map" ? undefined : reader.text(item, "call");
    if (text === undefined) return [];
    try {
      return [{ text, at: startOf(item), call: parseCall(text) }];
    } catch (error) {
      if (!(error instanceof LiteralFlaw)) throw error;
      const where = `${error.message} (character ${error.at + 1} of '${short(text)}')`;
      reader.error("P213", startOf(item), where, hintFor(text));
      return [];
    }
  });
}

const QUOTE_CALLS = "quote calls inside [ ], where a comma parts them, and calls with ': ' or ' #' in them";

/** `[math.add(1, 2)]` is a list of two texts for YAML: the comma parts them. */
function hintFor(text: string): string {
  const open = (text.match(/\(/g) ?? []).length;
  const closed = (text.match(/\)/g) ?? []).length;
  return open === closed
    ? "write method(value, name=value); values as in CBOR's diagnostic notation"
    : QUOTE_CALLS;
}
