import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Validator } from "@cfworker/json-schema";
import * as fc from "fast-check";
import { policySchema } from "../../policy/json-schema.ts";
import { RULES } from "../../policy/rules.ts";
import { readYaml } from "../../policy/yaml.ts";
import type { YamlNode } from "../../policy/yaml-tree.ts";
import { PACKAGE } from "../support/daemon.ts";
import { fileOf, model } from "./models.ts";

// It makes no code: the tests run as the programs do, where none can be made of texts.
const validator = new Validator(policySchema(), "2020-12");

/** What a schema sees of a file: plain data, with null where nothing is written. */
function dataOf(node: YamlNode | undefined): unknown {
  if (node === undefined) return null;
  if (node.kind === "scalar") return node.value ?? null;
  if (node.kind === "list") return node.items.map(dataOf);
  return Object.fromEntries([...node.entries.values()].map(({ key, value }) => [key, dataOf(value)]));
}

const flawsOf = (text: string): readonly string[] =>
  validator
    .validate(dataOf(readYaml(Buffer.from(text)).root))
    .errors.map(({ error, instanceLocation }) => `${instanceLocation}: ${error}`);
const takes = (text: string): boolean => flawsOf(text).length === 0;

/** What is only seen by who knows what the names mean, or how the text was written. */
const UNSEEN = /^P(?:10[1-9]|209|21[0-3]|207|208|3|4|5|6|7)/;

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
      ["P201", "P202", "P203", "P204", "P205", "P206"],
    );
    for (const { code, bad } of shape) assert.equal(takes(bad), false, code);
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
