import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { createKeyFiles } from "../../certs/private-key-file.ts";
import { formatPublicKey, type PublicKeyLine } from "../../certs/public-key.ts";
import { loadPublicKeyFile } from "../../certs/public-key-file.ts";
import { inFolder } from "../support/temp-folder.ts";
import { keygen, problem } from "./support.ts";

const LINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID3g+0Bsdrs6FCMez84hGXgZcvjv/IlrPKuwtB3KXY/O a comment";

const load = (content: string): Promise<PublicKeyLine> =>
  inFolder((folder) => {
    const path = join(folder, "key.pub");
    writeFileSync(path, content, { mode: 0o644 });
    return loadPublicKeyFile(path);
  });

describe("loadPublicKeyFile", () => {
  test("loads what ssh-keygen wrote", () =>
    inFolder((folder) => {
      const path = join(folder, "key");
      keygen(["-q", "-t", "ed25519", "-N", "", "-C", "a comment", "-f", path]);
      const { key, comment } = loadPublicKeyFile(`${path}.pub`);
      assert.equal(comment, "a comment");
      assert.equal(`${formatPublicKey(key, comment)}\n`, keygen(["-y", "-f", path]));
    }));

  test("takes blank lines, comment lines and CRLF around the key", async () => {
    const { key, comment } = await load(`# of the build host\r\n\r\n${LINE}\r\n\n  # made in May\n`);
    assert.equal(formatPublicKey(key, comment), LINE);
    assert.equal(formatPublicKey((await load(LINE)).key, "a comment"), LINE);
  });

  test("refuses a file without a key, or with two", async () => {
    await assert.rejects(load("# nothing\n\n"), problem("malformed", /there is no public key in the file/));
    await assert.rejects(load(`${LINE}\n${LINE}\n`), problem("malformed", /there are 2 lines/));
  });

  test("refuses a private key and a key of another type, and says so", () =>
    inFolder(async (folder) => {
      const path = join(folder, "key");
      await createKeyFiles(path, "");
      assert.throws(() => loadPublicKeyFile(path), problem("malformed", /this is a private key/));
      keygen(["-q", "-t", "ecdsa", "-N", "", "-f", join(folder, "other")]);
      const wanted = problem("malformed", /it begins with 'ecdsa-sha2-nistp256'/);
      assert.throws(() => loadPublicKeyFile(join(folder, "other.pub")), wanted);
    }));

  test("refuses a key of small order", async () => {
    const blob = Buffer.concat([
      Buffer.from("0000000b7373682d6564323535313900000020", "hex"),
      Buffer.alloc(32),
    ]);
    await assert.rejects(
      load(`ssh-ed25519 ${blob.toString("base64")}\n`),
      problem("malformed", /small order/),
    );
  });

  test("shows nothing of a file that could drive a terminal", async () => {
    await assert.rejects(load("\u001b[2Jx\n"), problem("malformed", /begins with '\\u\{1b\}\[2Jx'/));
  });

  test("takes a file of 16384 bytes and refuses a longer one", async () => {
    assert.ok((await load(`${LINE}\n`.padEnd(16_384, "\n"))).key);
    await assert.rejects(load(`${LINE}\n`.padEnd(16_385, "\n")), problem("malformed", /at most 16384 bytes/));
  });

  test("refuses a file that others may write", () =>
    inFolder((folder) => {
      const path = join(folder, "key.pub");
      writeFileSync(path, LINE);
      chmodSync(path, 0o666);
      assert.throws(() => loadPublicKeyFile(path), problem("unsafe", /mode 0666/, `chmod go-w ${path}`));
    }));
});
