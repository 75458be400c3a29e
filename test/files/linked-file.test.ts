import assert from "node:assert/strict";
import fs, {
  chmodSync,
  lchownSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { describe, mock, test } from "node:test";
import { readTrustedFile } from "../../files/secure-file.ts";
import { NOBODY, NOT_ROOT, problem } from "../certs/support.ts";
import { inFolder } from "../support/temp-folder.ts";

const LINKED = { what: "a policy", maxBytes: 64, secret: false, mayBeLink: true };

const read = (path: string): string => readTrustedFile(path, LINKED).toString();

/** A folder of this mode, whatever the umask. */
function folderAt(path: string, mode = 0o755): string {
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode);
  return path;
}

function fileAt(path: string, content: string): string {
  writeFileSync(path, content, { mode: 0o644 });
  return path;
}

/** As an orchestrator lays out files that it will replace all at once: `policy.yaml → ..data/policy.yaml`, `..data → ..1`. */
function projected(folder: string, content: string): string {
  fileAt(join(folderAt(join(folder, "..1")), "policy.yaml"), content);
  symlinkSync("..1", join(folder, "..data"));
  symlinkSync("..data/policy.yaml", join(folder, "policy.yaml"));
  return join(folder, "policy.yaml");
}

/** Switches `..data` to another version, as is done: a new link takes the place of the old one, and what that led to goes. */
function switchTo(folder: string, version: string, content: string, old: string): void {
  fileAt(join(folderAt(join(folder, version)), "policy.yaml"), content);
  symlinkSync(version, join(folder, "..new"));
  renameSync(join(folder, "..new"), join(folder, "..data"));
  rmSync(join(folder, old), { recursive: true });
}

/** Calls while something happens each time that a descriptor is looked at for the first time. */
function afterOpening<T>(happens: (times: number) => void, call: () => T): T {
  const real = fs.openSync.bind(fs);
  let times = 0;
  // What happens opens files too.
  let isBusy = false;
  const mocked = mock.method(fs, "openSync", (...words: Parameters<typeof fs.openSync>) => {
    const fd = real(...words);
    if (isBusy) return fd;
    isBusy = true;
    happens(++times);
    isBusy = false;
    return fd;
  });
  syncBuiltinESMExports();
  try {
    return call();
  } finally {
    mocked.mock.restore();
    syncBuiltinESMExports();
  }
}

