import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MAP_KEY_MAX_BYTES } from "../../../policy/syntax/collection.ts";
import { SESSION_DATA } from "../../../wire/limits.ts";
import { keyLine, messagesOf, problemsOf, withGrants } from "../support.ts";

type Case = readonly [what: string, bad: string, expected: readonly string[], good: string];

function refuses(cases: readonly Case[]): void {
  for (const [what, bad, expected, good] of cases) {
    test(what, () => {
      assert.deepEqual(problemsOf(bad), expected);
      assert.deepEqual(problemsOf(good), []);
    });
  }
}

describe("the file is refused for", () => {
  refuses([
    ["having nothing in it", "", ["P202 error 1:1"], "policy: 1\n"],
    ["having a comment only", "# x\n", ["P202 error 1:1"], "policy: 1 # x\n"],
    ["being a list", "- policy\n", ["P203 error 1:1"], "policy: 1\n"],
    ["being a text", "policy\n", ["P203 error 1:1"], "policy: 1\n"],
    ["naming no version", "roles:\n", ["P202 error 1:1"], "policy: 1\nroles:\n"],
    ["leaving the version empty", "policy:\n", ["P204 error 1:1"], "policy: 1\n"],
    ["a later version", "policy: 2\n", ["P204 error 1:9"], "policy: 1\n"],
    ["a version in quotes", "policy: '1'\n", ["P204 error 1:9"], "policy: 1\n"],
    ["a misspelt section", "policy: 1\ngrant: {}\n", ["P201 error 2:1"], "policy: 1\ngrants: {}\n"],
    ["tests that are a text", "policy: 1\ntests: a\n", ["P203 error 2:8"], "policy: 1\ntests: []\n"],
    ["roles that are a number", "policy: 1\nroles: 7\n", ["P203 error 2:8"], "policy: 1\nroles:\n"],
    ["grants that are a list", "policy: 1\ngrants: [a]\n", ["P203 error 2:9"], "policy: 1\ngrants: {}\n"],
  ]);

  test("the same with a message that says what to do", () => {
    assert.deepEqual(messagesOf("policy: 1\ngrant: {}\n"), [
      "a policy has no field 'grant': did you mean 'grants'?",
    ]);
  });
});

const held = (text: string): string => roles(`  user: \n${text}`);

const roles = (text: string): string =>
  `policy: 1\nroles:\n${text}\n${withGrants("")
    .slice(10)
    .replace(/roles: .*\n/, "")}`;

describe("a role is refused for", () => {
  refuses([
    ["a name with a space", held("  'a b':"), ["P206 error 4:3"], held("")],
    ["the name __proto__", held("  __proto__:"), ["P206 error 4:3"], held("")],
    [
      "the name everyone",
      "policy: 1\nroles: {everyone: }\ngrants: {g: {to: everyone, call: a, args: none}}\n",
      ["P206 error 2:9"],
      "policy: 1\ngrants: {g: {to: everyone, call: a, args: none}}\n",
    ],
    ["a name of 65 characters", held(`  ${"a".repeat(65)}:`), ["P206 error 4:3"], held("")],
    ["being a list", roles("  user: [a]"), ["P203 error 3:9"], roles("  user:")],
    [
      "a misspelt field",
      roles("  user: {include: []}"),
      ["P201 error 3:10"],
      roles("  user: {includes: []}"),
    ],
    [
      "including a role that is not declared, as one value",
      roles("  user: {includes: a}"),
      ["P301 error 3:20"],
      roles("  user: {includes: []}"),
    ],
    [
      "including a number",
      roles("  user: {includes: [7]}"),
      ["P203 error 3:21"],
      roles("  user: {includes: []}"),
    ],
    [
      "including nothing at all",
      roles("  user: {includes: }"),
      ["P203 error 3:20"],
      roles("  user: {includes: []}"),
    ],
    [
      "including a bad name",
      roles("  user: {includes: ['a.b']}"),
      ["P206 error 3:21"],
      roles("  user: {includes: []}"),
    ],
  ]);

  test("nothing when its name has 64 characters, or is one of JavaScript's", () => {
    for (const name of ["a".repeat(64), "constructor", "toString", "hasOwnProperty"]) {
      const text = `policy: 1\nroles: {${name}: }\nidentities: {a: {keys: [${keyLine(1)}], roles: [${name}]}}\n`;
      assert.deepEqual(problemsOf(text), []);
    }
  });
});

const identity = (text: string): string => `policy: 1\nidentities:\n  a: ${text}\n`;

