import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { withFileLock } from "../../files/file-lock.ts";
import { inFolder } from "../support/temp-folder.ts";

/** Another process that adds one to the number in a file, so often. */
const ADDER = `
import { readFileSync, writeFileSync } from "node:fs";
import { withFileLock } from ${JSON.stringify(new URL("../../files/file-lock.js", import.meta.url).href)};
const [path, times] = process.argv.slice(-2);
for (let i = 0; i < Number(times); i++)
  withFileLock(path, () => writeFileSync(path, String(Number(readFileSync(path, "utf8")) + 1)));
`;

const lockText = (lock: string): string => readFileSync(lock, "latin1");

describe("withFileLock", () => {
  test("lets one process at a time do its work, and leaves nothing behind", () =>
    inFolder(async (folder) => {
      const path = join(folder, "count");
      writeFileSync(path, "0");
      const adders = Array.from({ length: 4 }, () =>
        spawn(process.execPath, ["--input-type=module", "-e", ADDER, path, "50"], { stdio: "inherit" }),
      );
      for (const ended of await Promise.all(adders.map((adder) => once(adder, "exit"))))
        assert.deepEqual(ended, [0, null]);
      assert.equal(readFileSync(path, "utf8"), "200");
      assert.deepEqual(readdirSync(folder), ["count"]);
    }));

  test("gives back what the work gives, and gives up the lock when the work throws", () =>
    inFolder((folder) => {
      const path = join(folder, "f");
      assert.equal(
        withFileLock(path, () => existsSync(`${path}.lock`)),
        true,
      );
      assert.throws(() => withFileLock(path, () => assert.fail("mine")), /mine/);
      assert.deepEqual(readdirSync(folder), []);
    }));

  test("takes away the lock of a process that was killed, and of one before the machine was started again", () =>
    inFolder((folder) => {
      const path = join(folder, "f");
      const kill = `${ADDER.replace(/for \(let i[^]*/, "")}withFileLock(path, () => process.kill(process.pid, "SIGKILL"));`;
      const { signal } = spawnSync(process.execPath, ["--input-type=module", "-e", kill, path, "1"]);
      assert.equal(signal, "SIGKILL");
      assert.ok(existsSync(`${path}.lock`));
      assert.equal(
        withFileLock(path, () => "mine"),
        "mine",
      );
      const text = withFileLock(path, () => lockText(`${path}.lock`));
      writeFileSync(
        `${path}.lock`,
        text.replace(/ [0-9a-f-]{36} /, " 00000000-0000-0000-0000-000000000000 "),
      );
      assert.equal(
        withFileLock(path, () => "mine"),
        "mine",
      );
      assert.deepEqual(readdirSync(folder), []);
    }));

  test("says which lock cannot be made", () => {
    assert.throws(() => withFileLock("/nonexistent/f", () => undefined), {
      kind: "unwritable",
      message: /^\/nonexistent\/f\.lock: the lock cannot be made \(ENOENT\)$/,
    });
  });
});
