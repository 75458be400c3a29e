import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lintPolicy } from "../../../policy/lint/lint.ts";
import { assertFound, granting } from "../found.ts";
import { bytes, catalogueOf, method, NOW_MS, param } from "../support.ts";

const file = (path: string, never: string): string =>
  granting(
    `call: log.tail, args: {path: ${path}}`,
    `never:\n  n: {call: log.tail, args: {path: ${never}}}\n`,
  );

const errorsIn = (text: string, methods?: ReturnType<typeof catalogueOf>): readonly string[] =>
  lintPolicy(bytes(text), methods, NOW_MS)
    .problems.filter(({ severity }) => severity === "error")
    .map(({ code }) => code);

describe("an assertion about a path", () => {
  const says =
    /cannot be excluded that the grant 'g' allows a call of log\.tail.*admits texts with a segment '\.\.'.*let the grant admit no '\.\.'/;
  for (const [what, path, never] of [
    ["an expression under another folder", "{re: '/var/log/.*'}", "{path: /etc/**}"],
    ["an expression that may be two dots", "{re: '/var/[a-z.]+/shadow'}", "{path: /etc/**}"],
    ["a value that leads there", "{enum: ['/var/log/../../etc/shadow']}", "{path: /etc/**}"],
    ["a list of such", "{list: {of: {re: '/var/log/.*'}, len: 1..}}", "{list: {of: {path: /etc/**}}}"],
    ["a map of such", "{map: {p: {re: '/var/log/.*'}}}", "{map: {p: {path: /etc/**}}}"],
    ["one of several alternatives", "[{path: /var/**}, {re: '/var/log/.*'}]", "{path: /etc/**}"],
    ["an expression, of a glob from the root on", "{re: '/var/log/.*'}", "{glob: '/etc/**'}"],
    ["an expression, of a relative glob", "{re: 'public/.*'}", "{glob: 'secret/**'}"],
    ["an expression, of an expression", "{re: '/var/log/.*'}", "{re: '/etc/.*'}"],
    ["an expression, of a value", "{re: '/var/log/.*'}", "{enum: [/etc/shadow]}"],
    ["an expression, of one of several alternatives", "{re: '/var/log/.*'}", "[{path: /etc/**}, null]"],
  ] as const)
    test(`is not held by a grant whose texts may be resolved to it: ${what}`, () => {
      assertFound(file(path, never), "P510", says);
      assert.deepEqual(errorsIn(file(path, never), catalogueOf(method("log.tail", [param("path")]))), [
        "P510",
      ]);
    });

  for (const [what, path, never] of [
    ["a path", "{path: /var/log/**}", "{path: /etc/**}"],
    ["a glob, whose stars make no '..'", "{glob: '/var/log/**'}", "{path: /etc/**}"],
    ["a relative glob", "{glob: 'public/**'}", "{glob: 'secret/**'}"],
    ["an expression without dots", "{re: '/var/log/[a-z]+'}", "{path: /etc/**}"],
    ["a relative text, of an absolute path", "{re: 'logs/.*'}", "{path: /etc/**}"],
    ["an enum", "{enum: [/var/log/a]}", "{path: /etc/**}"],
    ["two dots in a name", "{re: '/var/log/[a-z]+\\.\\.[a-z]+'}", "{path: /etc/**}"],
    ["a media type, of a media type", "{re: 'image/.*'}", "{enum: [text/html]}"],
    ["a number", "int", "{path: /etc/**}"],
  ] as const)
    test(`is held by ${what}`, () => assert.deepEqual(errorsIn(file(path, never)), []));

  test("is broken, not only in doubt, where the text itself is in it", () => {
    assert.deepEqual(errorsIn(file("{re: '/.*'}", "{path: /etc/**}")), ["P602"]);
    assert.deepEqual(errorsIn(file("string", "{path: /etc/**}")), ["P602"]);
    assert.deepEqual(errorsIn(file("{glob: '/**'}", "{path: /etc/**}")), ["P602"]);
  });

  test("of all methods is held by grants whose arguments are no paths", () => {
    const text = granting(
      "call: add, args: {a: int}",
      "never:\n  n: {call: '**', args: {path: {path: /etc/**}}}\n",
    );
    assert.deepEqual(errorsIn(text), []);
  });
});

describe("the text of the guide's dodge", () => {
  test("is denied by a glob, so a test that wants it allowed fails", () => {
    const tests = `never:\n  n: {call: log.tail, args: {path: {path: /etc/**}}}\ntests:\n  - as: alice\n    allow: [log.tail(path="/var/log/a")]\n    deny: [log.tail(path="/var/log/../../etc/shadow"), log.tail(path="/var/log//a")]\n`;
    assert.deepEqual(errorsIn(granting("call: log.tail, args: {path: {glob: '/var/log/**'}}", tests)), []);
  });
});
