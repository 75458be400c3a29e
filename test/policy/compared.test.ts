import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { lintPolicy } from "../../policy/lint/lint.ts";
import { checkPolicy, loadPolicy, testPolicy } from "../../policy/load/load.ts";
import { PACKAGE } from "../support/daemon.ts";
import { bytes, NOW_MS } from "./support.ts";

/** All files that a file imports, itself included, by the static and the dynamic imports of its text. */
function reachable(start: string): ReadonlySet<string> {
  const seen = new Set([start]);
  for (const file of seen) {
    const text = readFileSync(join(PACKAGE, file), "utf8");
    for (const [, target = ""] of text.matchAll(/(?:from|import\()\s*"(\.{1,2}\/[^"]+\.ts)"/g))
      seen.add(join(dirname(file), target));
  }
  return seen;
}

const SLOW = "policy/check/covered.ts";

describe("the comparison of all grants with each other", () => {
  test("is loaded by the linter", () => assert.ok(reachable("cli/commands/policy/lint.ts").has(SLOW)));

  for (const file of ["explain", "can", "show", "test"])
    test(`is not within reach of rpcctl policy ${file}`, () => {
      const files = reachable(`cli/commands/policy/${file}.ts`);
      assert.ok(files.has("policy/load/load.ts"));
      assert.equal(files.has(SLOW), false);
    });

  const GRANTS =
    "grants:\n  # lint: allow P502 while it takes the other's place\n  a: {to: everyone, call: f, args: none}\n  b: {to: everyone, call: f, args: any}\n  c: {to: everyone, call: f, args: {x: {path: /a/**}}}\n";
  const FILE = bytes(`policy: 1\n${GRANTS}`);

  test("is what the linter reports and the daemon does not, and changes nothing about what loads", () => {
    const linted = lintPolicy(FILE, undefined, NOW_MS);
    assert.deepEqual(
      linted.problems.map(({ code }) => code),
      ["P502"],
    );
    assert.equal(linted.suppressed.length, 1);
    const loaded = loadPolicy(FILE, undefined, NOW_MS);
    assert.deepEqual([loaded.problems, loaded.suppressed], [[], []]);
    assert.deepEqual(checkPolicy(FILE, undefined, NOW_MS).problems, []);
    assert.deepEqual(testPolicy(FILE, undefined, NOW_MS).problems, []);
    assert.equal(loaded.policy?.hash, linted.policy?.hash);
  });

  test("is asked once a file, with all of it, and not where the file is refused anyway", () => {
    const asked: number[] = [];
    const count = (text: string): void => {
      loadPolicy(bytes(text), undefined, NOW_MS, ({ grants }) => {
        asked.push(grants.size);
        return [];
      });
    };
    count(`policy: 1\n${GRANTS}`);
    assert.deepEqual(asked, [3]);
    count(`policy: 1\n${GRANTS}  d: {to: nobody, call: f, args: any}\n`);
    assert.deepEqual(asked, [3]);
  });

  test("lets nobody call a comment useless that is about what was not looked for", () => {
    for (const code of ["P502", "P504", "P510"]) {
      const text = `policy: 1\ngrants:\n  # lint: allow ${code} it was\n  a: {to: everyone, call: f, args: any}\n`;
      assert.deepEqual(loadPolicy(bytes(text), undefined, NOW_MS).problems, [], code);
      assert.deepEqual(
        lintPolicy(bytes(text), undefined, NOW_MS).problems.map((problem) => problem.code),
        ["P702"],
        code,
      );
    }
  });
});
