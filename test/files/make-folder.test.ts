import assert from "node:assert/strict";
import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { makeFolder } from "../../files/make-folder.ts";
import { tempFolder } from "../support/temp-folder.ts";

describe("makeFolder", () => {
  test("makes what is missing for this user alone, and leaves what is there", () => {
    const { path, remove } = tempFolder();
    chmodSync(path, 0o755);
    makeFolder(join(path, "a/b/c"));
    makeFolder(join(path, "a/b/c"));
    const modes = ["", "a", "a/b", "a/b/c"].map((name) => statSync(join(path, name)).mode & 0o777);
    assert.deepEqual(modes, [0o755, 0o700, 0o700, 0o700]);
    mkdirSync(join(path, "real"));
    symlinkSync("real", join(path, "link"));
    makeFolder(join(path, "link/d"));
    assert.equal(statSync(join(path, "real/d")).isDirectory(), true);
    remove();
  });

  test("says what it cannot make, also where the file system denies that the folder above is there", () => {
    const { path, remove } = tempFolder();
    writeFileSync(join(path, "file"), "");
    for (const folder of [
      join(path, "file"),
      join(path, "file/x"),
      "/proc/none",
      join(path, "x".repeat(300)),
    ])
      assert.throws(() => makeFolder(folder), { name: "FileProblem", kind: "unwritable" }, folder);
    remove();
  });
});
