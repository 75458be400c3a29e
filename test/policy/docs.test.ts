import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { addressOf, explain, explainAnswer, loadPolicy, parseCall } from "../../policy/index.ts";
import { lintPage } from "../../policy/lint/page.ts";
import { sourcesOf } from "../support/sources.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const PAGE = readFileSync(join(ROOT, "docs/policy.md"), "utf8");

describe("docs/policy.md", () => {
  test("its policies load without a problem", () => {
    const examples = [...PAGE.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = ""]) => text);
    assert.equal(examples.length >= 3, true);
    for (const text of examples) assert.deepEqual(loadPolicy(Buffer.from(text)).problems, [], text);
  });

  test("lists for each kind of thing the fields that the code reads, in the same order, and no other", () => {
    const told = new Map(
      [...PAGE.matchAll(/^\| (an? [a-z ]+) \| ((?:`[a-z]+` ?)+)\|$/gm)].map(([, of = "", fields = ""]) => [
        of,
        [...fields.matchAll(/`([a-z]+)`/g)].map(([, field]) => field),
      ]),
    );
    const read = new Map(
      sourcesOf("policy").flatMap((text) =>
        [...text.matchAll(/of: "(an? [a-z ]+)",\s+known: \[([a-z", \n]+)\]/g)].map(
          ([, of = "", known = ""]): [string, (string | undefined)[]] => [
            of,
            [...known.matchAll(/"([a-z]+)"/g)].map(([, field]) => field),
          ],
        ),
      ),
    );
    assert.ok(read.size >= 14, "the places where fields are read were found");
    assert.deepEqual(told, new Map([...told.keys()].map((of) => [of, read.get(of)])));
    assert.equal(told.size, read.size);
  });

  test("lists the reasons of a decision, and every constraint", () => {
    const source = (file: string): string => readFileSync(join(ROOT, "policy", file), "utf8");
    const [, union = ""] = /^type Reason =(.*?);/ms.exec(source("explain/explain.ts")) ?? [];
    const reasons = [...union.matchAll(/"([a-z_]+)"/g)].map(([, reason]) => reason);
    assert.ok(reasons.length >= 8);
    for (const reason of reasons) assert.match(PAGE, new RegExp(`^\\| \`${reason}\` \\|`, "m"), reason);
    const [, keywords = ""] = /^const KEYWORDS =\s+"([a-z ]+)"/m.exec(source("syntax/constraint.ts")) ?? [];
    assert.ok(keywords.split(" ").length >= 13);
    for (const word of keywords.split(" ")) assert.match(PAGE, new RegExp(`^\\|.*\`\\{${word}: `, "m"), word);
  });

  test("what it shows of an explanation is what rpcctl prints of the policy above", () => {
    const [text = "", ...others] = [...PAGE.matchAll(/^```yaml\n(.*?)^```/gms)]
      .map(([, example = ""]) => example)
      .filter((example) => example.includes("limits:"));
    assert.equal(others.length, 0);
    const { policy } = loadPolicy(Buffer.from(text));
    const principal = policy?.identity("ci-runner") ?? assert.fail("the policy does not load");
    const [, shown = ""] = /^\$ rpcctl policy explain.*?\n(.*?)^```/ms.exec(PAGE) ?? [];
    const peer = { via: "tls", address: addressOf("10.20.3.4"), text: "10.20.3.4" } as const;
    const record = explain(
      policy ?? assert.fail(),
      parseCall('service.deploy(unit="db", version="v1")'),
      { principal, peer, nowMs: Date.UTC(2026, 5, 1), bytes: 0 },
      undefined,
    );
    assert.equal(`${explainAnswer(record).lines.join("\n")}\n`, shown);
  });
});

describe("docs/lint.md", () => {
  test("is what the table of the rules makes", () => {
    assert.equal(readFileSync(join(ROOT, "docs/lint.md"), "utf8"), lintPage());
  });
});
