import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Validator } from "@cfworker/json-schema";
import * as fc from "fast-check";
import { policySchema } from "../../../policy/json-schema/schema.ts";
import { loadPolicy } from "../../../policy/load/load.ts";
import { RULES } from "../../../policy/rules/rules.ts";
import { readYaml } from "../../../yaml/read.ts";
import type { YamlNode } from "../../../yaml/tree.ts";
import { PACKAGE } from "../../support/daemon.ts";
import { fileOf, model } from "../decide/models.ts";
import { NOW_MS } from "../support.ts";

// It makes no code: the tests run as the programs do, where none can be made of texts.
const validator = new Validator(policySchema(), "2020-12");

/** What a schema sees of a file: plain data, with null where nothing is written. */
function dataOf(node: YamlNode | undefined): unknown {
  if (node === undefined) return null;
  if (node.kind === "scalar") return node.value ?? null;
  if (node.kind === "list") return node.items.map(dataOf);
  return Object.fromEntries([...node.entries.values()].map(({ key, value }) => [key, dataOf(value)]));
}

const flawsOf = (text: string | Uint8Array): readonly string[] =>
  validator
    .validate(dataOf(readYaml(Buffer.from(text)).root))
    .errors.map(({ error, instanceLocation }) => `${instanceLocation}: ${error}`);
const takes = (text: string): boolean => flawsOf(text).length === 0;

/** What is only seen by who knows what the names mean, or how the text was written. */
const UNSEEN = /^P(?:10[1-9]|209|21[0-3]|207|208|3|4|5|6|7)/;

const FOLDER = join(PACKAGE, "test/policy-bad");

/** Errors that no schema can see, all of them of these codes, or those of these files; and why. */
const BEYOND: readonly (readonly [why: string, which: RegExp])[] = [
  ["how the text was written: a schema is given what a parser made of it", /^P10[1-6]/],
  ["a number that was rounded before the schema sees it", /^P109-too-large/],
  [
    "that one end of a range is above the other, or not exact: no arithmetic in expressions",
    /^P208-(?:beyond|of-the-rule|upside-down)/,
  ],
  ["the language of patterns: an expression cannot read expressions", /^P209/],
  [
    "bits of an address beyond its prefix, and IPv4 written as IPv6",
    /^P210-(?:host-bits|mapped|of-the-rule)/,
  ],
  ["the calendar, and which of two moments is the later one", /^P211-(?:no-such-day|upside-down)/],
  ["that 25 hours are more than a day", /^P212-too-long/],
  [
    "the order of the arguments in a call, and that one stands there twice",
    /^P213-(?:name-before-position|twice)/,
  ],
  ["what names mean: what is declared elsewhere, and what a file allows", /^P(?:3|4|5|6)/],
];

const SHAPE = /^P20[1-6]$/;

const corpus = (): readonly (readonly [file: string, bytes: Uint8Array])[] =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => [name, readFileSync(join(FOLDER, name))]);

/** What the schema says of a text is what the parser says. */
function assertBoth(text: string, isGood: boolean): void {
  assert.equal(loadPolicy(Buffer.from(text), undefined, NOW_MS).policy !== undefined, isGood, text);
  assert.equal(takes(text), isGood, text);
}

