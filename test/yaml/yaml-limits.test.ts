import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { MAX_DEPTH } from "../../yaml/depth.ts";
import { MAX_SYNTAX_PROBLEMS, MAX_TOKENS, readYaml } from "../../yaml/read.ts";
import { MAX_CHARACTER_PROBLEMS, MAX_FILE_BYTES } from "../../yaml/text-gate.ts";
import type { YamlNode } from "../../yaml/tree.ts";
import { brief, bytes } from "../policy/support.ts";

const found = (text: string | Uint8Array): string[] =>
  readYaml(typeof text === "string" ? bytes(text) : text).problems.map(brief);

const file = (length: number): Uint8Array => bytes(`a: 1 #${"x".repeat(length - 6)}`);

describe("readYaml keeps its limits", () => {
  test("takes a file of exactly the most bytes and refuses one more", () => {
    assert.deepEqual(found(file(MAX_FILE_BYTES)), []);
    assert.deepEqual(found(file(MAX_FILE_BYTES + 1)), ["P107 error 1:1"]);
  });

  test("takes a text of exactly the most tokens and refuses one more", () => {
    assert.deepEqual(found("\n".repeat(MAX_TOKENS)), []);
    assert.deepEqual(found("\n".repeat(MAX_TOKENS + 1)), [`P107 error ${MAX_TOKENS + 1}:1`]);
  });

  const nested: readonly (readonly [string, (depth: number) => string])[] = [
    ["brackets", (depth) => "[".repeat(depth) + "]".repeat(depth)],
    ["braces", (depth) => "{a: ".repeat(depth) + "}".repeat(depth)],
    ["dashes on one line", (depth) => `${"- ".repeat(depth)}x`],
    ["dashes under keys of the same column", (depth) => blockOf(depth, (i) => (i % 2 === 0 ? "a:" : "- b:"))],
    ["keys under keys", (depth) => blockOf(depth, () => "a:")],
    ["question marks", (depth) => `${"? ".repeat(depth)}x`],
  ];
  for (const [what, text] of nested) {
    test(`takes ${what} nested exactly ${MAX_DEPTH} deep and refuses one more`, () => {
      assert.ok(!found(text(MAX_DEPTH)).some((problem) => problem.startsWith("P107")));
      assert.ok(found(text(MAX_DEPTH + 1)).some((problem) => problem.startsWith("P107")));
    });
  }

  test("names hidden characters and broken places up to a limit each, and no further", () => {
    assert.equal(found(`# ${"\u200b".repeat(MAX_CHARACTER_PROBLEMS)}`).length, MAX_CHARACTER_PROBLEMS);
    assert.equal(found(`# ${"\u200b".repeat(MAX_CHARACTER_PROBLEMS + 1)}`).length, MAX_CHARACTER_PROBLEMS);
    const broken = 'a: "b" c\n';
    assert.equal(syntaxErrors(broken.repeat(MAX_SYNTAX_PROBLEMS)), MAX_SYNTAX_PROBLEMS);
    assert.equal(syntaxErrors(broken.repeat(MAX_SYNTAX_PROBLEMS + 1)), MAX_SYNTAX_PROBLEMS);
  });

  test("lists beside each other are not nested", () => {
    assert.deepEqual(found("- [a]\n".repeat(100)), []);
    assert.deepEqual(found(`[${"[a],".repeat(100)}]`), []);
    assert.deepEqual(found(Array.from({ length: 100 }, (_, i) => `k${i}:\n- a\n- {b: c}\n`).join("")), []);
  });

  test("refuses texts nested thousands deep, one after the other, from their beginnings", () => {
    assert.deepEqual(found("[".repeat(5000)), ["P107 error 1:13"]);
    assert.deepEqual(found("- ".repeat(500_000)), ["P107 error 1:25"]);
    assert.deepEqual(found("{a: ".repeat(500_000)), ["P107 error 1:49"]);
    assert.deepEqual(found("a: ".repeat(500_000)), ["P107 error 1:38"]);
    assert.deepEqual(found("[".repeat(5000)), ["P107 error 1:13"]);
  });

  test("survives any bytes, and says something of those that it makes no tree of", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (any) => {
        const { root, problems, source } = readYaml(any);
        assert.ok(root !== undefined || problems.length > 0 || /^(\s|#.*|---|\.\.\.)*$/.test(source));
      }),
      { numRuns: 5000 },
    );
  });

  test("survives any words of YAML, never deeper than the limit", () => {
    const word = fc.constantFrom(
      "a",
      ": ",
      "- ",
      "? ",
      "[",
      "]",
      "{",
      "}",
      ",",
      "\n",
      " ",
      "  ",
      "|",
      ">",
      "'",
      '"',
      "#",
      "---\n",
      "&a ",
      "*a",
      "!t ",
      "~",
      "1.0",
      "\t",
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (words) => {
        const { root } = readYaml(bytes(words.join("")));
        // A pair in a list without braces, [a: b], is a map that the counter does not see: twice the limit.
        assert.ok(depthOf(root) <= 2 * MAX_DEPTH);
      }),
      { numRuns: 20_000 },
    );
  });

  test("survives a good file that is cut anywhere", () => {
    const whole = bytes(
      'policy: 1\ngrants:\n  g: {to: [a], call: "x.*", args: {0: {int: 1..5}, n?: string}} # ä\n',
    );
    for (let end = 0; end <= whole.length; end++) readYaml(whole.subarray(0, end));
  });
});

function blockOf(depth: number, head: (level: number) => string): string {
  const lines: string[] = [];
  let indent = 0;
  for (let level = 0; level < depth; ) {
    const text = head(lines.length);
    lines.push(`${" ".repeat(indent)}${text}`);
    // `- b:` opens two levels, the list at its own column and the map two behind it.
    level += text.startsWith("- ") ? 2 : 1;
    indent += text.startsWith("- ") ? 4 : 2;
  }
  return `${lines.join("\n")}\n`;
}

function depthOf(node: YamlNode | undefined): number {
  if (node === undefined || node.kind === "scalar") return 0;
  const inner = node.kind === "list" ? node.items : [...node.entries.values()].map(({ value }) => value);
  return 1 + Math.max(0, ...inner.map(depthOf));
}

function syntaxErrors(text: string): number {
  return found(text).filter((problem) => problem.startsWith("P101")).length;
}