describe("64: a trusted file behind symbolic links", () => {
  test("is read where the links lead, over any number of them that the kernel follows", () =>
    inFolder((folder) => {
      assert.equal(read(projected(folder, "one")), "one");
      fileAt(join(folderAt(join(folder, "store/abc")), "policy.yaml"), "absolute");
      symlinkSync(join(folder, "store/abc/policy.yaml"), join(folder, "absolute"));
      symlinkSync("../absolute", join(folderAt(join(folder, "etc")), "policy.yaml"));
      assert.equal(read(join(folder, "etc/policy.yaml")), "absolute");
      assert.equal(read(join(folder, "store/abc/policy.yaml")), "absolute", "a plain file as before");
    }));

  test("is refused where links are not asked for, and where it is a secret all the more", () =>
    inFolder((folder) => {
      const path = projected(folder, "one");
      const wanted = problem("unsafe", /this is a symbolic link to/);
      assert.throws(() => readTrustedFile(path, { ...LINKED, mayBeLink: false }), wanted);
    }));

  test("is read whole, the old or the new one, when the link is switched meanwhile", () =>
    inFolder((folder) => {
      const path = projected(folder, "one");
      const found = afterOpening(
        (times) => {
          if (times === 1) switchTo(folder, "..2", "two", "..1");
        },
        () => read(path),
      );
      assert.equal(found, "two");
      assert.equal(read(path), "two");
    }));

  test("is given up where the link is switched again and again", () =>
    inFolder((folder) => {
      const path = projected(folder, "one");
      const reading = (): string =>
        afterOpening(
          (times) => switchTo(folder, `..${times + 1}`, `text ${times}`, `..${times}`),
          () => read(path),
        );
      assert.throws(reading, problem("not_found", /the link leads to .*, where there is no file/));
    }));

  test("is missing where a link leads to nothing, and the message says where that is", () =>
    inFolder((folder) => {
      symlinkSync("gone.yaml", join(folder, "policy.yaml"));
      assert.throws(
        () => read(join(folder, "policy.yaml")),
        problem(
          "not_found",
          /policy\.yaml: a policy was expected, and the link leads to .*gone\.yaml, where/,
        ),
      );
      symlinkSync("gone/policy.yaml", join(folder, "other.yaml"));
      assert.throws(() => read(join(folder, "other.yaml")), problem("not_found", /there is no such folder/));
    }));

  test("is refused where links lead in a circle, or are more than the kernel follows", () =>
    inFolder((folder) => {
      symlinkSync("b", join(folder, "a"));
      symlinkSync("a", join(folder, "b"));
      assert.throws(() => read(join(folder, "a")), problem("unreadable", /more than 40 links/));
      fileAt(join(folder, "link0"), "end");
      for (let i = 1; i <= 41; i++) symlinkSync(`link${i - 1}`, join(folder, `link${i}`));
      assert.equal(read(join(folder, "link40")), "end");
      assert.throws(() => read(join(folder, "link41")), problem("unreadable", /more than 40 links/));
    }));

  test("is refused where a link leads out of a trusted folder into one that others may write in", () =>
    inFolder((folder) => {
      const open = folderAt(join(folder, "open"), 0o777);
      fileAt(join(open, "policy.yaml"), "anybody's");
      symlinkSync("open/policy.yaml", join(folder, "policy.yaml"));
      const wanted = problem("unsafe", /open: the folder has mode 0777/, `chmod go-w ${open}`);
      assert.throws(() => read(join(folder, "policy.yaml")), wanted);
      // Also where it comes back: whoever may write in the folder on the way turns the link.
      symlinkSync("../trusted.yaml", join(open, "back"));
      fileAt(join(folder, "trusted.yaml"), "ours");
      symlinkSync("open/back", join(folder, "through.yaml"));
      assert.throws(() => read(join(folder, "through.yaml")), wanted);
    }));

  test("is refused where the link lies in a folder that others may write in", () =>
    inFolder((folder) => {
      const open = folderAt(join(folder, "open"), 0o777);
      fileAt(join(folder, "trusted.yaml"), "ours");
      symlinkSync("../trusted.yaml", join(open, "policy.yaml"));
      assert.throws(() => read(join(open, "policy.yaml")), problem("unsafe", /the folder has mode 0777/));
    }));

  test("is refused where others may write to it, or it is no file", () =>
    inFolder((folder) => {
      chmodSync(fileAt(join(folder, "file"), "x"), 0o666);
      symlinkSync("file", join(folder, "policy.yaml"));
      const wanted = problem("unsafe", /file: the file has mode 0666/, `chmod go-w ${join(folder, "file")}`);
      assert.throws(() => read(join(folder, "policy.yaml")), wanted);
      symlinkSync(".", join(folder, "itself"));
      assert.throws(() => read(join(folder, "itself")), problem("unsafe", /this is a folder/));
      symlinkSync("/dev/null", join(folder, "null"));
      assert.throws(() => read(join(folder, "null")), problem("unsafe", /this is a device/));
    }));

  test("is refused where a link, or the file, belongs to another user", { skip: NOT_ROOT }, () =>
    inFolder((folder) => {
      const file = fileAt(join(folder, "file"), "ours");
      symlinkSync("file", join(folder, "policy.yaml"));
      lchownSync(join(folder, "policy.yaml"), NOBODY, NOBODY);
      const wanted = problem(
        "unsafe",
        /policy\.yaml: the link belongs to user 65534/,
        `chown -h 0 ${join(folder, "policy.yaml")}`,
      );
      assert.throws(() => read(join(folder, "policy.yaml")), wanted);
      // In the middle of a chain as well.
      symlinkSync("policy.yaml", join(folder, "first.yaml"));
      assert.throws(() => read(join(folder, "first.yaml")), wanted);
      // A sticky folder of root, where everybody makes links: theirs are refused, ours are not.
      const shared = folderAt(join(folder, "shared"), 0o1777);
      symlinkSync("../file", join(shared, "policy.yaml"));
      assert.equal(read(join(shared, "policy.yaml")), "ours");
      lchownSync(join(shared, "policy.yaml"), NOBODY, NOBODY);
      assert.throws(() => read(join(shared, "policy.yaml")), problem("unsafe", /the link belongs to user/));
      lchownSync(file, NOBODY, NOBODY);
      lchownSync(join(folder, "policy.yaml"), 0, 0);
      assert.throws(() => read(join(folder, "policy.yaml")), problem("unsafe", /the file belongs to user/));
    }),
  );
});