describe("an identity is refused for", () => {
  const good = identity(`{keys: [${keyLine(1)}]}`);
  const rsa = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAQQ== x";
  refuses([
    ["being empty", identity(""), ["P202 error 3:3"], good],
    ["having no keys", identity("{roles: []}"), ["P202 error 3:3"], good],
    ["leaving its keys empty", identity("{keys: }"), ["P202 error 3:7"], good],
    ["an empty list of keys", identity("{keys: []}"), ["P203 error 3:13"], good],
    ["a number for a key", identity("{keys: 7}"), ["P203 error 3:13"], identity(`{keys: ${keyLine(1)}}`)],
    ["being a text", identity("x"), ["P203 error 3:6"], good],
    ["a misspelt field", identity(`{kees: [], keys: [${keyLine(1)}]}`), ["P201 error 3:7"], good],
    [
      "a number of links that is none",
      identity(`{keys: [${keyLine(1)}], narrow: 4}`),
      ["P212 error 3:111"],
      identity(`{keys: [${keyLine(1)}], narrow: 3}`),
    ],
    ["a key of another type", identity(`{keys: [${rsa}]}`), ["P207 error 3:14"], good],
    [
      "a key cut short",
      identity("{keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==]}"),
      ["P207 error 3:14"],
      good,
    ],
    [
      "a private key",
      identity("{keys: ['-----BEGIN OPENSSH PRIVATE KEY-----']}"),
      ["P207 error 3:14", "P414 error 3:15"],
      good,
    ],
    ["a key that is a number", identity("{keys: [7]}"), ["P203 error 3:14"], good],
    ["a key over two lines", identity("{keys: [ssh-ed25519\n    AAAA]}"), ["P203 error 3:14"], good],
    ["roles that are a number", identity(`{keys: [${keyLine(1)}], roles: 7}`), ["P203 error 3:110"], good],
  ]);
});

const grant = (text: string): string => withGrants(`  g: ${text}\n`);

describe("a grant is refused for", () => {
  const good = grant("{to: user, call: a.b, args: none}");
  refuses([
    ["being empty", grant(""), ["P203 error 5:6"], good],
    ["being a list", grant("[a]"), ["P203 error 5:6"], good],
    ["a bad name", withGrants("  Grant 1: {to: user, call: a, args: none}\n"), ["P206 error 5:3"], good],
    ["having no to", grant("{call: a, args: none}"), ["P202 error 5:3"], good],
    ["having no call", grant("{to: user, args: none}"), ["P202 error 5:3"], good],
    ["having no args", grant("{to: user, call: a}"), ["P202 error 5:3"], good],
    ["empty args", grant("{to: user, call: a, args: }"), ["P202 error 5:26"], good],
    ["an empty to", grant("{to: , call: a, args: none}"), ["P202 error 5:7"], good],
    ["a misspelt field", grant("{to: user, call: a, args: none, argz: any}"), ["P201 error 5:38"], good],
    [
      "a channel that there is not",
      grant("{to: user, call: a, args: none, via: [tcp]}"),
      ["P203 error 5:44"],
      grant("{to: user, call: a, args: none, via: [tls]}"),
    ],
    ["an empty list in to", grant("{to: [], call: a, args: none}"), ["P203 error 5:11"], good],
    ["an empty list in call", grant("{to: user, call: [], args: none}"), ["P203 error 5:23"], good],
    ["a number in to", grant("{to: 7, call: a, args: none}"), ["P203 error 5:11"], good],
    ["a map in to", grant("{to: {user: }, call: a, args: none}"), ["P203 error 5:11"], good],
    ["a bad name in to", grant("{to: 'a b', call: a, args: none}"), ["P206 error 5:11"], good],
    ["an identity without a name", grant("{to: 'id:', call: a, args: none}"), ["P206 error 5:11"], good],
    ["a bad pattern", grant("{to: user, call: svc-*, args: none}"), ["P205 error 5:23"], good],
    [
      "a bad pattern in except",
      grant("{to: user, call: a.*, except: a..b, args: none}"),
      ["P205 error 5:36"],
      good,
    ],
    [
      "a pattern over two lines",
      grant("{to: user, call: a\n      b, args: none}"),
      ["P203 error 5:23"],
      good,
    ],
    ["args that are a word", grant("{to: user, call: a, args: nothing}"), ["P203 error 5:32"], good],
    ["args that are a list", grant("{to: user, call: a, args: [any]}"), ["P203 error 5:32"], good],
    ["args that are null", grant("{to: user, call: a, args: ~}"), ["P203 error 5:32"], good],
    ["a record without entries", grant("{to: user, call: a, args: {}}"), ["P203 error 5:32"], good],
  ]);

  test("nothing when it says everything in lists, or with an empty except", () => {
    const lists = grant("{to: [user, 'id:alice', everyone], call: [a.*, b], except: [a.c], args: any}");
    assert.deepEqual(problemsOf(lists), []);
    assert.deepEqual(problemsOf(grant("{to: user, call: a, except: [], args: any}")), []);
  });

  test("all of its mistakes at once, in the order of the text", () => {
    const text = grant("{tu: user, call: '*.a', args: {a: itn, b: {int: 5..1}}}");
    assert.deepEqual(problemsOf(text), [
      "P202 error 5:3",
      "P201 error 5:7",
      "P205 error 5:23",
      "P201 error 5:40",
      "P208 error 5:54",
    ]);
  });
});

