import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readYaml } from "../../yaml/read.ts";
import type { YamlNode } from "../../yaml/tree.ts";
import { brief, bytes } from "../policy/support.ts";

const found = (text: string | Uint8Array): string[] =>
  readYaml(typeof text === "string" ? bytes(text) : text).problems.map(brief);

/** The tree as plain data, for comparison. */
function plain(node: YamlNode | undefined): unknown {
  if (node === undefined) return undefined;
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(plain);
  return [...node.entries.values()].map(({ key, value }) => [key, plain(value)]);
}

const read = (text: string): unknown => plain(readYaml(bytes(text)).root);

describe("readYaml refuses, with the place", () => {
  const cases: readonly (readonly [what: string, bad: string, expected: readonly string[], good: string])[] =
    [
      ["a tab as indentation", "a:\n\tb: 1\n", ["P101 error 2:1"], "a:\n  b: 1\n"],
      ["a list as a key", "? [x]\n: d\n", ["P101 error 1:3"], "? x\n: d\n"],
      ["a bracket that is not closed", "a: [1,\n", ["P101 error 2:1"], "a: [1,\n ]"],
      ["a bracket closed by a brace", "a: [1}\n", ["P101 error 1:6"], "a: [1]\n"],
      ["a quote that is not closed", 'a: "x\n', ["P101 error 2:1"], 'a: "x"\n'],
      ["two keys on one line", "a: b: c\n", ["P101 error 1:4"], "a: {b: c}\n"],
      ["text behind a quoted text", 'a: "b" c\n', ["P101 error 1:8"], 'a: "b c"\n'],
      ["a key that runs over two lines", "- a\n b: c\n", ["P101 error 1:3"], "- a b: c\n"],
      ["a bare star", "a: [*]\n", ["P101 error 1:5", "P103 error 1:5"], "a: ['*']\n"],
      ["a key that stands twice", "a: 1\na: 2\n", ["P102 error 2:1"], "a: 1\nb: 2\n"],
      ["a key that stands twice in other quotes", "{a: 1, 'a': 2}\n", ["P102 error 1:8"], "{a: 1, 'b': 2}\n"],
      ["an anchor", "a: &x 1\n", ["P103 error 1:4"], "a: '&x 1'\n"],
      ["an alias", "a: &x 1\nb: *x\n", ["P103 error 1:4", "P103 error 2:4"], "a: 1\nb: 1\n"],
      [
        "a wildcard that YAML takes for an alias",
        "a: [*.read, x]\n",
        ["P103 error 1:5"],
        "a: ['*.read', x]\n",
      ],
      ["a known tag", "a: !!str x\n", ["P104 error 1:4"], "a: '!!str x'\n"],
      ["an unknown tag", "a: !x v\n", ["P104 error 1:4"], "a: v\n"],
      ["an empty tag", "a: ! v\n", ["P104 error 1:4"], "a: v\n"],
      ["a merge", "<<: {a: 1}\n", ["P104 error 1:1"], "'<<': {a: 1}\n"],
      ["a directive", "%YAML 1.1\n---\na: 1\n", ["P105 error 1:1"], "---\na: 1\n"],
      ["a second document", "---\na: 1\n---\nb: 2\n", ["P105 error 3:1"], "---\na: 1\nb: 2\n"],
      ["a second document without dashes", "a: 1\n...\nb: 2\n", ["P105 error 3:1"], "a: 1\n...\n# end\n"],
      ["a byte order mark", "\ufeffa: 1\n", ["P106 error 1:1"], "a: 1\n"],
      ["a no-break space", "a: x\u00a0y\n", ["P106 error 1:5"], "a: x y\n"],
      ["a bidirectional override", "a: x # \u202e\n", ["P106 error 1:8"], "a: x # ש\n"],
      ["a bidirectional isolate", "a: x # \u2066\n", ["P106 error 1:8"], "a: x #\n"],
      ["a zero-width space", "a: x\u200b\n", ["P106 error 1:5"], "a: x\n"],
      ["an escape character", "a: \u001b[2J\n", ["P106 error 1:4"], "a: x\n"],
      ["a control character of the upper set", "a: \u009b2J\n", ["P106 error 1:4"], "a: 2J\n"],
      [
        "a mark of the lexer",
        "a: \u001f\u0018\u0002\n",
        ["P106 error 1:4", "P106 error 1:5", "P106 error 1:6"],
        "a:\n",
      ],
      ["a carriage return alone", "a: b\rc: d\n", ["P106 error 1:5"], "a: b\r\nc: d\r\n"],
      ["an escaped NUL", 'a: "x\\0"\n', ["P106 error 1:4"], 'a: "x\\n"\n'],
      ["an escaped half of a pair", 'a: "\\ud800"\n', ["P106 error 1:4"], 'a: "\\ud83d\\ude00"\n'],
      ["an escaped half of a pair behind a line end", 'a: "\\r\\ud800"\n', ["P106 error 1:4"], 'a: "\\r"\n'],
      ["a key that is not ASCII", "ä: 1\n", ["P106 error 1:1"], "a: ä\n"],
      ["a key with an escaped line end", '"a\\nb": 1\n', ["P106 error 1:1"], '"a b": 1\n'],
      [
        "a whole number that would be rounded",
        "a: 9007199254740993\n",
        ["P109 error 1:4"],
        "a: 9007199254740991\n",
      ],
      ["an infinity", "a: .inf\n", ["P109 error 1:4"], "a: '.inf'\n"],
      ["what is not a number", "a: .nan\n", ["P109 error 1:4"], "a: nan\n"],
      ["a number beyond all", "a: 1e999\n", ["P109 error 1:4"], "a: 1e+30\n"],
    ];
  for (const [what, bad, expected, good] of cases) {
    test(what, () => {
      assert.deepEqual(found(bad), expected);
      assert.deepEqual(found(good), []);
    });
  }

  test("bytes that are not UTF-8, at the first of them", () => {
    assert.deepEqual(found(Uint8Array.of(0x61, 0x3a, 0x0a, 0xff, 0xfe)), ["P106 error 2:1"]);
    assert.deepEqual(found(Buffer.from("a: \ufffd", "utf8")), []);
    const behindARealOne = Buffer.concat([Buffer.from("a: ä\ufffd"), Uint8Array.of(0xc3)]);
    assert.deepEqual(found(behindARealOne), ["P106 error 1:6"]);
  });

  test("UTF-16, with and without a mark", () => {
    assert.deepEqual(found(Buffer.from("\ufeffa: 1\n", "utf16le")), ["P106 error 1:1"]);
    assert.equal(found(Buffer.from("a: 1\n", "utf16le"))[0], "P106 error 1:2");
  });
});

