import assert from "node:assert/strict";
import fs, { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { describe, mock, test } from "node:test";
import { removeFile, writeFileAtomically } from "../../files/write-file.ts";
import { problem } from "../certs/support.ts";
import { inFolder } from "../support/temp-folder.ts";

const NEW = { replace: false };
const REPLACE = { replace: true };
const bytes = Buffer.from("new");

type Step = "fsyncSync" | "writeSync" | "fchmodSync" | "renameSync" | "linkSync" | "unlinkSync";

/** Calls while call number `at` (from 0) of one step fails as on a broken disk. */
function failing<T>(step: Step, at: number, call: () => T): T {
  const real: (...args: never[]) => unknown = fs[step].bind(fs);
  let calls = 0;
  const mocked = mock.method(fs, step, (...args: never[]) => {
    if (calls++ === at) throw Object.assign(new Error("broken"), { code: "EIO" });
    return real(...args);
  });
  syncBuiltinESMExports();
  try {
    return call();
  } finally {
    mocked.mock.restore();
    syncBuiltinESMExports();
  }
}

describe("writeFileAtomically", () => {
  test("makes a new file with all of its bytes and nothing beside it", () =>
    inFolder((folder) => {
      for (const options of [NEW, REPLACE]) {
        const path = join(folder, `new-${options.replace}`);
        writeFileAtomically(path, bytes, 0o600, options);
        assert.equal(readFileSync(path, "utf8"), "new");
      }
      assert.deepEqual(readdirSync(folder).toSorted(), ["new-false", "new-true"]);
    }));

  test("gives the mode that was asked for, whatever the umask", () =>
    inFolder((folder) => {
      for (const umask of [0o000, 0o022, 0o077, 0o777]) {
        const before = process.umask(umask);
        try {
          for (const mode of [0o600, 0o644, 0o640]) {
            writeFileAtomically(join(folder, "file"), bytes, mode, REPLACE);
            assert.equal(statSync(join(folder, "file")).mode & 0o7777, mode);
          }
        } finally {
          process.umask(before);
        }
      }
    }));

  test("keeps a file that is there already, unless it is to be replaced", () =>
    inFolder((folder) => {
      const path = join(folder, "file");
      writeFileSync(path, "old");
      const wanted = problem("exists", /it was not touched/);
      assert.throws(() => writeFileAtomically(path, bytes, 0o600, NEW), wanted);
      assert.equal(readFileSync(path, "utf8"), "old");
      assert.deepEqual(readdirSync(folder), ["file"]);
      writeFileAtomically(path, bytes, 0o600, REPLACE);
      assert.equal(readFileSync(path, "utf8"), "new");
    }));

  test("never writes through a link: it stays, or is itself replaced", () =>
    inFolder((folder) => {
      const path = join(folder, "link");
      writeFileSync(join(folder, "target"), "old");
      symlinkSync("target", path);
      assert.throws(() => writeFileAtomically(path, bytes, 0o600, NEW), problem("exists", /already/));
      writeFileAtomically(path, bytes, 0o600, REPLACE);
      assert.equal(readFileSync(join(folder, "target"), "utf8"), "old");
      assert.equal(readFileSync(path, "utf8"), "new");
    }));

  test("leaves nothing behind and the old file as it was, whichever step fails", () =>
    inFolder((folder) => {
      const path = join(folder, "file");
      const wanted = problem("unwritable", /writing failed \(EIO\)$/);
      const steps: [Step, number, typeof NEW][] = [
        ["writeSync", 0, NEW],
        ["fchmodSync", 0, NEW],
        ["fsyncSync", 0, NEW],
        ["linkSync", 0, NEW],
        ["unlinkSync", 0, NEW],
        // The second fsync is that of the folder.
        ["fsyncSync", 1, NEW],
      ];
      for (const [step, at, options] of steps) {
        const write = (): void => writeFileAtomically(path, bytes, 0o600, options);
        assert.throws(() => failing(step, at, write), wanted, step);
        assert.deepEqual(readdirSync(folder), [], step);
      }
      writeFileSync(path, "old");
      for (const step of ["writeSync", "fchmodSync", "fsyncSync", "renameSync"] as const) {
        const write = (): void => writeFileAtomically(path, bytes, 0o600, REPLACE);
        assert.throws(() => failing(step, 0, write), wanted, step);
        assert.deepEqual(readdirSync(folder), ["file"], step);
        assert.equal(readFileSync(path, "utf8"), "old", step);
      }
    }));

  test("refuses a folder that is not there, and a folder in the place of the file", () =>
    inFolder((folder) => {
      const missing = join(folder, "gone", "file");
      assert.throws(
        () => writeFileAtomically(missing, bytes, 0o600, NEW),
        problem("not_found", /no such folder/),
      );
      const path = join(folder, "folder");
      mkdirSync(path);
      assert.throws(() => writeFileAtomically(path, bytes, 0o600, REPLACE), problem("unwritable", /EISDIR/));
      assert.throws(() => writeFileAtomically(path, bytes, 0o600, NEW), problem("exists", /already/));
      assert.deepEqual(readdirSync(folder), ["folder"]);
    }));

  test("writes all bytes when the disk takes them piece by piece", () =>
    inFolder((folder) => {
      const real = fs.writeSync.bind(fs);
      const mocked = mock.method(fs, "writeSync", (fd: number, all: Uint8Array, at: number) =>
        real(fd, all, at, 1),
      );
      syncBuiltinESMExports();
      try {
        writeFileAtomically(join(folder, "file"), bytes, 0o600, NEW);
      } finally {
        mocked.mock.restore();
        syncBuiltinESMExports();
      }
      assert.equal(readFileSync(join(folder, "file"), "utf8"), "new");
    }));
});

describe("removeFile", () => {
  test("removes a file, and says when there is none", () =>
    inFolder((folder) => {
      const path = join(folder, "file");
      writeFileSync(path, "old");
      removeFile(path);
      assert.deepEqual(readdirSync(folder), []);
      assert.throws(() => removeFile(path), problem("not_found", /no such/));
    }));
});
