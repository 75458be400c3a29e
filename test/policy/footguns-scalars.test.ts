import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decide } from "../../policy/decide/decide.ts";
import { loadPolicy } from "../../policy/load/load.ts";
import type { Problem } from "../../yaml/problem.ts";
import { assertSays, refuses, withPeople } from "./findings.ts";
import { bound, brief, bytes, candidatesFor, NOW_MS } from "./support.ts";

const grant = (fields: string): string => withPeople(`grants:\n  g: {${fields}}\n`);
const to = (written: string): string => grant(`to: ${written}, call: a, args: none`);
const args = (record: string): string => grant(`to: user, call: a, args: {${record}}`);
const rest = (field: string): string => grant(`to: user, call: a, args: none, ${field}`);
const denied = (call: string): string => withPeople(`tests:\n  - as: alice\n    deny: ${call}\n`);

/** All of them: this is about warnings. */
const problemsIn = (text: string): readonly Problem[] => loadPolicy(bytes(text), undefined, NOW_MS).problems;

describe("a value that other readers see otherwise", () => {
  const cases = [
    ["no", "P108", "is a text here, and a boolean to readers of YAML 1.1", "no"],
    ["on", "P108", "is a text here, and a boolean", "on"],
    ["0b1", "P108", "is a text here, and a number", "0b1"],
    ["1_000", "P108", "is a text here, and a number", "1_000"],
    ["12:30", "P108", "is a text here, and a number", "12:30"],
    ["2026-01-01", "P108", "is a text here, and a timestamp", "2026-01-01"],
    ["012", "P109", "012 is read as the number 12", 12],
    ["1.10", "P109", "1.10 is read as the number 1.1", 1.1],
    ["1e3", "P109", "1e3 is read as the number 1000", 1000],
    ["+5", "P109", "+5 is read as the number 5", 5],
    [".5", "P109", ".5 is read as the number 0.5", 0.5],
    ["0x1F", "P109", "0x1F is read as the number 31", 31],
  ] as const;
  for (const [written, code, says, value] of cases) {
    test(`is warned about at its place, and is what the message says: ${written}`, () => {
      const text = args(`x: {enum: [${written}]}`);
      const column = (text.split("\n")[5] ?? "").indexOf("[") + 2;
      const problems = problemsIn(text);
      assert.deepEqual(problems.map(brief), [`${code} warning 6:${column}`]);
      assertSays(problems[0]?.text ?? "", says);
      const grants = candidatesFor({ g: `{a: {enum: [${written}]}}` });
      assert.equal(decide(grants, bound({ a: value })).allowed, true);
      assert.equal(decide(grants, bound({ a: typeof value === "number" ? written : 0 })).allowed, false);
      assert.deepEqual(problemsIn(args(`x: {enum: ['${written}']}`)), []);
    });
  }

  test("is warned about where it is a name, and is that name", () => {
    const text = withPeople("")
      .replace("roles: {user: }", "roles: {no: , user: }")
      .replace("[user]", "[no, user]");
    assert.deepEqual(
      problemsIn(text).map(({ code, severity }) => [code, severity]),
      [["P108", "warning"]],
    );
  });

  test("is a key like any other where it is a key", () => {
    assert.deepEqual(problemsIn(args("on: int, no: int, y: bool, 'null': int")), []);
  });

  test("is no matter where a time is expected", () => {
    const window = "{since: 2026-01-01T00:00:00Z, until: 2026-12-31T01:00:00+01:00}";
    const text = `${rest(`valid: ${window}`)}tests:\n  - {as: alice, at: 2026-06-01T12:00:00Z, allow: [a()]}\n`;
    assert.deepEqual(problemsIn(text), []);
    assert.deepEqual(problemsIn(text.replace("roles: [user]}}", `roles: [user], valid: ${window}}}`)), []);
  });
});

describe("digits as a key", () => {
  refuses([
    [
      "are no name",
      withPeople("grants: {▸0: {to: user, call: a, args: none}}\n"),
      "P206",
      "'0' cannot be the name",
    ],
    [
      "are one key with and without quotes",
      args("0: int, ▸'0': int"),
      "P102",
      "the key '0'",
      args("0: int, 1: int"),
    ],
    ["are a position only without a fraction", args("▸1.0: int"), "P206", "'1.0' cannot be an argument"],
    ["are a position only in decimals", args("▸0x1: int"), "P206", "'0x1' cannot be an argument"],
  ]);
});

