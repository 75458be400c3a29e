import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadPolicy } from "../../policy/index.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const PAGE = readFileSync(join(ROOT, "docs/policy.md"), "utf8");

describe("docs/policy.md", () => {
  test("its policies load without a problem", () => {
    const examples = [...PAGE.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = ""]) => text);
    assert.equal(examples.length >= 3, true);
    for (const text of examples) assert.deepEqual(loadPolicy(Buffer.from(text)).problems, [], text);
  });

  test("lists the codes that the code has, and no other", () => {
    const listed = [...PAGE.matchAll(/^\| (P\d{3})/gm)].map(([, code]) => code);
    const used = new Set(
      readdirSync(join(ROOT, "policy")).flatMap((file) =>
        [...readFileSync(join(ROOT, "policy", file), "utf8").matchAll(/"(P\d{3})"/g)].map(([, code]) => code),
      ),
    );
    assert.deepEqual(new Set(listed), used);
    assert.equal(listed.length, used.size);
  });
});
