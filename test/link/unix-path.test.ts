import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { trustedUnixBinding, unixBinding, unixPathFlaw } from "../../link/unix-path.ts";
import { userId } from "../../link/user-id.ts";
import { tempFolder } from "../support/temp-folder.ts";

const NOT_ROOT: string | false = process.geteuid?.() === 0 ? false : "only root can give a file away";

async function withSocket(work: (path: string, folder: string) => void | Promise<void>): Promise<void> {
  const { path: folder, remove } = tempFolder();
  const server = createServer();
  try {
    server.listen({ path: join(folder, "s") });
    await once(server, "listening");
    await work(join(folder, "s"), folder);
  } finally {
    server.close();
    remove();
  }
}

describe("the path of a Unix socket", () => {
  test("has at most 107 bytes, and one more is refused with its number", () => {
    assert.equal(unixPathFlaw(`/${"x".repeat(106)}`), undefined);
    assert.match(unixPathFlaw(`/${"x".repeat(107)}`) ?? "", /at most 107 bytes, this one has 108/);
    assert.match(unixPathFlaw(`/${"ä".repeat(54)}`) ?? "", /this one has 109/);
  });

  test("is absolute and has no NUL", () => {
    assert.match(unixPathFlaw("rpcd.sock") ?? "", /is not absolute/);
    assert.match(unixPathFlaw("") ?? "", /is not absolute/);
    for (const path of ["/a\0b", "/a\nb", "/a\u001b"])
      assert.match(unixPathFlaw(path) ?? "", /control character/);
  });

  test("gives the same binding to both ends, and another to another socket", async () => {
    await withSocket(async (path) => {
      assert.deepEqual(trustedUnixBinding(path, []), unixBinding(path));
      await withSocket((other) => assert.notDeepEqual(unixBinding(other), unixBinding(path)));
    });
  });

  test("must lead to a socket itself, not to a link, a file or nothing", async () => {
    await withSocket((path, folder) => {
      symlinkSync(path, join(folder, "link"));
      writeFileSync(join(folder, "file"), "");
      assert.throws(() => trustedUnixBinding(join(folder, "link"), []), {
        kind: "unsafe",
        message: /a socket was expected here/,
      });
      assert.throws(() => trustedUnixBinding(join(folder, "file"), []), { kind: "unsafe" });
      assert.throws(() => trustedUnixBinding(join(folder, "none"), []), {
        kind: "not_found",
        message: /no daemon listens here/,
      });
      assert.throws(() => trustedUnixBinding(join(folder, "file", "s"), []), { kind: "unreadable" });
    });
  });

  test("26: is refused in a folder that others may write, or that a link of theirs leads to", async () => {
    await withSocket((path, folder) => {
      chmodSync(folder, 0o777);
      assert.throws(() => trustedUnixBinding(path, []), {
        kind: "unsafe",
        message: /cannot be trusted: .*mode 0777/,
        mend: /--owner/,
      });
      chmodSync(folder, 0o1777);
      assert.doesNotThrow(() => trustedUnixBinding(path, []), "root's own, with the sticky bit");
      chmodSync(folder, 0o700);
    });
  });

  test("26: is refused if it, or a folder above it, belongs to somebody who was not named", {
    skip: NOT_ROOT,
  }, async () => {
    await withSocket((path, folder) => {
      chownSync(path, 65_534, 65_534);
      assert.throws(() => trustedUnixBinding(path, []), {
        kind: "unsafe",
        message: /the socket belongs to user 65534/,
      });
      assert.doesNotThrow(() => trustedUnixBinding(path, [65_534]));
      chownSync(path, 0, 0);
      const inner = join(folder, "inner");
      mkdirSync(inner, { mode: 0o700 });
      renameSync(path, join(inner, "s"));
      chownSync(inner, 65_534, 65_534);
      assert.throws(() => trustedUnixBinding(join(inner, "s"), []), {
        kind: "unsafe",
        message: /cannot be trusted/,
      });
      assert.doesNotThrow(() => trustedUnixBinding(join(inner, "s"), [65_534]));
      renameSync(join(inner, "s"), path);
    });
  });
});

describe("user ids", () => {
  test("are those of the local users, and none for a name that is no user's", () => {
    assert.equal(userId("root"), 0);
    for (const name of ["", "no-such-user", "root:x:0", "constructor", "x:0"])
      assert.equal(userId(name), undefined, name);
  });
});
