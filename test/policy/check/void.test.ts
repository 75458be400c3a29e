import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parsePattern, patternsMeet } from "../../../policy/syntax/pattern.ts";
import { assertFound, assertNotFound, granting } from "../found.ts";

describe("P512: an except that takes nothing away", () => {
  for (const [call, except] of [
    ["service.*", "disk.wipe"],
    ["service.*", "servce.stop"],
    ["service.*", "service.a.b"],
    ["service.stop", "service.start"],
    ["[a.*, b.*]", "c.*"],
    ["a.**", "a"],
    ["a.*.x", "a.*.y"],
  ])
    test(`is told of ${except} beside ${call}`, () => {
      assertFound(
        granting(`call: ${call}, except: ${except}, args: any`),
        "P512",
        /takes nothing away from 'g', whose 'call' does not cover it: is it misspelt\?/,
      );
    });
  for (const [call, except] of [
    ["service.*", "service.stop"],
    ["'**'", "disk.wipe"],
    ["a.**", "a.b.*"],
    ["[a.*, b.*]", "b.c"],
    ["a.*", "[a.b, a.c]"],
  ])
    test(`is not told of ${except} beside ${call}`, () =>
      assertNotFound(granting(`call: ${call}, except: ${except}, args: any`), /^P512$/));

  test("names the one of several that is void", () => {
    assertFound(granting("call: a.*, except: [a.b, c.d], args: any"), "P512", /'c\.d' takes nothing away/);
  });
});

describe("patterns of names", () => {
  const meet = (a: string, b: string): boolean => {
    const [one, other] = [a, b].map(parsePattern);
    if (typeof one !== "object" || typeof other !== "object") return assert.fail();
    assert.equal(patternsMeet(one, other), patternsMeet(other, one), `${a} and ${b}, turned around`);
    return patternsMeet(one, other);
  };
  test("meet where some name is covered by both", () => {
    for (const [a, b] of [
      ["a", "a"],
      ["a.b", "a.*"],
      ["a.*", "a.**"],
      ["a.*.c", "a.b.*"],
      ["**", "a"],
      ["a.**", "a.b.**"],
      ["a.*.**", "a.b.c"],
    ] as const)
      assert.equal(meet(a, b), true, `${a} and ${b}`);
    for (const [a, b] of [
      ["a", "b"],
      ["a.b", "a"],
      ["a.**", "a"],
      ["a.*", "a.b.c"],
      ["a.*.c", "a.b.d"],
      ["a.**", "b.**"],
      ["a.*.**", "a.b"],
    ] as const)
      assert.equal(meet(a, b), false, `${a} and ${b}`);
  });
});

describe("P513: an alternative that another one includes", () => {
  const alternatives = (v: string): string => granting(`call: a, args: {v: ${v}}`);
  for (const [v, says] of [
    [
      "[string, {enum: [x]}, {re: 'a+'}]",
      /of the alternatives of 'v' one is enough, so '.*' adds nothing to 'string'/,
    ],
    ["[{re: 'a+'}, {re: '[ab]*'}]", /'re a\+' adds nothing to 're \[ab\]\*'/],
    ["[{int: 1..5}, int]", /'int 1\.\.5' adds nothing to 'int'/],
    ["[any, {enum: [x]}]", /adds nothing to 'any'/],
    ["[{enum: [a, b]}, {enum: [b]}]", /adds nothing to 'enum/],
    ["{re: ['a.*', 'ab']}", /'re ab' adds nothing to 're a\.\*'/],
    ["{path: [/var/**, /var/log/*]}", /'path \/var\/log\/\*' adds nothing to 'path \/var\/\*\*'/],
    ["{list: {of: [string, {enum: [x]}]}}", /adds nothing to 'string'/],
    ["{map: {k: [string, {enum: [x]}]}}", /adds nothing to 'string'/],
  ] as const)
    test(`is told of ${v}`, () => {
      assertFound(alternatives(v), "P513", says);
    });
  for (const v of [
    "[int, {enum: [x]}, null]",
    "[{number: 0..0.5}, null]",
    "[{string: 1..3}, {re: 'a{4}'}]",
    "{path: [/srv/a, /srv/a/**]}",
    "{re: ['a+', 'b+']}",
    "[{callback: {calls: 1, for: 1s}}, null]",
  ])
    test(`is not told of ${v}`, () => assertNotFound(alternatives(v), /^P513$/));
});
