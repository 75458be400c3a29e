import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { breaks, withAssertion } from "../assertions.ts";
import { assertRefused, assertTaken, errorsOf } from "../findings.ts";
import { catalogueOf, method, param } from "../support.ts";

describe("with a catalogue a grant breaks an assertion", () => {
  const catalogue = catalogueOf(
    method("m", [
      param("x", { shape: { type: "int" } }),
      param("y", { shape: { type: "int" }, optional: true, default: 3 }),
      param("z", { optional: true }),
    ]),
    method("k.a", [param("q")]),
    method("k.b"),
    method("k.hidden", [], true),
  );
  const grant = (args: string): string => `to: user, call: m, args: ${args}`;
  const never = (args: string): string => `call: m, args: {${args}}`;
  const wild = (args: string): string => `to: user, call: k.*, args: ${args}`;
  breaks(
    [
      [
        "by position of what that names",
        grant("{0: {int: 1..5}}"),
        never("x: {int: 5..}"),
        { never: never("x: {int: 6..}") },
      ],
      [
        "by name of what that counts",
        grant("{x: {int: 1..5}}"),
        never("0: {int: 5..}"),
        { never: never("0: {int: 6..}") },
      ],
      ["by a default", grant("{x: int}"), never("y: {int: ..3}"), { never: never("y: {int: 4..}") }],
      [
        "by a default that it admits",
        grant("{x: int, y?: {int: 3..5}}"),
        never("y: {int: ..3}"),
        { never: never("y: {int: 6..}") },
      ],
      [
        "by a default, though that may be absent",
        grant("{x: int}"),
        never("y?: {int: ..3}"),
        { never: never("y?: {int: 4..}") },
      ],
      ["beside a default", grant("{x: int, '*': int}"), never("y: {int: 9..}"), { grant: grant("{x: int}") }],
      [
        "without a default that it must not have",
        grant("{x: int}"),
        never("y: {int: 3..3}"),
        { grant: grant("{x: int, y: {int: ..2}}") },
      ],
      [
        "by absence where there is no default",
        grant("{x: int}"),
        never("z?: int"),
        { never: never("z: int") },
      ],
      [
        "by a method that its wildcard reaches",
        wild("any"),
        "call: k.b",
        { grant: "to: user, call: k.*, except: k.b, args: any" },
      ],
      ["by a method that it can call", wild("none"), "call: k.b", { never: "call: k.a" }],
      ["by a method that has what it requires", wild("{q: int}"), "call: k.a", { never: "call: k.b" }],
      [
        "by a reserved method that it names",
        "to: user, call: k.hidden, args: none",
        "call: k.*",
        { grant: "to: user, call: [k.c.*, m], args: any" },
      ],
    ],
    catalogue,
  );

  test("never by a reserved method that its wildcard does not reach", () => {
    assertTaken(withAssertion(wild("any"), "call: k.hidden"), catalogue);
    assertRefused(withAssertion(wild("any"), "call: k.hidden"), "P602", "call k.hidden");
  });

  test("never where the daemon has no such method", () => {
    assertTaken(withAssertion(wild("any"), "call: k.c"), catalogue);
    assertRefused(withAssertion(wild("any"), "call: k.c"), "P602", "call k.c");
  });

  test("and is told of an assertion that names one parameter twice, or one that there is not", () => {
    const found = (args: string): string[] =>
      errorsOf(withAssertion(grant("{x: int}"), never(args)).replace("▸", ""), catalogue).map(
        ({ code, text }) => `${code} ${text}`,
      );
    assert.deepEqual(found("0: int, x: int"), ["P312 '0' and 'x' are the same parameter of m"]);
    assert.deepEqual(found("w: int"), ["P309 m has no parameter 'w'"]);
  });
});
