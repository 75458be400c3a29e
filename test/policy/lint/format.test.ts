import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { formatYaml } from "../../../policy/lint/format.ts";
import { meaning } from "../../../policy/lint/meaning.ts";
import { loadPolicy } from "../../../policy/load/load.ts";
import { RULES } from "../../../policy/rules/rules.ts";
import { PACKAGE } from "../../support/daemon.ts";
import { fileOf, model } from "../decide/models.ts";
import { NOW_MS } from "../support.ts";

const format = (text: string): string => {
  const found = formatYaml(Buffer.from(text));
  return "text" in found ? found.text : assert.fail(JSON.stringify(found.problems));
};

const meaningOf = (text: string): string =>
  meaning(loadPolicy(Buffer.from(text), undefined, NOW_MS).policy?.tree ?? assert.fail(text));

describe("formatYaml", () => {
  test("writes what everybody writes: comments are kept, brackets stay brackets, positions need no quotes", () => {
    assert.equal(
      format(
        "# a\npolicy:   1\nroles: {  a:   , b: {includes:   [ a ]}  } # b\n\n\ngrants:\n   g:  { to: a, call: 'x', args: {0:   int} } # c\n",
      ),
      "# a\npolicy: 1\nroles: {a:, b: {includes: [a]}} # b\n\ngrants:\n  g: {to: a, call: 'x', args: {0: int}} # c\n",
    );
  });

  test("changes nothing of the complete example, of the examples of the rules and of the guide, and nothing twice", () => {
    const guide = readFileSync(join(PACKAGE, "docs/policy.md"), "utf8");
    const texts = [
      readFileSync(join(PACKAGE, "test/policy/example.yaml"), "utf8"),
      ...[...guide.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = ""]) => text),
      ...[...RULES.values()].map(({ good }) => good),
    ];
    assert.ok(texts.length > 50);
    for (const text of texts) {
      const once = format(text);
      assert.equal(format(once), once);
      assert.equal(meaningOf(once), meaningOf(text));
    }
  });

  test("changes nothing of what any policy says", () => {
    fc.assert(
      fc.property(model, (one) => {
        const text = fileOf(one);
        assert.equal(meaningOf(format(text)), meaningOf(text));
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  test("says of what is no text of a policy what is wrong, and formats nothing", () => {
    for (const code of ["P101", "P103", "P104", "P105", "P106"]) {
      const found = formatYaml(Buffer.from(RULES.get(code)?.bad ?? ""));
      assert.ok("problems" in found && found.problems.some((problem) => problem.code === code), code);
    }
  });
});
