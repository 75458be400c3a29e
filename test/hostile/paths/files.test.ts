import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { rpcctl } from "../../cli/run-cli.ts";
import { tempFolder } from "../../support/temp-folder.ts";

describe("74: YAML that takes other parsers down", () => {
  test("is refused before anything is composed, also one file after another", async () => {
    const { path, remove } = tempFolder();
    const texts = {
      brackets: "[".repeat(5_000),
      dashes: "- ".repeat(500_000),
      braces: "{a: ".repeat(100_000),
      "question marks": "? ".repeat(100_000),
      anchors: `a: &a [1]\n${Array.from({ length: 30 }, (_one, i) => `b${i}: &b${i} [*a, *a]\n`).join("")}`,
    };
    for (const [name, text] of Object.entries(texts)) {
      const file = join(path, "policy.yaml");
      writeFileSync(file, text, { mode: 0o600 });
      const { code, err, out } = await rpcctl(["policy", "lint", file], { env: { HOME: path } });
      assert.equal(code, 5, `${name}: ${err}`);
      assert.match(out + err, /P10[1-7]/, name);
    }
    remove();
  });
});
