import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadPolicy } from "../../../policy/load/load.ts";
import { NOW_MS } from "../support.ts";

const load = (text: string): ReturnType<typeof loadPolicy> =>
  loadPolicy(Buffer.from(text), undefined, NOW_MS);

/** A file with a role that nobody has (P304), and behind it a comment of so many characters whose reason is the last of them. */
const withComment = (characters: number, form = "# lint: allow P304"): string =>
  `policy: 1\nroles:\n  idle: ${form.padEnd(characters - 1)}x\n`;

describe("a comment that lets findings be", () => {
  test("is read up to its thousandth character, and no further", () => {
    const [exact, beyond] = [load(withComment(1_000)), load(withComment(1_001))];
    assert.deepEqual(
      [exact.problems, exact.suppressed.map(({ problem, reason }) => [problem.code, reason])],
      [[], [["P304", "x"]]],
    );
    assert.deepEqual(beyond.suppressed, []);
    assert.deepEqual(
      beyond.problems.map(({ code, text }) => [code, text]),
      [
        ["P304", "role 'idle' is neither held by an identity nor named by a grant"],
        ["P702", "the reason is missing"],
      ],
    );
  });

  test("is not called useless where an error kept its rule from being tried", () => {
    const good =
      "policy: 1\ngrants:\n  # lint: allow P401 for a test host\n  g: {to: everyone, call: '**', args: any}\n";
    const codes = (text: string): readonly string[] => load(text).problems.map(({ code }) => code);
    assert.deepEqual(codes(good), []);
    // A tab, so that nothing is composed; a grant that has no form; a role that does not exist.
    for (const error of [
      "\tx: 1\n",
      "  h: {to: everyone, call: 5}\n",
      "  h: {to: nobody, call: a.b, args: {}}\n",
    ]) {
      const found = codes(good + error);
      assert.notDeepEqual(found, [], error);
      assert.ok(!found.includes("P702"), `${error}: ${found.join()}`);
    }
    // What was tried all the same is still called useless: the rule of a text.
    assert.ok(codes(`# lint: allow P108 for no reason\n${good}\tx: 1\n`).includes("P702"));
  });

  test("is one only if that is seen within a thousand characters", () => {
    const blanks = " ".repeat(1_000);
    assert.deepEqual(
      load(`policy: 1\n#${blanks}lint: allow P401 x\n`).problems,
      [],
      "a comment like any other",
    );
  });

  test("on a line of its own is about the next line and all below it, over comments and blank lines", () => {
    const roles = "  a:\n\n# between\n    includes: []\n  b:\n";
    const found = load(`policy: 1\nroles:\n  # lint: allow P304 for later\n\n  # and more\n${roles}`);
    assert.deepEqual(
      [found.suppressed.map(({ problem }) => problem.at.line), found.problems.map(({ at }) => at.line)],
      [[6], [10]],
    );
  });
});