const args = (text: string): string => withGrants(`  g:\n    to: user\n    call: a\n    args: {${text}}\n`);

describe("an argument is refused for", () => {
  const good = args("a: int");
  refuses([
    ["a name with a dot", args("a.b: int"), ["P206 error 8:12"], good],
    ["a name of JavaScript's", args("constructor: int"), ["P206 error 8:12"], args("constructors: int")],
    ["the name __proto__", args("__proto__: int"), ["P206 error 8:12"], args("proto: int")],
    [
      "a name of 65 characters",
      args(`${"a".repeat(65)}: int`),
      ["P206 error 8:12"],
      args(`${"a".repeat(64)}: int`),
    ],
    ["a position with a zero in front", args("'01': int"), ["P206 error 8:12"], args("'1': int")],
    ["a negative position", args("-1: int"), ["P206 error 8:12"], args("1: int")],
    ["a position of four digits", args("1000: int"), ["P206 error 8:12"], args("999: int")],
    ["a star with a question mark", args("'*?': int"), ["P206 error 8:12"], args("'*': int")],
    ["two question marks", args("a??: int"), ["P206 error 8:12"], args("a?: int")],
    ["an empty name", args("'': int"), ["P206 error 8:12"], good],
    [
      "standing there twice, once optional",
      args("a: int, a?: int"),
      ["P102 error 8:20"],
      args("a: int, b?: int"),
    ],
    ["having no constraint", args("a: "), ["P203 error 8:15"], args("a: null")],
    ["a misspelt constraint", args("a: itn"), ["P201 error 8:15"], good],
    ["a bound of a reference that is none", args("a: {stream: x}"), ["P203 error 8:24"], args("a: stream")],
    ["an empty list of alternatives", args("a: []"), ["P203 error 8:15"], args("a: [int]")],
    [
      "alternatives in alternatives",
      args("a: [int, [bool, 'null']]"),
      ["P203 error 8:21"],
      args("a: [int, bool, 'null']"),
    ],
    ["an alternative that is none", args("a: [int, itn]"), ["P201 error 8:21"], args("a: [int, bool]")],
    ["an alternative that is empty", args("a: [int, '']"), ["P201 error 8:21"], args("a: [int, any]")],
    ["a number as a constraint", args("a: 7"), ["P203 error 8:15"], args("a: {enum: [7]}")],
    ["a boolean as a constraint", args("a: true"), ["P203 error 8:15"], args("a: bool")],
    [
      "a map of two constraints",
      args("a: {int: 1.., number: ..5}"),
      ["P203 error 8:15"],
      args("a: {int: 1..5}"),
    ],
    ["a map of none", args("a: {}"), ["P203 error 8:15"], good],
    [
      "a word that takes nothing with something",
      args("a: {bool: true}"),
      ["P203 error 8:16"],
      args("a: bool"),
    ],
    ["an enum without values", args("a: enum"), ["P203 error 8:15"], args("a: {enum: [x]}")],
    ["an enum that is a map", args("a: {enum: {x: 1}}"), ["P203 error 8:22"], args("a: {enum: x}")],
    ["an empty enum", args("a: {enum: []}"), ["P203 error 8:22"], args("a: {enum: [x]}")],
    ["a map in an enum", args("a: {enum: [{x: }]}"), ["P203 error 8:23"], args("a: {enum: [x]}")],
    [
      "a text over two lines in an enum",
      args("a: {enum: [x\n      y]}"),
      ["P203 error 8:23"],
      args("a: {enum: ['x\n      y']}"),
    ],
    ["a range that is a number", args("a: {int: 5}"), ["P208 error 8:21"], args("a: {int: 5..5}")],
    ["a range that is a list", args("a: {int: [1, 5]}"), ["P203 error 8:21"], args("a: {int: 1..5}")],
    ["a range that is empty", args("a: {int: }"), ["P203 error 8:21"], args("a: int")],
    ["a range the wrong way round", args("a: {int: 10..1}"), ["P208 error 8:21"], args("a: {int: 1..10}")],
    ["a range without ends", args("a: {int: ..}"), ["P208 error 8:21"], args("a: {int: 1..}")],
    [
      "a fraction as an end of int",
      args("a: {int: 0..0.5}"),
      ["P208 error 8:21"],
      args("a: {number: 0..0.5}"),
    ],
    ["nan as an end", args("a: {number: 0..nan}"), ["P208 error 8:24"], args("a: {number: 0..}")],
    ["three dots", args("a: {number: 0...5}"), ["P208 error 8:24"], args("a: {number: 0..0.5}")],
    [
      "an end beyond 2^53",
      args("a: {int: ..9007199254740992}"),
      ["P208 error 8:21"],
      args("a: {int: ..9007199254740991}"),
    ],
    ["a negative length", args("a: {string: -1..5}"), ["P208 error 8:24"], args("a: {string: 0..5}")],
    ["a fraction of a length", args("a: {string: 0..1.5}"), ["P208 error 8:24"], args("a: {string: ..5}")],
    ["a negative number of bytes", args("a: {bytes: -1..5}"), ["P208 error 8:23"], args("a: {bytes: 0..5}")],
    ["a time with a range", args("a: {time: 0..5}"), ["P203 error 8:16"], args("a: time")],
  ]);

  test("the same with a message that says what is known", () => {
    assert.deepEqual(messagesOf(args("a: itn")), ["there is no constraint 'itn': did you mean 'int'?"]);
    assert.deepEqual(messagesOf(args("a: lst")), ["there is no constraint 'lst': did you mean 'list'?"]);
    assert.deepEqual(messagesOf(args("a: [int, [bool]]")), [
      "a list of alternatives stands inside another: write all of them in one list; a list as a value is {list: {of: any}}",
    ]);
    assert.deepEqual(messagesOf(args("a: {int: 10..1}")), ["the range 10..1 is empty: 10 is more than 1: "]);
  });
});

