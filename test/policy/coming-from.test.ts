import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { lintPolicy } from "../../policy/lint/lint.ts";
import { testPolicy } from "../../policy/load/load.ts";
import { PACKAGE } from "../support/daemon.ts";
import { inFolder } from "../support/temp-folder.ts";
import { NOW_MS } from "./support.ts";

const PAGE = readFileSync(join(PACKAGE, "docs/coming-from.md"), "utf8");

/** The parts of the page by their titles. */
const PARTS = new Map(
  PAGE.split(/^## /m)
    .slice(1)
    .map((part) => [part.slice(0, part.indexOf("\n")), part]),
);

const blocks = (part: string, language: string): readonly string[] =>
  [...part.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, text = ""]) => text);

describe("docs/coming-from.md", () => {
  test("is about six programs", () =>
    assert.deepEqual(
      [...PARTS.keys()],
      ["sudoers", "Forced commands of authorized_keys", "polkit", "NATS", "Vault", "Kubernetes RBAC"],
    ));

  for (const [title, part] of PARTS)
    describe(title, () => {
      test("shows the original, a policy, what that cannot say, and what the original let through", () => {
        assert.ok(blocks(part, "text").length > 0);
        assert.equal(blocks(part, "yaml").length, 1);
        assert.match(part, /^- \*\*Cannot be said\*\*: /m);
        assert.match(part, /^- \*\*Let through\*\*: /m);
      });

      test("its policy loads, the linter finds nothing, and its tests pass, of which some allow and some deny", () => {
        const [text = ""] = blocks(part, "yaml");
        assert.deepEqual(lintPolicy(Buffer.from(text), undefined, NOW_MS).problems, []);
        const { results } = testPolicy(Buffer.from(text), undefined, NOW_MS);
        assert.deepEqual(
          results.filter(({ outcome }) => outcome !== "passed").map(({ call, why }) => [call.text, why]),
          [],
        );
        for (const expected of ["allow", "deny"]) assert.ok(results.some((one) => one.expected === expected));
      });
    });

  test("the wrapper of a forced command runs a second command, as the page says", () =>
    inFolder((folder) => {
      const [, wrapper = ""] = blocks(PARTS.get("Forced commands of authorized_keys") ?? "", "text");
      const path = join(folder, "wrapper");
      writeFileSync(path, wrapper, { mode: 0o700 });
      const run = (command: string): ReturnType<typeof spawnSync> =>
        spawnSync("/bin/sh", [path], { env: { PATH: "/usr/bin:/bin", SSH_ORIGINAL_COMMAND: command } });
      const { status, stdout } = run("mysqldump; echo and anything else");
      assert.deepEqual([status, String(stdout)], [0, "and anything else\n"]);
      assert.equal(run("id").status, 1);
    }));
});
