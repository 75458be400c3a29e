import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { inFolder } from "../support/temp-folder.ts";
import { parsed, rpcctl } from "./run-cli.ts";

const CLEAN = "policy: 1\n";
const FINDING = "policy: 1\nroles:\n  idle:\n";
const REFUSED = "policy: 1\nroles:\n  viewer:\ngrants:\n  g:\n    to: veiwer\n    call: add\n    args: any\n";

const lint = (text: string, ...words: string[]): ReturnType<typeof rpcctl> =>
  rpcctl(["policy", "lint", ...words, "-"], { input: text });

describe("rpcctl policy lint", () => {
  test("ends with 0 for a clean file, 1 for findings, 5 for what the daemon would refuse", async () => {
    assert.equal((await lint(CLEAN)).code, 0);
    assert.equal((await lint(FINDING)).code, 1);
    assert.equal((await lint(REFUSED)).code, 5);
    assert.equal((await lint("a: [\n")).code, 5);
    assert.equal((await lint("")).code, 5);
  });

  test("ends with 2 for wrong words, and with 6 for a file that cannot be read", async () => {
    for (const words of [
      [],
      ["--fromat", "json", "a"],
      ["--format", "xml", "a"],
      ["--severity", "P402", "a"],
      ["--severity", "P999=off", "a"],
      ["--severity", "P402=loud", "a"],
      ["--max-warnings", "-1", "a"],
      ["--fail-on", "never", "a"],
      ["--explain", "P999"],
    ]) {
      assert.equal((await rpcctl(["policy", "lint", ...words])).code, 2, words.join(" "));
    }
    assert.equal((await rpcctl(["policy", "lint", "--json", "--format", "short", "a"])).code, 2);
    assert.equal((await rpcctl(["policy"])).code, 2);
    assert.equal((await rpcctl(["policy", "lnit"])).code, 2);
    assert.equal((await rpcctl(["policy", "lint", "/nonexistent/policy.yaml"])).code, 6);
    assert.equal((await rpcctl(["policy", "lint", "/"])).code, 6);
  });

  test("prints each problem with its place, and the verdict, for people", () =>
    inFolder(async (folder) => {
      writeFileSync(join(folder, "policy.yaml"), REFUSED);
      const { out, err } = await rpcctl(["policy", "lint", "policy.yaml"], { cwd: folder });
      assert.match(out, /^error\[P301\]: .*veiwer/m);
      assert.match(out, /--> policy\.yaml:6:9$/m);
      assert.match(out, /did you mean 'viewer'\?/);
      assert.match(out, /the daemon would refuse this file\nthe rules about methods were skipped: .*\n$/);
      assert.equal(err, "");
    }));

  test("says of a clean file that it is", async () => {
    assert.equal(
      (await lint(CLEAN)).out,
      "no problems in -; rpcd --check, or --catalogue FILE, also holds it against the methods\n",
    );
  });

  test("prints a line for each problem with --format short", async () => {
    assert.match((await lint(REFUSED, "--format", "short")).out, /^-:6:9: E P301 .*\n/m);
    assert.match((await lint(FINDING, "--format=short")).out, /^-:3:3: W P304 .*\n$/);
    assert.equal((await lint(CLEAN, "--format", "short")).out, "");
  });

  test("prints one JSON object with --json and --format json, of a broken file too", async () => {
    for (const words of [["--json"], ["--format", "json"], ["--json", "--format=json"]]) {
      const { out } = await lint(FINDING, ...words);
      const { findings, file, loadable } = parsed(out);
      assert.deepEqual([file, loadable], ["-", true]);
      assert.deepEqual(findings, [
        {
          code: "P304",
          name: "unused-role",
          severity: "warning",
          line: 3,
          column: 3,
          endLine: 3,
          endColumn: 7,
          startByte: 19,
          endByte: 23,
          text: "role 'idle' is neither held by an identity nor named by a grant",
          hint: "remove it, or use it",
        },
      ]);
    }
    const broken = parsed((await lint("a: [\n", "--json")).out);
    assert.equal(broken["loadable"], false);
    assert.notDeepEqual(broken["findings"], []);
  });

  test("lets nothing of a hostile file, or of its name, reach the terminal", () =>
    inFolder(async (folder) => {
      const name = "p\u001b[31m\u009b.yaml";
      writeFileSync(join(folder, name), 'policy: 1\n"\u001b]52;c;x\u0007\u202e": 1\n');
      for (const format of ["human", "short", "json", "jsonl", "sarif", "github"]) {
        const { out, err } = await rpcctl(["policy", "lint", "--format", format, name], { cwd: folder });
        // oxlint-disable-next-line no-control-regex -- the control characters are what this is about
        assert.doesNotMatch(out + err, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/, format);
        assert.notEqual(out, "");
      }
    }));

  test("reads a file of severities of 64 KiB and one of methods of 32 MiB, and no larger ones", () =>
    inFolder(async (folder) => {
      writeFileSync(join(folder, "p.yaml"), FINDING);
      const methods = JSON.stringify({ methods: [], next: null });
      for (const [option, bytes, text] of [
        ["--severity-file", 64 * 1024, "P304=off\n"],
        ["--catalogue", 32 * 1024 * 1024, methods],
      ] as const) {
        const size = (length: number): void => writeFileSync(join(folder, "f"), text.padEnd(length));
        const run = (): ReturnType<typeof rpcctl> =>
          rpcctl(["policy", "lint", option, "f", "p.yaml"], { cwd: folder });
        size(bytes);
        const { code, err } = await run();
        assert.deepEqual([code, err], [option === "--catalogue" ? 1 : 0, ""], option);
        size(bytes + 1);
        const beyond = await run();
        assert.deepEqual([beyond.code, beyond.out], [2, ""], option);
        assert.ok(beyond.err.includes(`f: at most ${bytes} bytes were expected`), beyond.err);
      }
    }));

  test("says of a file beyond the size that is read that it is too large", async () => {
    const { code, out } = await lint(`policy: 1\n#${"x".repeat(8 * 1024 * 1024)}\n`, "--format", "short");
    assert.equal(code, 5);
    assert.match(out, / E P107 /);
  });
});