describe("a pattern of text is refused for", () => {
  const good = args("a: {re: x}");
  refuses([
    ["being a word alone", args("a: re"), ["P203 error 8:15"], good],
    ["being a word alone: glob", args("a: glob"), ["P203 error 8:15"], args("a: {glob: x}")],
    ["being a word alone: path", args("a: path"), ["P203 error 8:15"], args("a: {path: /x}")],
    ["being empty", args("a: {re: }"), ["P203 error 8:20"], args("a: {re: ''}")],
    ["being a number", args("a: {re: 7}"), ["P203 error 8:20"], args("a: {re: '7'}")],
    ["being a map", args("a: {re: {x: z}}"), ["P203 error 8:20"], good],
    ["being an empty list", args("a: {re: []}"), ["P203 error 8:20"], args("a: {re: [x, z]}")],
    ["a list in a list", args("a: {re: [x, [z]]}"), ["P203 error 8:24"], args("a: {re: [x, z]}")],
    ["a number in a list", args("a: {re: [x, 7]}"), ["P203 error 8:24"], args("a: {re: [x, '7']}")],
    ["running over two lines", args("a: {re: x\n      y}"), ["P203 error 8:20"], args("a: {re: x y}")],
    [
      "running over two lines in quotes",
      args("a: {re: 'x\n      y'}"),
      ["P203 error 8:20"],
      args('a: {re: "x\\n y"}'),
    ],
    ["a flaw, with its own place", args("a: {re: ab$}"), ["P209 error 8:22"], args("a: {re: ab}")],
    ["a flaw in quotes", args("a: {re: 'ab$'}"), ["P209 error 8:23"], args("a: {re: 'ab'}")],
    ["a flaw behind a pair", args("a: {re: '😀$'}"), ["P209 error 8:22"], args("a: {re: '😀'}")],
    [
      "a flaw in a text with an escape",
      args("a: {re: 'it''s$'}"),
      ["P209 error 8:20"],
      args("a: {re: 'it''s'}"),
    ],
    [
      "flaws in several of a list",
      args("a: {re: [a$, b, ^c]}"),
      ["P209 error 8:22", "P209 error 8:28"],
      args("a: {re: [a, b, c]}"),
    ],
    ["being too complex", args("a: {re: '[ab]*a[ab]{16}'}"), ["P209 error 8:20"], good],
    ["three stars", args("a: {glob: ['***', z]}"), ["P209 error 8:24"], args("a: {glob: ['**', z]}")],
    [
      "a path that is not absolute",
      args("a: {path: var/log/*}"),
      ["P209 error 8:22"],
      args("a: {path: /var/log/*}"),
    ],
    ["a path with dots", args("a: {path: /var/../*}"), ["P209 error 8:27"], args("a: {path: /var/*}")],
    ["a path of no characters", args("a: {path: ''}"), ["P209 error 8:22"], args("a: {path: /x}")],
  ]);

  test("the same with a message that says where and what to write", () => {
    assert.deepEqual(messagesOf(args("a: {re: 'ab$'}")), [
      "'$' is not needed: the whole text is matched (character 3 of the re): leave it out; for the character write \\$",
    ]);
    assert.deepEqual(messagesOf(args("a: {path: var/log}")), [
      "a path begins with '/' (character 1 of the path): write the absolute path; for other names write glob",
    ]);
    assert.deepEqual(messagesOf(args("a: {re: '[ab]*a[ab]{16}'}")), [
      "the pattern is too complex: its automaton takes more than 4000 states, or too long to make: write smaller numbers of times and fewer alternatives, or an enum",
    ]);
    assert.deepEqual(messagesOf(args("a: re")), ["'re' needs its pattern: write {re: '[a-z]+'}"]);
  });
});

