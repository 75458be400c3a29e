import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decide } from "../../policy/decide/decide.ts";
import { errorsOf, refuses, withPeople } from "./findings.ts";
import { bound, candidatesFor, keyLine, problemsOf } from "./support.ts";

const grant = (fields: string): string => withPeople(`grants:\n  g: {${fields}}\n`);
const to = (written: string): string => grant(`to: ${written}, call: a, args: none`);
const args = (record: string): string => grant(`to: user, call: a, args: {${record}}`);

describe("what YAML does beside maps, lists and texts is refused in a policy:", () => {
  const good = to("user");
  refuses([
    [
      "a wildcard that begins an entry of a list, for it is an alias",
      grant("to: user, call: [▸▸*.read, x], args: none"),
      "P103 P205",
      "'*.read' is an alias in YAML … quote it if it is a text … may not be the first segment",
      grant("to: user, call: [a.*.read, x], args: none"),
    ],
    [
      "two stars without quotes",
      grant("to: user, call: ▸**, args: none"),
      "P103",
      "'**' is an alias in YAML … quote it",
      grant('to: user, call: "**", args: none'),
    ],
    [
      "an anchor, and the alias that repeats it",
      withPeople("grants:\n  g: ▸&same {to: user, call: a, args: none}\n  h: ▸▸*same\n"),
      "P103 P103 P203",
      "'&same' is an anchor … write the value out … '*same' is an alias",
    ],
    [
      "a merge key",
      withPeople("grants:\n  ▸g: {▸▸<<: {to: user}, call: a, args: none}\n"),
      "P202 P104 P201",
      "'<<' merges maps in YAML 1.1 … write the entries out",
    ],
    ["a tag of YAML's", to("▸!!str user"), "P104", "the tag '!!str' is not taken … quote texts", good],
    ["a tag of one's own", to("▸!role user"), "P104", "the tag '!role' is not taken"],
    ["a binary value", args("x: {enum: [▸!!binary aGk=]}"), "P104", "the tag '!!binary' is not taken"],
    [
      "a version of YAML",
      `▸%YAML 1.1\n---\n${good}`,
      "P105",
      "always read as YAML 1.2 … remove it",
      `---\n${good}`,
    ],
    ["a prefix of tags", `▸%TAG ! tag:x,2000:\n---\n${good}`, "P105", "a directive is not taken"],
    [
      "a second document",
      `${good}▸---\npolicy: 1\n`,
      "P105",
      "a second document begins here",
      `${good}...\n`,
    ],
    ["what stands behind the end", `${good}...\n▸grants: {}\n`, "P105", "a second document begins here"],
    ["a list as a key", withPeople("grants:\n  ? ▸[g]\n  : {}\n"), "P101", "a key must be a plain text"],
    ["a tab as indentation", withPeople("grants:\n▸\tg: {}\n"), "P101", "indent with spaces"],
  ]);
});

describe("what is written so that it looks like something else is refused:", () => {
  const composed = "caf\u00e9";
  const decomposed = "cafe\u0301";
  refuses([
    [
      "a key in two normal forms",
      args(`▸▸${composed}: int, ▸▸${decomposed}: int`),
      "P106 P206 P106 P206",
      "a key may have printable ASCII characters only … may look like the ones that were meant",
      args("cafe: int"),
    ],
    ["a key of a map that is not ASCII", args(`x: {map: {▸${composed}: int}}`), "P106", "printable ASCII"],
    ["an escaped NUL", args('x: {enum: [▸"a\\0b"]}'), "P106", "the character U+0000 … remove the escape"],
    ["an escaped override of direction", args('x: {enum: [▸"\\u202e"]}'), "P106", "U+202E"],
    ["an escaped isolate of direction", args('x: {enum: [▸"\\u2066"]}'), "P106", "U+2066"],
    ["an escaped space of no width", args('x: {enum: [▸"\\u200b"]}'), "P106", "U+200B"],
    ["an escaped mark of the byte order", args('x: {enum: [▸"\\ufeff"]}'), "P106", "U+FEFF"],
    ["an escaped no-break space", args('x: {enum: [▸"\\_"]}'), "P106", "U+00A0"],
    ["an escaped control character", args('x: {enum: [▸"\\e[2J"]}'), "P106", "U+001B"],
    ["an escaped half of a pair", args('x: {enum: [▸"\\udc00"]}'), "P106", "U+DC00"],
    ["a no-break space between words", to("▸user▸\u00a0"), "P206 P106", "U+00A0 cannot be seen"],
  ]);

  test("but not a text that another normal form of it does not equal", () => {
    const grants = candidatesFor({ g: `{a: {enum: [${composed}]}}` });
    assert.equal(decide(grants, bound({ a: composed })).allowed, true);
    assert.equal(decide(grants, bound({ a: decomposed })).allowed, false);
  });
});

describe("names with a meaning in JavaScript", () => {
  for (const section of ["roles", "identities", "authorities", "grants", "shadow", "never"]) {
    test(`are refused or are names like any other: ${section}`, () => {
      const what: Readonly<Record<string, string>> = {
        roles: "{}",
        identities: `{keys: [${keyLine(1)}]}`,
        authorities: `{keys: [${keyLine(1)}], names: a, roles: []}`,
        never: "{call: a}",
      };
      const text = (name: string): string =>
        `policy: 1\n${section}: {${name}: ${what[section] ?? "{to: everyone, call: a, args: none}"}}\n`;
      assert.deepEqual(
        problemsOf(text("__proto__")).filter((one) => one.includes("error")),
        [`P206 error 2:${section.length + 4}`],
      );
      for (const name of ["constructor", "hasOwnProperty", "toString", "valueOf"])
        assert.deepEqual(errorsOf(text(name)), [], name);
    });
  }

  refuses([
    [
      "are no fields: __proto__",
      grant("▸__proto__: {}, to: user, call: a, args: none"),
      "P201",
      "'__proto__'",
    ],
    ["are no fields: toString", grant("▸toString: {}, to: user, call: a, args: none"), "P201", "'toString'"],
    ["are no keys of maps", args("x: {map: {▸constructor: int}}"), "P206", "no meaning in JavaScript"],
  ]);
});
