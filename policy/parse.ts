import { fingerprint, parsePublicKeyLine } from "../base/public-key.ts";
import { EVERYONE, parseGrant } from "./parse-grant.ts";
import { PolicyReader } from "./policy-reader.ts";
import { FILE_START, type Problem } from "./problem.ts";
import { isEmpty, type Reader, startOf } from "./reader.ts";
import type { GrantTree, IdentityTree, KeyTree, PolicyTree, RoleTree } from "./tree.ts";
import { nodeWords, type YamlEntry, type YamlMap, type YamlNode } from "./yaml-tree.ts";

/** The one version of the language so far. */
const VERSION = 1;

const FILE = {
  of: "a policy",
  known: ["policy", "roles", "identities", "grants"],
  later: ["authorities", "revoked", "shadow", "never", "tests"],
};
const ROLE = { of: "a role", known: ["includes"], later: [] };
const IDENTITY = { of: "an identity", known: ["keys", "roles"], later: ["valid", "narrow"] };

export interface Parsed {
  /** What could be read; what could not is left out, and reported. */
  readonly tree: PolicyTree;
  readonly problems: readonly Problem[];
}

/** Makes a policy of a text that passed the gate. @param root - nothing where the file is empty */
export function parsePolicy(root: YamlNode | undefined): Parsed {
  const reader = new PolicyReader();
  const map = root === undefined || isEmpty(root) ? undefined : reader.record(root, FILE);
  if (root === undefined || isEmpty(root)) {
    reader.error("P202", FILE_START, "the file is empty", "begin it with 'policy: 1'");
  } else if (map !== undefined) {
    checkVersion(map, reader);
  }
  const section = (name: string): YamlEntry | undefined => map?.entries.get(name);
  const roles = reader.named(section("roles"), "role").map((entry) => parseRole(entry, reader));
  const identities = reader
    .named(section("identities"), "identity")
    .map((entry) => parseIdentity(entry, reader));
  const grants = reader.named(section("grants"), "grant").map((entry) => parseGrant(entry, reader));
  const tree = {
    roles: new Map(roles.map((role) => [role.name, role])),
    rolesAt: section("roles")?.keyAt,
    identities: new Map(identities.map((identity) => [identity.name, identity])),
    identitiesAt: section("identities")?.keyAt,
    grants: new Map(
      grants.filter((grant): grant is GrantTree => grant !== undefined).map((grant) => [grant.id, grant]),
    ),
  };
  return { tree, problems: reader.problems };
}

function checkVersion(map: YamlMap, reader: Reader): void {
  const entry = map.entries.get("policy");
  if (entry === undefined) {
    const text = "the version of the policy language is missing";
    reader.error("P202", startOf(map), text, `begin the file with 'policy: ${VERSION}'`);
    return;
  }
  const { value } = entry;
  if (value.kind === "scalar" && value.value === VERSION) return;
  const at = isEmpty(value) ? entry.keyAt : startOf(value);
  const text = `version ${VERSION} of the policy language was expected, but ${nodeWords(value)} stands here`;
  reader.error("P204", at, text, `write 'policy: ${VERSION}'`);
}

function parseRole({ key: name, keyAt: at, value }: YamlEntry, reader: Reader): RoleTree {
  if (name === EVERYONE) {
    reader.error(
      "P206",
      at,
      `'${EVERYONE}' stands for all principals and cannot be a role`,
      "name the role otherwise",
    );
  }
  const map = isEmpty(value) ? undefined : reader.record(value, ROLE);
  const includes = map?.entries.get("includes");
  return { name, at, includes: includes === undefined ? [] : reader.names(includes.value, "role") };
}

function parseIdentity({ key: name, keyAt: at, value }: YamlEntry, reader: Reader): IdentityTree {
  const map = isEmpty(value) ? undefined : reader.record(value, IDENTITY);
  const keys = map?.entries.get("keys");
  const roles = map?.entries.get("roles");
  if (
    (keys === undefined && (map !== undefined || isEmpty(value))) ||
    (keys !== undefined && isEmpty(keys.value))
  ) {
    const text = `the identity '${name}' has no keys`;
    reader.error("P202", keys?.keyAt ?? at, text, "keys: [ssh-ed25519 AAAA… comment]");
  }
  return {
    name,
    at,
    keys: keys === undefined || isEmpty(keys.value) ? [] : parseKeys(keys.value, reader),
    roles: roles === undefined ? [] : reader.names(roles.value, "role"),
  };
}

function parseKeys(node: YamlNode, reader: Reader): KeyTree[] {
  const keys: KeyTree[] = [];
  for (const { value, at } of reader.texts(node, "key", { one: false, empty: false })) {
    const line = parsePublicKeyLine(String(value));
    if (typeof line === "string") {
      reader.error("P207", at, line, "copy the line of the .pub file");
    } else {
      keys.push({ key: line.key, fingerprint: fingerprint(line.key), at });
    }
  }
  return keys;
}
