import { fingerprint, isFingerprint, parsePublicKeyLine } from "../../certs/public-key.ts";
import { isEmpty, type Reader } from "../../yaml/reader.ts";
import { nodeWords, type YamlEntry, type YamlMap, type YamlNode } from "../../yaml/tree.ts";
import type { PolicyReader } from "./policy-reader.ts";
import { readTextPattern } from "./text-pattern.ts";
import type { AuthorityTree, IdentityTree, KeyTree, NamePatternTree, RevokedTree, RoleTree } from "./tree.ts";
import { ALWAYS } from "./window.ts";
import { EVERYONE } from "./words.ts";

const ROLE = { of: "a role", known: ["includes"] };
const IDENTITY = { of: "an identity", known: ["keys", "roles", "valid", "narrow"] };
const AUTHORITY = { of: "an authority", known: ["keys", "names", "roles"] };

/** The most links that may follow an identity's own key (docs/policy.md, "Identities"). */
const NARROW_MAX = 3;

const SERIAL = /^([A-Za-z][A-Za-z0-9_-]{0,63})\/([A-Za-z0-9][A-Za-z0-9._-]{0,127})$/;

export function parseRole({ key: name, keyAt: at, value }: YamlEntry, reader: Reader): RoleTree {
  if (name === EVERYONE) {
    const text = `'${EVERYONE}' stands for all principals and cannot be a role`;
    reader.error("P206", at, text, "name the role otherwise");
  }
  const map = isEmpty(value) ? undefined : reader.record(value, ROLE);
  const includes = map?.entries.get("includes");
  return { name, at, includes: includes === undefined ? [] : reader.names(includes.value, "role") };
}

export function parseIdentity(
  { key: name, keyAt: at, value }: YamlEntry,
  reader: PolicyReader,
): IdentityTree {
  const map = isEmpty(value) ? undefined : reader.record(value, IDENTITY);
  const [roles, valid, narrow] = ["roles", "valid", "narrow"].map((field) => map?.entries.get(field)?.value);
  return {
    name,
    at,
    keys: requiredKeys(`the identity '${name}'`, map, isEmpty(value), at, reader),
    roles: roles === undefined ? [] : reader.names(roles, "role"),
    valid: valid === undefined ? ALWAYS : reader.window(valid),
    narrow: narrow === undefined ? 0 : parseNarrow(narrow, reader),
  };
}

export function parseAuthority(
  { key: name, keyAt: at, value }: YamlEntry,
  reader: PolicyReader,
): AuthorityTree {
  const map = isEmpty(value) ? undefined : reader.record(value, AUTHORITY);
  const keys = requiredKeys(`the authority '${name}'`, map, isEmpty(value), at, reader);
  const required = (field: string, hint: string): YamlNode | undefined => {
    const entry = map?.entries.get(field);
    if (entry !== undefined && !isEmpty(entry.value)) return entry.value;
    // No default: an authority that may give any name, or no role at all, has to say so.
    if (map !== undefined) {
      const text =
        entry === undefined
          ? `the authority '${name}' has no '${field}'`
          : `the '${field}' of '${name}' is empty`;
      reader.error("P202", entry?.keyAt ?? at, text, hint);
    }
    return undefined;
  };
  const names = required("names", "name the certificates that it may give: names: [web-*.fleet.example]");
  const roles = required("roles", "name the most roles that it may give, or write []");
  return {
    name,
    at,
    keys,
    names: names === undefined ? [] : parseNamePatterns(names, reader),
    roles: roles === undefined ? [] : reader.names(roles, "role"),
  };
}

/** Reads keys, as lines or fingerprints, and `AUTHORITY/SERIAL`. */
export function parseRevoked(node: YamlNode, reader: Reader): RevokedTree[] {
  const revoked: RevokedTree[] = [];
  for (const { value, at } of reader.texts(node, "key or serial", { empty: true })) {
    const text = String(value);
    const serial = SERIAL.exec(text);
    if (isFingerprint(text)) revoked.push({ kind: "key", fingerprint: text, at });
    else if (serial !== null) {
      revoked.push({ kind: "certificate", authority: serial[1] ?? "", serial: serial[2] ?? "", at });
    } else {
      const line = parsePublicKeyLine(text);
      if (typeof line !== "string") revoked.push({ kind: "key", fingerprint: fingerprint(line.key), at });
      else
        reader.error(
          "P207",
          at,
          line,
          "write the line of the .pub file, its SHA256:… fingerprint, or AUTHORITY/SERIAL",
        );
    }
  }
  return revoked;
}

function requiredKeys(
  whose: string,
  map: YamlMap | undefined,
  empty: boolean,
  at: KeyTree["at"],
  reader: Reader,
): KeyTree[] {
  const keys = map?.entries.get("keys");
  if (keys !== undefined && !isEmpty(keys.value)) return parseKeys(keys.value, reader);
  if (map !== undefined || empty)
    reader.error("P202", keys?.keyAt ?? at, `${whose} has no keys`, "keys: [ssh-ed25519 AAAA… comment]");
  return [];
}

function parseKeys(node: YamlNode, reader: Reader): KeyTree[] {
  const keys: KeyTree[] = [];
  for (const { value, at } of reader.texts(node, "key", { empty: false })) {
    const line = parsePublicKeyLine(String(value));
    if (typeof line === "string") reader.error("P207", at, line, "copy the line of the .pub file");
    else keys.push({ bytes: line.key.bytes, fingerprint: fingerprint(line.key), at });
  }
  return keys;
}

function parseNarrow(node: YamlNode, reader: PolicyReader): number {
  const found = node.kind === "scalar" ? node.value : undefined;
  if (typeof found === "number" && Number.isInteger(found) && found >= 1 && found <= NARROW_MAX) return found;
  const text = `narrow: a whole number from 1 to ${NARROW_MAX} was expected, but ${nodeWords(node)} stands here`;
  reader.error(
    "P212",
    node.at,
    text,
    "so many links may follow the identity's own key; leave it out for none",
  );
  return 0;
}

/** Globs over whole names; names have no slash, so one star is any run. */
function parseNamePatterns(node: YamlNode, reader: PolicyReader): NamePatternTree[] {
  return reader.texts(node, "name pattern", { empty: false }).flatMap((scalar) => {
    const constraint = readTextPattern("glob", scalar, reader);
    return constraint?.kind === "glob"
      ? [{ text: String(scalar.value), at: scalar.at, dfa: constraint.dfa }]
      : [];
  });
}