describe("a list or a map is refused for", () => {
  const list = args("a: {list: {of: int}}");
  const map = args("a: {map: {x: int}}");
  const key = (length: number): string => args(`a: {map: {${"k".repeat(length)}: int}}`);
  refuses([
    ["a list as a word alone", args("a: list"), ["P203 error 8:15"], list],
    ["a list of a word", args("a: {list: int}"), ["P203 error 8:22"], list],
    ["a list without of", args("a: {list: {len: 0..8}}"), ["P202 error 8:16"], list],
    ["a list of nothing", args("a: {list: {of: }}"), ["P202 error 8:23"], list],
    ["a list with a misspelt field", args("a: {list: {of: int, length: 1..}}"), ["P201 error 8:32"], list],
    ["a list of what is no constraint", args("a: {list: {of: itn}}"), ["P201 error 8:27"], list],
    ["a list with a number as its length", args("a: {list: {of: int, len: 8}}"), ["P208 error 8:37"], list],
    ["a list with a negative length", args("a: {list: {of: int, len: -1..8}}"), ["P208 error 8:37"], list],
    ["a list that is empty and too long", args("a: {list: {of: int, len: 8..0}}"), ["P208 error 8:37"], list],
    ["a map as a word alone", args("a: map"), ["P203 error 8:15"], map],
    ["a map of a word", args("a: {map: int}"), ["P203 error 8:21"], map],
    ["a map without keys", args("a: {map: {}}"), ["P203 error 8:21"], args("a: {map: {'*': any}}")],
    ["a key without a constraint", args("a: {map: {x: }}"), ["P203 error 8:25"], map],
    ["a key with what is no constraint", args("a: {map: {x: itn}}"), ["P201 error 8:25"], map],
    ["a key that no call can bring", args("a: {map: {toString: int}}"), ["P206 error 8:22"], map],
    ["an optional one of them", args("a: {map: {__proto__?: int}}"), ["P206 error 8:22"], map],
    ["a key of 129 bytes", key(129), ["P206 error 8:22"], key(128)],
    [
      "a star with a question mark",
      args("a: {map: {'*?': int}}"),
      ["P206 error 8:22"],
      args("a: {map: {'*': int}}"),
    ],
    [
      "a key that stands there twice, once optional",
      args("a: {map: {x: int, x?: int}}"),
      ["P102 error 8:30"],
      args("a: {map: {x: int, y?: int}}"),
    ],
  ]);

  test("nesting deeper than a file may", () => {
    const nested = (depth: number): string =>
      args(`a: ${"{map: {x: ".repeat(depth)}int${"}}".repeat(depth)}`);
    assert.deepEqual(problemsOf(nested(4)), []);
    assert.equal(problemsOf(nested(5))[0]?.startsWith("P107"), true);
  });

  test("the same with a message that says what to write", () => {
    assert.deepEqual(messagesOf(args("a: list")), [
      "'list' needs what each element is: write {list: {of: any}}",
    ]);
    assert.deepEqual(messagesOf(args("a: {list: {len: 0..8}}")), [
      "the list constraint has no 'of': say what each element is: of: string, or of: any",
    ]);
    assert.deepEqual(messagesOf(args("a: {map: {toJSON: int}}")), [
      "'toJSON' cannot be a key: no call can bring it: a key has at most 128 bytes and no meaning in JavaScript",
    ]);
  });

  test("a key longer than the wire lets through, and for no shorter one", () => {
    assert.equal(MAP_KEY_MAX_BYTES, SESSION_DATA.maxKeyBytes);
  });
});
