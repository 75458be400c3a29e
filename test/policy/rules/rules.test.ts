import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lintPolicy } from "../../../policy/lint/lint.ts";
import { RULES } from "../../../policy/rules/rules.ts";
import { sourcesOf } from "../../support/sources.ts";
import { EXAMPLE_METHODS, NOW_MS } from "../support.ts";

describe("the rules of the linter", () => {
  for (const { code, name, severity, bad, good, needsMethods, suppress } of RULES.values()) {
    const found = (text: string): readonly { readonly code: string; readonly severity: string }[] =>
      lintPolicy(Buffer.from(text), needsMethods === true ? EXAMPLE_METHODS : undefined, NOW_MS).problems;

    test(`${code} ${name} is reported in its example, and not in the nearest twin`, () => {
      const [own] = found(bad).filter((problem) => problem.code === code);
      assert.ok(own !== undefined, `not found in:\n${bad}\n${JSON.stringify(found(bad))}`);
      // P109 is a warning for a form, an error for a value; P510 an error for what was promised.
      assert.ok(own.severity === severity || code === "P109", own.severity);
      assert.deepEqual(
        found(good).filter((problem) => problem.code === code || problem.severity === "error"),
        [],
        good,
      );
    });

    if (severity === "error" && code !== "P109" && code !== "P510")
      test(`${code} is an error, which nothing lets be`, () => assert.equal(suppress, undefined));
    else
      test(`${code} says when it may be let be`, () => assert.ok(suppress !== undefined || code === "P702"));
  }

  test("are the codes that the source reports, no more and no less", () => {
    const used = new Set(
      [...sourcesOf("policy", "rules"), ...sourcesOf("yaml")].flatMap((text) =>
        [...text.matchAll(/"(P\d{3})"/g)].map(([, code]) => code ?? ""),
      ),
    );
    assert.deepEqual([...RULES.keys()], [...used].toSorted());
  });

  test("have names of their own, in the order of their codes", () => {
    const names = [...RULES.values()].map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.match(name, /^[a-z]+(?:-[a-z]+)*$/);
  });
});