describe("readYaml warns", () => {
  const cases: readonly (readonly [text: string, expected: readonly string[], value: unknown])[] = [
    ["[no, on]", ["P108 warning 1:2", "P108 warning 1:6"], ["no", "on"]],
    ["[12:30, 1_000]", ["P108 warning 1:2", "P108 warning 1:9"], ["12:30", "1_000"]],
    ["[012]", ["P109 warning 1:2"], [12]],
    ["[1.10]", ["P109 warning 1:2"], [1.1]],
    ["[1e3]", ["P109 warning 1:2"], [1000]],
    ["[+5]", ["P109 warning 1:2"], [5]],
    ["[.5]", ["P109 warning 1:2"], [0.5]],
    ["[0x1F]", ["P109 warning 1:2"], [31]],
    ["[-0]", ["P109 warning 1:2"], [0]],
    ["[0.1000000000000000055]", ["P109 warning 1:2"], [0.1]],
    ["['no', '012', \"1.10\"]", [], ["no", "012", "1.10"]],
    ["[1.1, 0, -5, 0.5, true, null, ~]", [], [1.1, 0, -5, 0.5, true, undefined, undefined]],
  ];
  for (const [text, expected, value] of cases) {
    test(`of what other readers, or a second look, would see otherwise: ${text}`, () => {
      assert.deepEqual(found(text), expected);
      assert.deepEqual(read(text), value);
    });
  }
});

describe("readYaml gives a tree of its own", () => {
  test("with the values, their places, and whether they were quoted", () => {
    const { root } = readYaml(bytes("a: 'x'\nb: [1, 😀, y]\n"));
    assert.ok(root?.kind === "map");
    assert.deepEqual(root.entries.get("a"), {
      key: "a",
      keyAt: { line: 1, column: 1, endLine: 1, endColumn: 2 },
      value: {
        kind: "scalar",
        at: { line: 1, column: 4, endLine: 1, endColumn: 7 },
        value: "x",
        source: "'x'",
        quoted: true,
      },
    });
    const list = root.entries.get("b")?.value;
    assert.ok(list?.kind === "list");
    assert.deepEqual(list.items[2]?.at, { line: 2, column: 11, endLine: 2, endColumn: 12 });
  });

  test("in which keys with a meaning in JavaScript are keys like any other", () => {
    assert.deepEqual(read("__proto__: 1\nconstructor: 2\ntoString: 3\n"), [
      ["__proto__", 1],
      ["constructor", 2],
      ["toString", 3],
    ]);
  });

  test("in which digits, booleans and null are texts where they are keys", () => {
    assert.deepEqual(read("0: a\ntrue: b\nnull: c\n"), [
      ["0", "a"],
      ["true", "b"],
      ["null", "c"],
    ]);
  });

  test("and none of a text without content", () => {
    for (const text of ["", "\n", "# only a comment\n", "---\n...\n"]) {
      assert.deepEqual(found(text), []);
      assert.equal(read(text), undefined);
    }
  });

  test("which names both places of a key that stands twice", () => {
    const [problem] = readYaml(bytes("a: 1\na: 2\n")).problems;
    assert.deepEqual(problem?.related, [
      { at: { line: 1, column: 1, endLine: 1, endColumn: 2 }, text: "the first one is" },
    ]);
  });
});
