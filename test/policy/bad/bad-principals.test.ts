import { describe } from "node:test";
import { refuses } from "../findings.ts";
import { keyLine } from "../support.ts";

const K = keyLine(1);
const NAME_RULE = "a name is a letter, then up to 63 letters, digits, _ or -";

describe("a role is refused for", () => {
  const held = "\nidentities: {a: {keys: [K], roles: [user]}}\n".replace("K", K);
  refuses(
    [
      ["being a number", "user: ▸7", "P203", "a role, a map with includes, was expected … number 7", "user:"],
      ["being a text", "user: ▸x", "P203", "a role, a map with includes, was expected … 'x'", "user: {}"],
      ["being null", "user: ▸~", "P203", "a role, a map with includes, was expected … null"],
      ["standing there twice", "user:\n  ▸user:", "P102", "'user' stands here a second time"],
      ["a name of no characters", "user:\n  ▸'':", "P206", `'' cannot be the name of a role … ${NAME_RULE}`],
      ["a name that begins with a digit", "user:\n  ▸1a:", "P206", `'1a' cannot be … ${NAME_RULE}`],
      ["a name with a dot", "user:\n  ▸a.b:", "P206", "'a.b' cannot be the name of a role"],
      ["including null", "user: {includes: ▸~}", "P203", "a role was expected, but null"],
      ["including a map", "user: {includes: ▸{a: }}", "P203", "a list of roles … a map"],
      ["including a list in a list", "user: {includes: [▸[a]]}", "P203", "a role was expected, but a list"],
      ["including null in a list", "user: {includes: [▸~]}", "P203", "a role was expected, but null … '~'"],
      ["including no characters", "user: {includes: [▸'']}", "P206", "'' cannot be the name of a role"],
      ["including an identity", "user: {includes: [▸'id:a']}", "P206", "'id:a' cannot be the name of a role"],
      ["including what is not declared", "user: {includes: [▸x]}", "P301", "role 'x' is not declared"],
      ["including itself", "user: {includes: [▸user]}", "P302", "'user' includes itself … remove one"],
      [
        "including what includes it",
        "user: {includes: [b]}\n  b: {includes: [▸user]}",
        "P302",
        "in a circle: user → b → user",
        "user: {includes: [b]}\n  b: {includes: []}",
      ],
      [
        "including everyone",
        "user: {includes: [▸everyone]}",
        "P301",
        "role 'everyone' is not declared",
        "user: {includes: [a, a]}\n  a:",
      ],
      [
        "a list of includes that stands there twice",
        "user: {includes: [], ▸includes: []}",
        "P102",
        "'includes' stands here a second time",
      ],
    ],
    (part) => `policy: 1\nroles:\n  ${part}${held}`,
  );
});

describe("an identity is refused for", () => {
  const rest = (field: string): string => `{keys: [${K}], ${field}}`;
  const what = "an identity, a map with keys, roles, valid and narrow, was expected, but";
  const whole = (part: string): string => `policy: 1\nroles: {user: }\nidentities:\n  a: ${part}\n`;
  refuses(
    [
      ["being a number", "▸7", "P203", `${what} the number 7`],
      ["being a list", "▸[a]", "P203", `${what} a list`],
      ["being null", "▸~", "P203", `${what} null`],
      ["keys that are null", "{keys: ▸~}", "P203", "a key was expected, but null"],
      ["keys that are a map", "{keys: ▸{a: b}}", "P203", "a list of keys was expected, but a map"],
      ["keys that are a number", "{keys: ▸7}", "P203", "a key was expected, but the number 7"],
      ["a list in its keys", `{keys: [▸[${K}]]}`, "P203", "a key was expected, but a list"],
      ["a key of no characters", "{keys: [▸'']}", "P207", "'ssh-ed25519 AAAA… comment' … begins with ''"],
      ["a key without its bytes", "{keys: [▸ssh-ed25519]}", "P207", "the base64 is no key … .pub file"],
      ["a key that is no base64", "{keys: [▸ssh-ed25519 '!']}", "P207", "the second word is not base64"],
      ["a key of another notation", "{keys: [▸ed25519:abc]}", "P207", "begins with 'ed25519:abc'"],
      ["a fingerprint for a key", `{keys: [▸SHA256:${"a".repeat(43)}]}`, "P207", "begins with 'SHA256:"],
      [
        "two keys on one line",
        `{keys: [▸${K} ${keyLine(2)}]}`,
        "P207",
        "one key was expected on a line, and another",
      ],
      [
        "two keys on one line, as one value",
        `{keys: ▸${K} ${keyLine(2)}}`,
        "P207",
        "and another one follows",
      ],
      ["a key twice", `{keys: [${K}, ▸${K}]}`, "P303", "stands twice under the identity 'a' … remove one"],
      ["keys in two places", `{keys: [${K}], ▸keys: []}`, "P102", "'keys' stands here a second time"],
      ["empty roles", rest("roles: ▸"), "P203", "a role was expected, but nothing", rest("roles: []")],
      ["roles that are null", rest("roles: ▸~"), "P203", "a role was expected, but null"],
      ["roles that are a map", rest("roles: ▸{user: }"), "P203", "a list of roles … a map"],
      ["a number in its roles", rest("roles: [▸7]"), "P203", "a role was expected, but the number 7 … '7'"],
      ["a bad name in its roles", rest("roles: [▸'a b']"), "P206", `'a b' cannot be … ${NAME_RULE}`],
      ["a role that is not declared", rest("roles: [▸usr]"), "P301", "role 'usr' … did you mean 'user'?"],
      ["the role everyone", rest("roles: [▸everyone]"), "P301", "role 'everyone' is not declared"],
      ["a slip in roles", rest("▸role: [user]"), "P201", "an identity has no field 'role' … 'roles'?"],
      ["a slip in narrow", rest("▸narow: 1"), "P201", "no field 'narow' … 'narrow'?"],
    ],
    whole,
  );

  const links = "narrow: a whole number from 1 to 3 was expected, but";
  refuses(
    [
      ["no links at all", rest("narrow: ▸0"), "P212", `${links} the number 0`, rest("narrow: 1")],
      ["four links", rest("narrow: ▸4"), "P212", `${links} the number 4`, rest("narrow: 3")],
      ["a half of a link", rest("narrow: ▸1.5"), "P212", `${links} the number 1.5`],
      ["links less than none", rest("narrow: ▸-1"), "P212", `${links} the number -1`],
      ["links in quotes", rest("narrow: ▸'1'"), "P212", `${links} the text '1'`],
      ["empty links", rest("narrow: ▸"), "P212", `${links} nothing … leave it out for none`],
      ["links that are null", rest("narrow: ▸~"), "P212", `${links} null`],
      ["links that are true", rest("narrow: ▸true"), "P212", `${links} true`],
      ["a list of links", rest("narrow: ▸[1]"), "P212", `${links} a list`],
    ],
    whole,
  );
});
