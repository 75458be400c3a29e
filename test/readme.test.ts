import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { PACKAGE } from "./support/daemon.ts";
import { tempFolder } from "./support/temp-folder.ts";

const README = readFileSync(join(PACKAGE, "README.md"), "utf8");

/** The code blocks of one section, in their order. */
function blocks(section: string, language: string): string[] {
  const [, text = ""] = README.split(`## ${section}\n`);
  const [own = ""] = text.split("\n## ");
  return [...own.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))].map(
    ([, code = ""]) => code,
  );
}

describe("the README", () => {
  test("its first method in five minutes works word for word", () => {
    const { path, remove } = tempFolder();
    const first = join(path, "first");
    try {
      const shell = blocks("Your first own method in five minutes", "sh");
      assert.equal(shell.length >= 6, true, "the section has its commands");
      // Only two words differ from the page: the folder, so that tests do not meet, and the build, which is done.
      const script = shell.join("\n").replace("npm run build\n", "").replaceAll("/tmp/first", first);
      const calls = `${script}\nwait %1\necho "ended with $?"\n`;
      const { status, stdout, stderr } = spawnSync("bash", ["-c", `set -e\n${calls}`], {
        cwd: PACKAGE,
        encoding: "utf8",
        env: { PATH: process.env["PATH"], HOME: path },
        timeout: 300_000,
      });
      const seen = `${stdout}\n--- stderr\n${stderr}`;
      assert.equal(status, 0, seen);
      assert.match(stdout, /is good: 4 methods and 13 of/, seen);
      assert.match(stdout, /^clock\.later .*Says what time it will be/m, seen);
      assert.equal(
        stdout.match(/^\d\d:\d\d$/gm)?.length,
        4,
        `three calls and the program print a time: ${seen}`,
      );
      assert.match(stdout, /grant 'time' wants minutes to be int 0\.\.120, and 600 came/, seen);
      assert.match(stderr, /^denied: clock\.later/m, seen);
      assert.match(stderr, /there is no time zone Mars\/Olympus/, seen);
      assert.match(stdout, /ended with 0/, seen);
    } finally {
      remove();
    }
  });

  test("the demo ends with 0, having printed 5 and the denied call's fault", () => {
    const { status, stdout } = spawnSync(process.execPath, [join(PACKAGE, "examples/demo.mjs"), "--once"], {
      encoding: "utf8",
      timeout: 60_000,
    });
    assert.equal(status, 0, stdout);
    assert.match(stdout, /\$ rpcctl call add 2 3\n5\n/);
    assert.match(stdout, /\$ rpcctl call erase\ndenied: erase \(request /);
    assert.match(stdout, /"code":"permission_denied"/);
  });

  test("Ctrl-C, which a terminal sends to the whole group, ends the demo in order", async () => {
    const child = spawn(process.execPath, [join(PACKAGE, "examples/demo.mjs")], {
      detached: true,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exit = once(child, "exit");
    await new Promise<void>((resolve) => {
      child.stdout.on("data", (chunk) => {
        if (String(chunk).includes("Ctrl-C ends the demo.")) resolve();
      });
    });
    process.kill(-(child.pid ?? assert.fail("no process")), "SIGINT");
    assert.deepEqual(await exit, [0, null]);
  });

  test("every page that it names is there", () => {
    const pages = [...README.matchAll(/\]\(([^)#]+)\)/g)].map(([, page = ""]) => page);
    assert.equal(pages.length > 5, true);
    for (const page of pages) assert.doesNotThrow(() => readFileSync(join(PACKAGE, page)), page);
  });
});
