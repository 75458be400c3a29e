import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { changesFindings, formatYaml } from "../../policy/lint/format.ts";
import { lintPolicy } from "../../policy/lint/lint.ts";
import { meaning } from "../../policy/lint/meaning.ts";
import { testPolicy } from "../../policy/load/load.ts";
import { PACKAGE } from "../support/daemon.ts";
import { NOW_MS } from "./support.ts";

/*
 * What authorization files of other programs became: sudoers, doas.conf, rootwrap filters, forced commands, polkit, D-Bus, NATS,
 * Teleport, Vault, Kubernetes, Cedar, gRPC, an MCP gateway, Redis. docs/coming-from.md shows some of them beside the originals.
 */
const FOLDER = join(PACKAGE, "test/policy/real");
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith(".yaml"));

describe("policies that other programs' files became", () => {
  test("are sixteen", () => assert.equal(FILES.length, 16));

  for (const file of FILES) {
    const bytes = readFileSync(join(FOLDER, file));

    test(`${file}: loads, and the linter finds nothing that is not suppressed with a reason`, () => {
      const { problems, policy } = lintPolicy(bytes, undefined, NOW_MS);
      assert.deepEqual(problems, []);
      assert.notEqual(policy, undefined);
    });

    test(`${file}: allows and denies what its tests say`, () => {
      const { results } = testPolicy(bytes, undefined, NOW_MS);
      assert.deepEqual(
        results.filter(({ outcome }) => outcome !== "passed").map(({ call, why }) => [call.text, why]),
        [],
      );
      assert.ok(results.some(({ expected }) => expected === "allow"));
      assert.ok(results.some(({ expected }) => expected === "deny"));
    });

    test(`${file}: formatted, it says the same, and formatted again it stays as it is`, () => {
      const once = formatYaml(bytes);
      if ("problems" in once) assert.fail("it is no YAML");
      assert.equal(changesFindings(bytes, once.text), false);
      const treeOf = (text: Uint8Array): string =>
        meaning(lintPolicy(text, undefined, NOW_MS).policy?.tree ?? assert.fail("it does not load"));
      const formatted = Buffer.from(once.text);
      assert.equal(treeOf(formatted), treeOf(bytes));
      assert.deepEqual(formatYaml(formatted), once);
    });
  }
});
