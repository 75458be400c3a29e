import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadPolicy } from "../../policy/load/load.ts";
import type { Problem } from "../../yaml/problem.ts";
import { hasErrors, renderProblem, renderSummary } from "../../yaml/render.ts";
import { bytes, keyLine } from "../policy/support.ts";

const problem = (line: number, column: number, endColumn?: number, rest: Partial<Problem> = {}): Problem => ({
  code: "P000",
  severity: "error",
  at: endColumn === undefined ? { line, column } : { line, column, endLine: line, endColumn },
  text: "something is wrong",
  ...rest,
});

const render = (one: Problem, source: string): string[] => renderProblem(one, "p.yaml", source).split("\n");

describe("renderProblem", () => {
  test("shows the code, the place, the line with the one before, the carets, the hint and the other place", () => {
    const source = `policy: 1
roles: {viewer: }
identities: {a: {keys: [${keyLine(1)}], roles: [viewer]}}
grants:
  other: {to: viewer, call: a, args: none}

  third: {to: viewer, call: a, args: none}

  math:
    to: veiwer
    call: math.add
    args: none
`;
    const { problems } = loadPolicy(bytes(source));
    assert.equal(
      problems.map((one) => renderProblem(one, "policy.yaml", source)).join(""),
      `error[P301]: role 'veiwer' is not declared
  --> policy.yaml:10:9
   |
 9 |   math:
10 |     to: veiwer
   |         ^^^^^^ did you mean 'viewer'?
   |
   = roles are declared at policy.yaml:2:1
`,
    );
  });

  test("shows one caret where the place has no end, and no line before the first", () => {
    assert.deepEqual(render(problem(1, 3), "a: b"), [
      "error[P000]: something is wrong",
      " --> p.yaml:1:3",
      "  |",
      "1 | a: b",
      "  |   ^",
      "",
    ]);
  });

  test("shows a place behind the end of the text", () => {
    assert.deepEqual(render(problem(2, 1), "a: [\n").slice(3), ["1 | a: [", "2 |", "  | ^", ""]);
  });

  test("shows a place of several lines up to the end of its first", () => {
    const several = problem(1, 4, undefined, { at: { line: 1, column: 4, endLine: 3, endColumn: 2 } });
    assert.deepEqual(render(several, "a: [1,\n  2\n]\n").slice(3), ["1 | a: [1,", "  |    ^^^", ""]);
  });

  test("keeps the caret under its character behind tabs and characters of two units", () => {
    assert.deepEqual(render(problem(1, 6, 9), "a:\t😀 xyz").slice(3), [
      "1 | a:    😀 xyz",
      "  |         ^^^",
      "",
    ]);
  });

  test("escapes what could move the cursor or turn the text, and keeps the caret in its place", () => {
    const source = "a: \u001b[2J\n\u202eb: \u009bx";
    const hostile = problem(2, 6, 7, {
      text: "the text '\u001b[2J'",
      hint: "\u2066quote",
      related: [{ at: { line: 1, column: 1 }, text: "\u0007 is" }],
    });
    assert.equal(
      renderProblem(hostile, "p\u001b.yaml", source),
      `error[P000]: the text '\\u{1b}[2J'
 --> p\\u{1b}.yaml:2:6
  |
1 | a: \\u{1b}[2J
2 | \\u{202e}b: \\u{9b}x
  |                  ^ \\u{2066}quote
  |
  = \\u{7} is at p\\u{1b}.yaml:1:1
`,
    );
  });

  test("shows a carriage return at the end of a line as nothing", () => {
    assert.deepEqual(render(problem(2, 1), "a: 1\r\nb: 2\r\n").slice(3), [
      "1 | a: 1",
      "2 | b: 2",
      "  | ^",
      "",
    ]);
  });

  test("cuts a long line around the caret, and the line before at the same place", () => {
    const [before, line] = ["-".repeat(300), `${"x".repeat(200)}!!${"y".repeat(200)}`];
    assert.deepEqual(render(problem(2, 201, 203), `${before}\n${line}`).slice(3), [
      `1 | …${"-".repeat(96)}…`,
      `2 | …${"x".repeat(40)}!!${"y".repeat(54)}…`,
      `  | ${" ".repeat(41)}^^`,
      "",
    ]);
  });

  test("shows a line of exactly the width whole, and a longer one with a mark", () => {
    assert.equal(render(problem(1, 90), "x".repeat(96))[3], `1 | ${"x".repeat(96)}`);
    assert.equal(render(problem(1, 1), "x".repeat(97))[3], `1 | ${"x".repeat(96)}…`);
  });

  test("ends the carets where the line is cut", () => {
    assert.equal(render(problem(1, 1, 500), "x".repeat(500))[4], `  | ${"^".repeat(96)}`);
  });
});

describe("renderSummary", () => {
  test("counts what there is and says what the daemon would do", () => {
    const [error, warning] = [problem(1, 1), problem(1, 1, 2, { severity: "warning" })];
    const refused = renderSummary([error, warning, error], "p.yaml");
    assert.equal(refused, "2 errors, 1 warning in p.yaml; the daemon would refuse this file\n");
    assert.match(
      renderSummary([error, warning], "p.yaml", false, 1),
      /^1 error, 1 warning \(1 fixable\) in p\.yaml;/,
    );
    const loaded = renderSummary([warning, warning], "p\u001b.yaml");
    assert.equal(
      loaded,
      "2 warnings in p\\u{1b}.yaml; rpcd --check, or --catalogue FILE, also holds it against the methods\n",
    );
    assert.equal(
      renderSummary([], "p.yaml"),
      "no problems in p.yaml; rpcd --check, or --catalogue FILE, also holds it against the methods\n",
    );
  });

  test("and hasErrors agrees", () => {
    assert.equal(hasErrors([problem(1, 1, 2, { severity: "warning" })]), false);
    assert.equal(hasErrors([problem(1, 1)]), true);
  });
});
