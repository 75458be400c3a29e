import { describe } from "node:test";
import { refuses, withPeople } from "../findings.ts";

const NAME_RULE = "a name is a letter, then up to 63 letters, digits, _ or -";

const whole = (part: string): string =>
  withPeople(`grants: {g: {to: user, call: a, args: none}}\ntests:\n  - ${part}\n`);

describe("an embedded test is refused for", () => {
  const map = "a test, a map with as, via, from, at, allow and deny, was expected, but";
  refuses(
    [
      ["being empty", "▸", "P203", `${map} nothing`, "{as: alice, deny: [b()]}"],
      ["being null", "▸~", "P203", `${map} null`],
      ["being a call", "▸a()", "P203", `${map} the text 'a()'`],
      ["being a list", "▸[alice]", "P203", `${map} a list`],
      ["saying nothing", "▸▸{}", "P202 P202", "does not say who calls … the test has no calls"],
      ["saying only who calls", "▸{as: alice}", "P202", "the test has no calls … allow, deny or both"],
      ["saying only what", "▸{allow: [a()]}", "P202", "does not say who calls … {authority, name, roles}"],
      ["a slip in deny", "{as: alice, ▸denny: [], deny: []}", "P201", "no field 'denny' … 'deny'?"],
      [
        "another word for as",
        "▸{▸who: alice, deny: []}",
        "P202 P201",
        "a test has no field 'who' … known here: as",
      ],
      ["calls in two places", "{as: alice, deny: [], ▸deny: []}", "P102", "the key 'deny'"],
    ],
    whole,
  );
});

describe("who calls in an embedded test is refused for", () => {
  const as = (written: string): string => `{as: ${written}, deny: []}`;
  const certificate = (fields: string): string => as(`{${fields}}`);
  const rest = (field: string): string => certificate(`authority: ca, name: web-1, ${field}`);
  refuses(
    [
      ["being empty", "{▸as: , deny: []}", "P202", "does not say who calls", as("alice")],
      ["being null", as("▸~"), "P203", "an identity was expected, but null"],
      ["being a number", as("▸7"), "P203", "an identity was expected, but the number 7"],
      ["being a list", as("▸[alice]"), "P203", "an identity was expected, but a list"],
      ["having no characters", as("▸''"), "P206", `'' cannot be the name of an identity … ${NAME_RULE}`],
      ["a space", as("▸'a b'"), "P206", "'a b' cannot be the name of an identity"],
      ["being a certificate in one word", as("▸ca/web-1"), "P206", "'ca/web-1' cannot be the name of"],
      ["being a role", as("▸user"), "P301", "identity 'user' is not declared", as("id:alice")],
      ["a slip in a name", as("▸alcie"), "P301", "identity 'alcie' … did you mean 'alice'?"],
      ["neither authority nor name", as("▸▸{}"), "P202 P202", "no 'authority' … no 'name'"],
      ["no authority", as("▸{name: web-1}"), "P202", "the principal has no 'authority'"],
      ["an empty authority", certificate("▸authority: , name: web-1"), "P202", "has no 'authority'"],
      ["an authority that is a number", certificate("authority: ▸7, name: web-1"), "P203", "the number 7"],
      [
        "an authority that is a list",
        certificate("authority: ▸[ca], name: web-1"),
        "P203",
        "an authority … a list",
      ],
      ["a bad name of an authority", certificate("authority: ▸c a, name: web-1"), "P206", "'c a' cannot be"],
      ["an undeclared authority", certificate("authority: ▸cb, name: web-1"), "P301", "did you mean 'ca'?"],
      ["no name", as("▸{authority: ca}"), "P202", "the principal has no 'name'"],
      ["an empty name", certificate("authority: ca, ▸name: "), "P202", "the principal has no 'name'"],
      ["a name that is a number", certificate("authority: ca, name: ▸7"), "P203", "a name … the number 7"],
      ["a name that is a map", certificate("authority: ca, name: ▸{a: }"), "P203", "a name … a map"],
      ["a name with a space", certificate("authority: ca, name: ▸web 1"), "P206", "'web 1' is no name of a"],
      ["empty roles", rest("roles: ▸"), "P203", "a role was expected, but nothing", rest("roles: []")],
      [
        "an undeclared role as one value",
        rest("roles: ▸usr"),
        "P301",
        "role 'usr' … did you mean 'user'?",
        rest("roles: user"),
      ],
      ["a number in its roles", rest("roles: [▸7]"), "P203", "a role was expected, but the number 7"],
      ["an undeclared role", rest("roles: [▸usr]"), "P301", "role 'usr' … did you mean 'user'?"],
      ["a slip in roles", rest("▸role: [user]"), "P201", "no field 'role' … did you mean 'roles'?"],
    ],
    whole,
  );
});

