import { describe } from "node:test";
import { refuses } from "../findings.ts";
import { keyLine } from "../support.ts";

const [K, ALICES] = [keyLine(1), keyLine(2)];

describe("an authority is refused for", () => {
  const rest = (fields: string): string => `ca: {keys: [${K}], ${fields}}`;
  const keys = (written: string): string => `ca: {keys: ${written}, names: a, roles: []}`;
  const names = (written: string): string => rest(`names: ${written}, roles: []`);
  const roles = (written: string): string => rest(`names: a, roles: ${written}`);
  const good = roles("[user]");
  const what = "an authority, a map with keys, names and roles, was expected, but";
  refuses(
    [
      ["being empty", "▸ca:", "P202", "the authority 'ca' has no keys", good],
      ["being null", "ca: ▸~", "P203", `${what} null`],
      ["being a text", "ca: ▸x", "P203", `${what} the text 'x'`],
      ["being a list", "ca: ▸[a]", "P203", `${what} a list`],
      ["a bad name", `▸1${good}`, "P206", "'1ca' cannot be the name of an authority"],
      ["standing there twice", `${good}\n  ▸${good}`, "P102", "the key 'ca' stands here a second time"],
      ["having no keys", "▸ca: {names: a, roles: []}", "P202", "has no keys … ssh-ed25519"],
      ["empty keys", "ca: {▸keys: , names: a, roles: []}", "P202", "has no keys"],
      ["no key in its list", keys("▸[]"), "P203", "at least one key was expected, but the list is empty"],
      ["a bad key as one value", keys("▸x"), "P207", "an OpenSSH public key was expected … begins with 'x'"],
      ["a map of keys", keys("▸{a: b}"), "P203", "a list of keys was expected, but a map"],
      ["a number in its keys", keys("[▸7]"), "P203", "a key was expected, but the number 7"],
      ["a bad key", keys("[▸x]"), "P207", "an OpenSSH public key was expected … begins with 'x' … .pub"],
      ["the key of an identity", keys(`[▸${ALICES}]`), "P303", "belongs to the identity 'alice' already"],
      ["having no names", `▸${rest("roles: []")}`, "P202", "'ca' has no 'names' … web-*"],
      ["empty names", rest("▸names: , roles: []"), "P202", "the 'names' of 'ca' is empty"],
      ["no name in its list", names("▸[]"), "P203", "at least one name pattern was expected", names("[a]")],
      ["names that are null", names("▸~"), "P203", "a name pattern was expected, but null"],
      ["names that are a number", names("▸7"), "P203", "a name pattern was expected, but the number 7"],
      ["names that are a map", names("▸{a: }"), "P203", "a list of name patterns was expected, but a map"],
      ["a number in its names", names("[▸7]"), "P203", "a name pattern was expected, but the number 7"],
      ["a bracket in a name", names("'a▸[b'"), "P209", "'[' may not stand in a glob (character 2"],
      ["three stars in a name", names("['▸***']"), "P209", "3 stars in a row", names("['**', '*', '?']")],
      ["having no roles", `▸${rest("names: a")}`, "P202", "'ca' has no 'roles' … or write []"],
      ["empty roles", rest("names: a, ▸roles: "), "P202", "the 'roles' of 'ca' is empty", roles("[]")],
      ["a role that is not declared, as one value", roles("▸usr"), "P301", "'usr' … 'user'?", roles("user")],
      ["roles that are null", roles("▸~"), "P203", "a role was expected, but null"],
      ["a number in its roles", roles("[▸7]"), "P203", "a role was expected, but the number 7"],
      ["a role that is not declared", roles("[user, ▸usr]"), "P301", "'usr' … did you mean 'user'?"],
      ["the role everyone", roles("[▸everyone]"), "P301", "role 'everyone' is not declared"],
      ["a window of time", rest("names: a, roles: [], ▸valid: {}"), "P201", "no field 'valid' … keys, names"],
      ["a slip in names", rest("names: a, roles: [], ▸nams: a"), "P201", "'nams' … did you mean 'names'?"],
      ["names in two places", rest("names: a, roles: [], ▸names: b"), "P102", "'names' … a second time"],
    ],
    (part) =>
      `policy: 1\nroles: {user: }\nidentities: {alice: {keys: [${ALICES}]}}\nauthorities:\n  ${part}\n`,
  );
});

describe("a revocation is refused for", () => {
  const forms = "write the line of the .pub file, its SHA256:… fingerprint, or AUTHORITY/SERIAL";
  const print = `SHA256:${"a".repeat(43)}`;
  const serial = `ca/${"7".repeat(128)}`;
  refuses(
    [
      ["being a number", "▸7", "P203", "a key or serial was expected, but the number 7 … quote it", "ca/7"],
      ["being null", "▸~", "P203", "a key or serial was expected, but null"],
      ["being a list", "▸[ca/7]", "P203", "a key or serial was expected, but a list"],
      ["being a map", "▸{ca: 7}", "P203", "a key or serial was expected, but a map"],
      ["having no characters", "▸''", "P207", `it begins with '' … ${forms}`],
      ["being a name", "▸alice", "P207", `it begins with 'alice' … ${forms}`],
      ["running over two lines", "▸ca/7\n  x", "P203", "a key or serial stands on one line"],
      ["a fingerprint cut short", `▸${print.slice(0, -1)}`, "P207", forms, print],
      ["a fingerprint with more", `▸${print}a`, "P207", forms],
      ["a key without its bytes", "▸ssh-ed25519", "P207", `the base64 is no key … ${forms}`, keyLine(3)],
      ["a private key", "▸'BEGIN OPENSSH PRIVATE KEY'", "P207", "this is a private key"],
      ["no serial behind the slash", "▸ca/", "P207", forms],
      ["no authority before the slash", "▸/7", "P207", forms],
      ["a serial with a space", "▸ca/a b", "P207", forms],
      ["a serial of 129 characters", `▸${serial}7`, "P207", forms, serial],
      ["an authority that is not declared", "▸cb/7", "P301", "authority 'cb' … did you mean 'ca'?"],
    ],
    (part) => `policy: 1\nauthorities: {ca: {keys: [${K}], names: a, roles: []}}\nrevoked: [${part}]\n`,
  );
});
