import assert from "node:assert/strict";
import { chmodSync, chownSync, lchownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { checkFolders } from "../../files/check-folders.ts";
import type { FileProblem } from "../../files/file-problem.ts";
import { NOBODY, NOT_ROOT } from "../certs/support.ts";
import { inFolder } from "../support/temp-folder.ts";

/** A folder of this mode, whatever the umask. */
function make(path: string, mode = 0o755): string {
  mkdirSync(path);
  chmodSync(path, mode);
  return path;
}

function assertProblem(found: FileProblem | undefined, kind: string, message: RegExp, mend?: string): void {
  assert.equal(found?.kind, kind);
  assert.match(found.message, message);
  if (mend !== undefined) assert.equal(found.mend, mend);
}

describe("checkFolders", () => {
  test("passes folders in which only root or we may write, and the root itself", () =>
    inFolder((folder) => {
      assert.equal(checkFolders(join(make(join(folder, "a")), "file")), undefined);
      assert.equal(checkFolders("/"), undefined);
      assert.equal(checkFolders("/file"), undefined);
    }));

  test("does not look at the last name of the path", () =>
    inFolder((folder) => {
      assert.equal(checkFolders(join(folder, "missing")), undefined);
      assert.equal(checkFolders(make(join(folder, "open"), 0o777)), undefined);
    }));

  test("finds a folder that others may write, also far above the file", () =>
    inFolder((folder) => {
      const open = make(join(folder, "open"), 0o775);
      make(join(open, "a"));
      make(join(open, "a", "b"));
      const found = checkFolders(join(open, "a", "b", "file"));
      assertProblem(found, "unsafe", /open: the folder has mode 0775/, `chmod go-w ${open}`);
    }));

  test("passes a sticky folder of root", { skip: NOT_ROOT }, () =>
    inFolder((folder) => {
      assert.equal(checkFolders(join(make(join(folder, "sticky"), 0o1777), "file")), undefined);
    }),
  );

  test("finds a folder of another user, sticky or not", { skip: NOT_ROOT }, () =>
    inFolder((folder) => {
      const theirs = make(join(folder, "theirs"), 0o1777);
      chownSync(theirs, NOBODY, NOBODY);
      const file = join(theirs, "file");
      assertProblem(checkFolders(file), "unsafe", /belongs to user 65534/, `chown 0 ${theirs}`);
      // A named owner is trusted with the folder, not with what others put into it.
      assertProblem(checkFolders(file, [NOBODY]), "unsafe", /mode 1777/);
      chmodSync(theirs, 0o755);
      assert.equal(checkFolders(file, [NOBODY]), undefined);
    }),
  );

  test("finds a link of another user in a sticky folder", { skip: NOT_ROOT }, () =>
    inFolder((folder) => {
      make(join(folder, "good"));
      const sticky = make(join(folder, "sticky"), 0o1777);
      const link = join(sticky, "link");
      symlinkSync("../good", link);
      assert.equal(checkFolders(join(link, "file")), undefined);
      lchownSync(link, NOBODY, NOBODY);
      assertProblem(checkFolders(join(link, "file")), "unsafe", /the link belongs to/, `chown -h 0 ${link}`);
    }),
  );

  test("looks at the folders to which a link leads", () =>
    inFolder((folder) => {
      const open = make(join(folder, "open"), 0o777);
      make(join(open, "inner"));
      symlinkSync(join(open, "inner"), join(folder, "absolute"));
      symlinkSync("open/inner", join(folder, "relative"));
      for (const name of ["absolute", "relative"]) {
        assertProblem(checkFolders(join(folder, name, "file")), "unsafe", /open: the folder has mode 0777/);
      }
    }));

  test("goes up behind a link as the kernel does: from where the link leads", () =>
    inFolder((folder) => {
      const open = make(join(folder, "open"), 0o777);
      make(join(open, "inner"));
      make(join(folder, "good"));
      symlinkSync("../open/inner", join(folder, "good", "link"));
      // Folded as text this is good/file.
      assertProblem(checkFolders(`${folder}/good/link/../file`), "unsafe", /open: the folder has mode 0777/);
    }));

  test("stops at links that lead in a circle", () =>
    inFolder((folder) => {
      symlinkSync("b", join(folder, "a"));
      symlinkSync("a", join(folder, "b"));
      assertProblem(checkFolders(join(folder, "a", "file")), "unreadable", /more than 40 links/);
    }));

  test("says when a folder is missing or is no folder", () =>
    inFolder((folder) => {
      assertProblem(checkFolders(join(folder, "gone", "file")), "not_found", /there is no such folder/);
      writeFileSync(join(folder, "file"), "");
      assertProblem(checkFolders(join(folder, "file", "file")), "unreadable", /a folder was expected here/);
    }));

  test("looks at a relative path from the current folder", () =>
    inFolder((folder) => {
      const before = process.cwd();
      const open = make(join(folder, "open"), 0o777);
      try {
        process.chdir(open);
        assertProblem(checkFolders("file"), "unsafe", /open: the folder has mode 0777/);
        chmodSync(open, 0o700);
        assert.equal(checkFolders("./file"), undefined);
      } finally {
        process.chdir(before);
      }
    }));

  test("gives commands that fit a path with spaces, quotes and a dash", () =>
    inFolder((folder) => {
      const open = make(join(folder, "it's open"), 0o777);
      const found = checkFolders(join(open, "file"));
      assertProblem(found, "unsafe", /mode 0777/, `chmod go-w '${folder}/it'\\''s open'`);
    }));
});