describe("docs/policy.schema.json", () => {
  test("is what the code makes", () => {
    const text = readFileSync(join(PACKAGE, "docs/policy.schema.json"), "utf8");
    assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(policySchema())));
  });

  test("takes every good policy: of the rules, of the guide, the complete example", () => {
    const guide = readFileSync(join(PACKAGE, "docs/policy.md"), "utf8");
    const texts = [
      readFileSync(join(PACKAGE, "test/policy/example.yaml"), "utf8"),
      ...[...guide.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = ""]) => text),
      ...[...RULES.values()].map(({ good }) => good),
    ];
    for (const text of texts) assert.deepEqual(flawsOf(text), [], text);
  });

  test("takes whatever policy there can be", () => {
    fc.assert(
      fc.property(model, (one) => {
        const text = fileOf(one);
        assert.deepEqual(flawsOf(text), [], text);
      }),
      { seed: 2020, numRuns: 300 },
    );
  });

  test("refuses what is wrong in shape, in the example of each such rule", () => {
    const shape = [...RULES.values()].filter(({ code }) => !UNSEEN.test(code));
    assert.deepEqual(
      shape.map(({ code }) => code),
      ["P201", "P202", "P203", "P204", "P205", "P206", "P214"],
    );
    for (const { code, bad } of shape) assert.equal(takes(bad), false, code);
  });

  test("takes every file of the corpus that loads", () => {
    let taken = 0;
    for (const [file, bytes] of corpus()) {
      if (loadPolicy(bytes, undefined, NOW_MS).policy === undefined) continue;
      assert.deepEqual(flawsOf(bytes), [], file);
      taken++;
    }
    assert.ok(taken > 40, `${taken} were taken`);
  });

  test("refuses every file of the corpus that does not load, but for what no schema can see", () => {
    const seen = { refused: 0, shape: 0 };
    const used = new Set<string>();
    for (const [file, bytes] of corpus()) {
      const { problems, policy } = loadPolicy(bytes, undefined, NOW_MS);
      if (policy !== undefined) continue;
      const codes = problems.filter(({ severity }) => severity === "error").map(({ code }) => code);
      if (codes.every((code) => SHAPE.test(code))) seen.shape++;
      if (flawsOf(bytes).length > 0) {
        seen.refused++;
        continue;
      }
      const [why] = BEYOND.find(([, which]) => which.test(file)) ?? [];
      assert.ok(why !== undefined, `${file} is taken, and nobody knows why`);
      // What is said to be unseen must be all that is wrong: not one error of shape may hide behind it.
      assert.ok(!codes.some((code) => SHAPE.test(code)), file);
      used.add(why);
    }
    assert.equal(used.size, BEYOND.length, "what is never met is no reason");
    assert.ok(seen.refused > 90 && seen.shape > 50, JSON.stringify(seen));
  });

  test("knows how many segments a pattern has, and which names are taken, as the parser does", () => {
    const long = "a".repeat(128);
    for (const [call, isGood] of [
      ["a.b.c.d.e.f.g.h", true],
      ["a.b.c.d.e.f.g.h.i", false],
      ["a.b.c.d.e.f.g.**", true],
      ["a.b.c.d.e.f.g.h.**", false],
      ["a.*.*.*.*.*.*.*", true],
      ["**", true],
      ["*", false],
      ["a.**.b", false],
      [long, true],
      [`${long}a`, false],
    ] as const)
      assertBoth(`policy: 1\ngrants:\n  g: {to: everyone, call: "${call}", args: none}\n`, isGood);
    for (const [args, isGood] of [
      ["{a: int}", true],
      ["{a?: int, 0: int, 12?: int, '*': any}", true],
      ["{'*?': int}", false],
      ["{then: int}", false],
      ["{then?: int}", false],
      ["{_a: int}", false],
      ["{01: int}", false],
      ["{a b: int}", false],
      ["{a: {map: {then: int}}}", false],
      ["{a: {map: {__proto__?: int}}}", false],
      ["{a: {map: {_a b: int, '': int, '*': int}}}", true],
      ["{a: {int: 5}}", false],
      ["{a: {int: ..}}", false],
      ["{a: {int: 5..}}", true],
      ["{a: {int: -0..5}}", true],
      ["{a: {int: 05..}}", false],
      ["{a: {number: ..1e3}}", true],
      ["{a: {number: 0.5..1.5}}", true],
      ["{a: {string: 0.5..1.5}}", false],
      ["{a: {bytes: -0..5}}", false],
    ] as const)
      assertBoth(`policy: 1\ngrants:\n  g: {to: everyone, call: f, args: ${args}}\n`, isGood);
    for (const [args, isGood] of [
      ["any", true],
      ["none", false],
      ["{a: int}", true],
      ["{'*': int}", false],
    ] as const)
      assertBoth(`policy: 1\nnever:\n  n: {call: f, args: ${args}}\n`, isGood);
    for (const [roles, isGood] of [
      ["{everyone: }", false],
      ["{everyon: }", true],
    ] as const)
      assertBoth(`policy: 1\nroles: ${roles}\n`, isGood);
  });

  test("refuses a limit, a key, a time and a range that are none, as far as they are texts of a form", () => {
    const grant = (more: string): string =>
      `policy: 1\ngrants:\n  g: {to: everyone, call: f, args: none${more}}\n`;
    assert.ok(takes(grant("")));
    for (const more of [
      ", limits: {rate: 6/fortnight}",
      ", limits: {}",
      ", limits: {concurrent: 0}",
      ", limits: {timeout: 10}",
      ", valid: {until: 2026-01-01}",
      ", from: [10.0.0.1]",
      ", via: [pigeon]",
      ", via: []",
    ])
      assert.equal(takes(grant(more)), false, more);
    assert.equal(takes("policy: 1\nidentities:\n  a: {keys: [ssh-rsa AAAA]}\n"), false);
    assert.equal(takes("policy: 1\ngrants:\n  g: {to: everyone, call: f, args: {a: {int: many}}}\n"), false);
  });
});
