import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { NODE_FLAGS, PACKAGE } from "./support/daemon.ts";

/** What an example's README shows of its run: the lines behind the `$`. */
function shownIn(name: string): string {
  const text = readFileSync(join(PACKAGE, "examples", name, "README.md"), "utf8");
  const [, output] = new RegExp(`\\$ node examples/${name}/main\\.mjs\n([^]*?)\`\`\``).exec(text) ?? [];
  return output ?? assert.fail(`the README of ${name} shows no run`);
}

function run(name: string, ...words: readonly string[]): { status: number | null; out: string; err: string } {
  const script = join(PACKAGE, "examples", name, "main.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [...NODE_FLAGS, script, ...words], {
    encoding: "utf8",
  });
  return { status, out: stdout, err: stderr };
}

describe("the examples", () => {
  for (const words of [[], ["tls"], ["memory"]]) {
    test(`the recipe runs as its README says${words.length === 0 ? "" : `, over ${words[0]}`}`, () => {
      assert.deepEqual(run("recipe", ...words), { status: 0, out: shownIn("recipe"), err: "" });
    });
  }

  test("the file of the client is iterated, and its function called, as the README says", () => {
    const { status, out, err } = run("live-file");
    assert.deepEqual({ status, out, err }, { status: 0, out: shownIn("live-file"), err: "" });
    assert.equal(out.split("\n").filter((line) => line.startsWith("Noisy: ")).length, 5);
    assert.match(out, /\nThe number of lines in the file was 5\n$/);
  });
});