describe("a text that runs over several lines is refused as", () => {
  const lines = "stands on one line, and this text runs over several";
  const folded = (field: string): string =>
    withPeople(`grants:\n  g:\n    call: a\n    args: none\n    to: ${field}`);
  refuses([
    ["a role", to("▸us\n      er"), "P203", `a role ${lines}`, to("user")],
    ["a role in quotes", to('▸"us\n      er"'), "P206", "'us er' cannot be the name of a role"],
    [
      "a role with a line end",
      folded("▸|\n      user\n"),
      "P203",
      `a role ${lines}`,
      folded("|-\n      user\n"),
    ],
    [
      "a role that is folded",
      folded("▸>\n      user\n"),
      "P203",
      `a role ${lines}`,
      folded(">-\n      user\n"),
    ],
    ["a channel", rest("via: ▸t\n      ls"), "P203", `a channel ${lines}`],
    ["a network", rest("from: ▸10.0.0.0\n      /8"), "P203", `a network ${lines}`],
    ["an interface", rest("returns: ▸cur\n      sor"), "P203", `an interface ${lines}`],
    [
      "an end of a window",
      rest("valid: {until: ▸2026-01-01T00:00:00Z\n      x}"),
      "P211",
      "there is no such time",
    ],
    ["a limit", rest("limits: {rate: ▸6\n      /h}"), "P212", "a rate was expected … the text '6 /h'"],
    ["a method of an object", args("x: {object: {methods: ▸re\n      ad}}"), "P203", `a method ${lines}`],
    ["a call of a test", denied("\n      - ▸a(1,\n        2)"), "P203", `a call ${lines}`],
    [
      "an identity of a test",
      withPeople("tests:\n  - as: ▸ali\n      ce\n    deny: []\n"),
      "P203",
      `an identity ${lines}`,
    ],
  ]);
});

describe("a call without quotes is refused where YAML takes it apart:", () => {
  const quote = "quote calls inside [ ], where a comma parts them, and calls with ': ' or ' #' in them";
  refuses([
    [
      "at a comma in a list",
      denied("[▸math.add(1, ▸2)]"),
      "P213 P213",
      `',' or ')' was expected (character 11 of 'math.add(1') … ${quote} … a method was expected`,
      denied('["math.add(1, 2)"]'),
    ],
    [
      "at a colon",
      denied('\n      - ▸a(x={"b": 1})'),
      "P203",
      `a call was expected, but a map stands here … ${quote}`,
      denied("\n      - 'a(x={\"b\": 1})'"),
    ],
    [
      "at a comment",
      denied('\n      - ▸a(x="b # c")'),
      "P213",
      `a value was expected … (character 5 of 'a(x="b') … ${quote}`,
      denied("\n      - 'a(x=\"b # c\")'"),
    ],
    ["at a bracket in a list", denied("[a(x=▸[1]▸)]"), "P101 P101", "this is not YAML"],
  ]);
});

describe("a slip of the fingers in YAML is refused as what it is:", () => {
  refuses([
    [
      "no space behind a colon",
      grant("to: user, call: a, args: none, ▸via:tls"),
      "P201",
      "no field 'via:tls'",
    ],
    ["no space before a comment", to("▸user#x"), "P206", "'user#x' cannot be the name of a role"],
    ["braces for brackets", to("▸{user}"), "P203", "a list of roles was expected, but a map"],
    ["a colon in a list", to("[▸user: ]"), "P203", "a role was expected, but a map"],
    ["a key without quotes behind a colon", to("▸id: alice"), "P101", "this is not YAML"],
    [
      "a bracket that is not closed",
      withPeople("grants: {g: {to: [user▸}}\n▸"),
      "P101 P101",
      "this is not YAML",
    ],
  ]);

  test("but not a comma too many, nor lines that end as they do elsewhere", () => {
    assert.deepEqual(problemsIn(to("[user, ]")), []);
    assert.deepEqual(problemsIn(to("user").replaceAll("\n", "\r\n")), []);
  });
});
