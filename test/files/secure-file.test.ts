import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs, {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, mock, test } from "node:test";
import { readTrustedFile } from "../../files/secure-file.ts";
import { NOBODY, NOT_ROOT, problem } from "../certs/support.ts";
import { inFolder } from "../support/temp-folder.ts";

const OPEN = { what: "a policy", maxBytes: 16, secret: false };
const SECRET = { what: "a private key", maxBytes: 16, secret: true };

/** A file of this mode, whatever the umask. */
function make(folder: string, mode: number, content: string | Uint8Array = "content"): string {
  const path = join(folder, "file");
  rmSync(path, { force: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

/** Calls while something happens to the file right after the first look at its descriptor. */
function afterFirstLook<T>(happens: () => void, call: () => T): T {
  const real = fs.fstatSync.bind(fs);
  let looks = 0;
  const mocked = mock.method(fs, "fstatSync", (fd: number, options?: fs.StatOptions) => {
    const stat = real(fd, options);
    if (looks++ === 0) happens();
    return stat;
  });
  syncBuiltinESMExports();
  try {
    return call();
  } finally {
    mocked.mock.restore();
    syncBuiltinESMExports();
  }
}

describe("64: readTrustedFile", () => {
  test("reads a file that only its owner can write", () =>
    inFolder((folder) => {
      assert.equal(readTrustedFile(make(folder, 0o644), OPEN).toString(), "content");
      assert.equal(readTrustedFile(make(folder, 0o600), SECRET).toString(), "content");
      assert.equal(readTrustedFile(make(folder, 0o400), SECRET).toString(), "content");
    }));

  test("says that a file is not there", () =>
    inFolder((folder) => {
      const path = join(folder, "file");
      assert.throws(() => readTrustedFile(path, OPEN), problem("not_found", /a policy was expected here/));
    }));

  test("refuses a file that the group or everybody may write", () =>
    inFolder((folder) => {
      for (const [mode, text] of [
        [0o664, /mode 0664, so others may write/],
        [0o646, /mode 0646, so others may write/],
      ] as const) {
        const path = make(folder, mode);
        assert.throws(() => readTrustedFile(path, OPEN), problem("unsafe", text, `chmod go-w ${path}`));
      }
      const path = make(folder, 0o620);
      assert.throws(() => readTrustedFile(path, SECRET), problem("unsafe", /0620/, `chmod 600 ${path}`));
    }));

  test("refuses a secret that the group or everybody may read, or even run", () =>
    inFolder((folder) => {
      for (const mode of [0o640, 0o604, 0o610, 0o601, 0o440]) {
        const path = make(folder, mode);
        const wanted = problem("unsafe", /so others may read the secret/, `chmod 600 ${path}`);
        assert.throws(() => readTrustedFile(path, SECRET), wanted, mode.toString(8));
      }
    }));

  test(
    "takes a secret of mode 0440 where systemd keeps credentials, and nowhere else, whatever the environment says",
    {
      skip: process.geteuid?.() === 0 ? false : "only root can make a folder there",
    },
    () =>
      inFolder((folder) => {
        const before = process.env["CREDENTIALS_DIRECTORY"];
        const made = mkdirSync("/run/credentials", { mode: 0o755, recursive: true });
        const credentials = mkdtempSync("/run/credentials/rpcd-test-");
        try {
          assert.equal(readTrustedFile(make(credentials, 0o440), SECRET).toString(), "content");
          for (const mode of [0o444, 0o460, 0o450]) {
            const path = make(credentials, mode);
            assert.throws(() => readTrustedFile(path, SECRET), problem("unsafe", /so others may/));
          }
          process.env["CREDENTIALS_DIRECTORY"] = folder;
          const elsewhere = make(folder, 0o440);
          assert.throws(() => readTrustedFile(elsewhere, SECRET), problem("unsafe", /so others may read/));
        } finally {
          rmSync(made ?? credentials, { recursive: true });
          if (before === undefined) delete process.env["CREDENTIALS_DIRECTORY"];
          else process.env["CREDENTIALS_DIRECTORY"] = before;
        }
      }),
  );

  test("refuses a file in a folder that others may write", () =>
    inFolder((folder) => {
      const path = make(folder, 0o600);
      chmodSync(folder, 0o770);
      const wanted = problem("unsafe", /the folder has mode 0770/, `chmod go-w ${folder}`);
      assert.throws(() => readTrustedFile(path, SECRET), wanted);
    }));

  test("refuses a symbolic link and names what it points to", () =>
    inFolder((folder) => {
      const path = make(folder, 0o600);
      symlinkSync("file", join(folder, "link"));
      const wanted = problem("unsafe", /a symbolic link to .*\/file$/, `name the file itself: ${path}`);
      assert.throws(() => readTrustedFile(join(folder, "link"), SECRET), wanted);
    }));

  test("reads through a linked folder, and refuses links that lead in a circle", () =>
    inFolder((folder) => {
      make(folder, 0o600);
      symlinkSync(".", join(folder, "here"));
      assert.equal(readTrustedFile(join(folder, "here", "file"), SECRET).toString(), "content");
      symlinkSync("circle", join(folder, "circle"));
      const wanted = problem("unreadable", /lead in a circle/);
      assert.throws(() => readTrustedFile(join(folder, "circle", "file"), SECRET), wanted);
    }));

  test("refuses a FIFO without waiting for its writer", { timeout: 10_000 }, () =>
    inFolder((folder) => {
      const path = join(folder, "fifo");
      execFileSync("mkfifo", ["-m", "600", path]);
      assert.throws(() => readTrustedFile(path, SECRET), problem("unsafe", /this is a FIFO/));
    }),
  );

  test("refuses a folder, a device and a socket", () =>
    inFolder(async (folder) => {
      assert.throws(() => readTrustedFile(folder, OPEN), problem("unsafe", /this is a folder/));
      assert.throws(() => readTrustedFile("/dev/null", OPEN), problem("unsafe", /this is a device/));
      const path = join(folder, "socket");
      const server = createServer();
      await new Promise<void>((resolve) => {
        server.listen(path, resolve);
      });
      assert.throws(
        () => readTrustedFile(path, OPEN),
        problem("unsafe", /expected as a regular file, but this is a socket$/),
      );
      await new Promise((resolve) => {
        server.close(resolve);
      });
    }));

  test("takes an empty file where that says something", () =>
    inFolder((folder) => {
      const path = join(folder, "empty");
      writeFileSync(path, "", { mode: 0o600 });
      assert.equal(readTrustedFile(path, { ...SECRET, mayBeEmpty: true }).length, 0);
    }));

  test("refuses an empty file", () =>
    inFolder((folder) => {
      const path = make(folder, 0o600, "");
      assert.throws(() => readTrustedFile(path, SECRET), problem("malformed", /the file is empty/));
    }));

  test("reads a file of exactly the limit", () =>
    inFolder((folder) => {
      assert.equal(readTrustedFile(make(folder, 0o600, Buffer.alloc(16, "x")), SECRET).length, 16);
    }));

  test("refuses a file one byte past the limit, and one of a gigabyte as quickly", () =>
    inFolder((folder) => {
      const path = make(folder, 0o600, Buffer.alloc(17, "x"));
      const wanted = problem("malformed", /at most 16 bytes, but the file has 17$/);
      assert.throws(() => readTrustedFile(path, SECRET), wanted);
      truncateSync(path, 2 ** 30);
      assert.throws(() => readTrustedFile(path, SECRET), problem("malformed", /has 1073741824$/));
    }));

  test("refuses a file of another user, unless that user is named", { skip: NOT_ROOT }, () =>
    inFolder((folder) => {
      const path = make(folder, 0o600);
      chownSync(path, NOBODY, NOBODY);
      const wanted = problem("unsafe", /the file belongs to user 65534, not to root$/, `chown 0 ${path}`);
      assert.throws(() => readTrustedFile(path, SECRET), wanted);
      assert.equal(readTrustedFile(path, { ...SECRET, owners: [NOBODY] }).toString(), "content");
      chownSync(path, 0, 0);
      assert.equal(readTrustedFile(path, SECRET).toString(), "content");
    }),
  );

  test("refuses a file that grows or shrinks while it is read", () =>
    inFolder((folder) => {
      for (const change of [
        (path: string) => appendFileSync(path, "x"),
        (path: string) => truncateSync(path, 3),
      ]) {
        const path = make(folder, 0o600);
        const read = (): Buffer =>
          afterFirstLook(
            () => change(path),
            () => readTrustedFile(path, SECRET),
          );
        assert.throws(read, problem("changed", /was changed while it was being read/));
      }
    }));

  test("never gives the content of a file that was put in the place of the checked one", () =>
    inFolder((folder) => {
      const path = make(folder, 0o600);
      writeFileSync(join(folder, "evil"), "evil", { mode: 0o666 });
      const swap = (): void => renameSync(join(folder, "evil"), path);
      const wanted = problem("changed", /was replaced while it was being read/);
      assert.throws(() => afterFirstLook(swap, () => readTrustedFile(path, SECRET)), wanted);
    }));

  test("writes a path into its message so that it cannot drive a terminal", () =>
    inFolder((folder) => {
      const path = join(folder, "a\u001b]52;c\n");
      writeFileSync(path, "content", { mode: 0o644 });
      assert.throws(
        () => readTrustedFile(path, SECRET),
        (error: Error & { mend?: string }) => {
          const text = `${error.message} ${error.mend}`;
          return text.includes("a\\u{1b}]52;c\\n") && !text.includes("\u001b") && !text.includes("\n");
        },
      );
    }));

  test("says that a path with a zero byte cannot be opened", () => {
    assert.throws(() => readTrustedFile("/etc/\0", OPEN), problem("unreadable", /ERR_INVALID_ARG_VALUE/));
  });
});
