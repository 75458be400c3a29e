import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lintPolicy } from "../../../policy/lint/lint.ts";
import { EXAMPLE_METHODS, NOW_MS } from "../support.ts";

const found = (grants: string, catalogue?: typeof EXAMPLE_METHODS, head = ""): readonly string[] =>
  lintPolicy(Buffer.from(`policy: 1\n${head}grants:\n${grants}`), catalogue, NOW_MS)
    .problems.filter(({ code }) => /^P50[24]$/.test(code))
    .map(({ code, at }) => `${code} ${at.line}`);

const pair = (a: string, b: string): string => `  a: {to: everyone, ${a}}\n  b: {to: everyone, ${b}}\n`;

describe("a grant all of which another allows", () => {
  for (const [what, a, b, expected] of [
    ["by a wider pattern", "call: m.x, args: none", "call: m.*, args: any", ["P502 3"]],
    ["by a pattern over more segments", "call: m.*.x, args: none", "call: m.**, args: any", ["P502 3"]],
    ["not by a narrower pattern", "call: m.**, args: none", "call: m.*, args: any", []],
    ["by a wider range", "call: f, args: {v: {int: 1..5}}", "call: f, args: {v: {int: 0..9}}", ["P502 3"]],
    ["not by one that overlaps", "call: f, args: {v: {int: 1..10}}", "call: f, args: {v: {int: 0..9}}", []],
    [
      "by an expression that matches more",
      "call: f, args: {v: {re: 'a+'}}",
      "call: f, args: {v: {re: '[ab]*'}}",
      ["P502 3"],
    ],
    [
      "not by an expression that matches other texts",
      "call: f, args: {v: {re: 'a+'}}",
      "call: f, args: {v: {re: 'ab*'}}",
      [],
    ],
    [
      "not where the other one asks for more arguments",
      "call: f, args: {v: int}",
      "call: f, args: {v: int, w: int}",
      [],
    ],
    [
      "where the other one lets more be there",
      "call: f, args: {v: int}",
      "call: f, args: {v: int, w?: int}",
      ["P502 3"],
    ],
    ["not by one that is for another channel", "call: f, args: none", "call: f, args: any, via: tls", []],
    [
      "by one for more networks",
      "call: f, args: none, from: [10.1.0.0/16]",
      "call: f, args: any, from: [10.0.0.0/8]",
      ["P502 3"],
    ],
    [
      "not by one that ends sooner",
      "call: f, args: none",
      "call: f, args: any, valid: {until: 2999-01-01T00:00:00Z}",
      [],
    ],
    [
      "not by one that has a limit itself",
      "call: f, args: none",
      "call: f, args: any, limits: {rate: 9/s}",
      [],
    ],
    ["not by one that leaves out a method", "call: m.*, args: none", "call: m.*, except: m.x, args: any", []],
    [
      "not references by any data",
      "call: f, args: {v: {callback: {calls: 1, for: 1s}}}",
      "call: f, args: any",
      [],
    ],
    ["whose limit is void", "call: f, args: none, limits: {rate: 1/s}", "call: f, args: any", ["P504 3"]],
    [
      "whose timeout is another is left",
      "call: f, args: none, limits: {timeout: 1s}",
      "call: f, args: any",
      [],
    ],
    ["twice: only the second is too many", "call: f, args: any", "call: f, args: any", ["P502 4"]],
  ] as const)
    test(what, () => assert.deepEqual(found(pair(a, b)), expected));

  test("for some people is covered by one for all, or for a role that they have", () => {
    const head = "roles:\n  viewer:\n  admin: {includes: [viewer]}\n";
    const grants = (a: string, b: string): string =>
      `  a: {to: ${a}, call: f, args: none}\n  b: {to: ${b}, call: f, args: any}\n`;
    assert.deepEqual(found(grants("admin", "viewer"), undefined, head), ["P502 6"]);
    assert.deepEqual(found(grants("viewer", "admin"), undefined, head), []);
    assert.deepEqual(found(grants("[admin, viewer]", "everyone"), undefined, head), ["P502 6"]);
    assert.deepEqual(found(grants("everyone", "[admin, viewer]"), undefined, head), []);
  });

  test("is not covered where only its exact name reaches the method", () => {
    const methods = new Map(
      [...EXAMPLE_METHODS].map(([name, entry]) => [name, { ...entry, reserved: name === "disk.list" }]),
    );
    assert.deepEqual(found(pair("call: disk.list, args: none", "call: disk.*, args: any"), EXAMPLE_METHODS), [
      "P502 3",
    ]);
    assert.deepEqual(found(pair("call: disk.list, args: none", "call: disk.*, args: any"), methods), []);
    assert.deepEqual(found(pair("call: rpcd.policy.show, args: none", "call: '**', args: any")), []);
  });

  test("is looked for among so many pairs, and then it is said that nobody looked further", () => {
    const many = Array.from(
      { length: 2_500 },
      (_, i) => `  g${i}: {to: everyone, call: f, args: {v: {enum: [${i}]}}}\n`,
    );
    const { problems, policy } = lintPolicy(
      Buffer.from(`policy: 1\ngrants:\n${many.join("")}`),
      undefined,
      NOW_MS,
    );
    assert.notEqual(policy, undefined);
    assert.deepEqual(
      problems.map(({ code, severity }) => [code, severity]),
      [["P510", "warning"]],
    );
  });
});