describe("from where and when an embedded test calls is refused for", () => {
  const like = "an address was expected, like 10.20.3.4, but";
  const time = "a time was expected, but";
  const offset = "has no offset from UTC … write a time with its offset";
  refuses(
    [
      ["an empty channel", "via: ▸", "P203", "a channel was expected, but nothing", "via: stream"],
      ["a channel that there is not", "via: ▸tcp", "P203", "'tcp' is no channel … unix, tls and stream"],
      ["a channel in capitals", "via: ▸TLS", "P203", "'TLS' is no channel … did you mean 'tls'?"],
      ["a list of channels", "via: ▸[tls]", "P203", "a channel was expected, but a list"],
      ["a number for a channel", "via: ▸7", "P203", "a channel was expected, but the number 7"],
      [
        "an empty address",
        "from: ▸",
        "P203",
        "an address was expected, but nothing",
        "via: tls, from: 10.0.0.255",
      ],
      ["a number for an address", "from: ▸7", "P203", "an address was expected, but the number 7"],
      ["a list of addresses", "from: ▸[10.0.0.1]", "P203", "an address was expected, but a list"],
      ["a network", "from: ▸10.0.0.0/8", "P210", `${like} '10.0.0.0/8'`, "via: tls, from: '::ffff:10.0.0.1'"],
      ["an address beyond IPv4", "from: ▸10.0.0.256", "P210", `${like} '10.0.0.256'`],
      [
        "a zone of IPv4",
        "from: ▸10.0.0.1%eth0",
        "P210",
        `${like} '10.0.0.1%eth0'`,
        "via: tls, from: 'fe80::1%eth0'",
      ],
      ["a name of a host", "from: ▸localhost", "P210", `${like} 'localhost'`],
      ["an empty moment", "at: ▸", "P211", `${time} nothing stands here`, "at: 2026-06-01T12:00:00Z"],
      ["a number for a moment", "at: ▸7", "P211", `${time} the number 7 stands here`],
      ["a list of moments", "at: ▸[x]", "P211", `${time} a list stands here`],
      ["a word for a moment", "at: ▸noon", "P211", "like 2026-12-31T00:00:00Z … but 'noon' came"],
      ["a day", "at: ▸2026-06-01", "P211", `'2026-06-01' ${offset}`],
      ["a moment without an offset", "at: ▸2026-06-01T12:00:00", "P211", offset],
    ],
    (field) => whole(`{as: alice, ${field}, deny: []}`),
  );
});

describe("the calls of an embedded test are refused for", () => {
  const list = "a list of calls was expected, but";
  const quote = "quote calls inside [ ], where a comma parts them";
  for (const field of ["allow", "deny"]) {
    refuses(
      [
        [`being empty: ${field}`, "▸", "P203", `${list} nothing … one line each: - math.add(2, 3)`, "[]"],
        [`being null: ${field}`, "▸~", "P203", "a call was expected, but null"],
        [`being one word: ${field}`, "▸a", "P213", "'(' was expected behind the method (character 2"],
        [`being a map: ${field}`, "▸{a: 1}", "P203", `a call was expected, but a map … ${quote}`],
        [`a number among them: ${field}`, "[▸7]", "P203", "a call was expected, but the number 7"],
        [`a list among them: ${field}`, "[▸[a()]]", "P203", "a call was expected, but a list"],
        [`a map among them: ${field}`, "[▸{a: 1}]", "P203", `a call was expected, but a map … ${quote}`],
        [`a word among them: ${field}`, "[▸a]", "P213", "'(' was expected behind the method (character 2"],
        [`having no characters: ${field}`, "[▸'']", "P213", "a method was expected: segments of letters"],
      ],
      (part) => whole(`{as: alice, ${field}: ${part}}`),
    );
  }

  refuses(
    [
      ["being denied", "{as: alice, allow: [▸b()]}", "P601", "wants this call allowed … no grant covers"],
      ["being allowed", "{as: alice, deny: [▸a()]}", "P601", "wants this call denied, and it is allowed"],
      [
        "being of too much",
        "{as: alice, allow: [▸'a(1)']}",
        "P601",
        "wants this call allowed … 'g' wants 0 to be no such argument, and 1 came",
        "{as: alice, allow: [a()], deny: ['a(1)']}",
      ],
      [
        "a certificate that nobody gives",
        "{as: {authority: ca, name: db-1, roles: [user]}, allow: [▸a()]}",
        "P601",
        "the authority may not give this name",
        "{as: {authority: ca, name: web-1, roles: [user]}, allow: [a()]}",
      ],
    ],
    whole,
  );
});
