import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { createKeyFiles, loadPrivateKeyFile } from "../../certs/private-key-file.ts";
import { fingerprint, formatPublicKey } from "../../certs/public-key.ts";
import { loadPublicKeyFile } from "../../certs/public-key-file.ts";
import { inFolder } from "../support/temp-folder.ts";
import { keygen, problem } from "./support.ts";

describe("loadPrivateKeyFile", () => {
  test("loads a key that ssh-keygen made", () =>
    inFolder((folder) => {
      const path = join(folder, "key");
      keygen(["-q", "-t", "ed25519", "-N", "", "-C", "a comment", "-f", path]);
      const { key, comment } = loadPrivateKeyFile(path);
      assert.equal(comment, "a comment");
      assert.deepEqual(key.publicKey.bytes, loadPublicKeyFile(`${path}.pub`).key.bytes);
    }));

  test("refuses a key file that the group may read, before it looks inside", () =>
    inFolder((folder) => {
      const path = join(folder, "key");
      writeFileSync(path, "no key at all");
      chmodSync(path, 0o640);
      assert.throws(() => loadPrivateKeyFile(path), problem("unsafe", /mode 0640/, `chmod 600 ${path}`));
    }));

  test("takes a file of 16384 bytes and refuses a longer one", () =>
    inFolder((folder) => {
      const path = join(folder, "key");
      keygen(["-q", "-t", "ed25519", "-N", "", "-f", path]);
      const text = readFileSync(path, "latin1");
      writeFileSync(path, text.padEnd(16_384, "\n"));
      assert.ok(loadPrivateKeyFile(path).key);
      writeFileSync(path, text.padEnd(16_385, "\n"));
      assert.throws(() => loadPrivateKeyFile(path), problem("malformed", /at most 16384 bytes.* 16385$/));
    }));
});

describe("createKeyFiles", () => {
  test("makes a pair that we and ssh-keygen read alike", () =>
    inFolder(async (folder) => {
      const path = join(folder, "key");
      const key = await createKeyFiles(path, "a comment");
      assert.deepEqual(readdirSync(folder).toSorted(), ["key", "key.pub"]);
      assert.equal(statSync(path).mode & 0o7777, 0o600);
      assert.equal(statSync(`${path}.pub`).mode & 0o7777, 0o644);
      const loaded = loadPrivateKeyFile(path);
      assert.deepEqual([loaded.key.publicKey.bytes, loaded.comment], [key.bytes, "a comment"]);
      assert.equal(readFileSync(`${path}.pub`, "utf8"), `${formatPublicKey(key, "a comment")}\n`);
      assert.equal(keygen(["-y", "-f", path]), readFileSync(`${path}.pub`, "utf8"));
      const line = `256 ${fingerprint(key)} a comment (ED25519)\n`;
      assert.equal(keygen(["-l", "-f", path]), line);
      assert.equal(keygen(["-l", "-f", `${path}.pub`]), line);
    }));

  test("makes a key that ssh-keygen can encrypt and decrypt again", () =>
    inFolder(async (folder) => {
      const path = join(folder, "key");
      const key = await createKeyFiles(path, "a comment");
      keygen(["-q", "-p", "-P", "", "-N", "a passphrase", "-f", path]);
      assert.throws(() => loadPrivateKeyFile(path), problem("malformed", /the key is encrypted/));
      keygen(["-q", "-p", "-P", "a passphrase", "-N", "", "-f", path]);
      assert.deepEqual(loadPrivateKeyFile(path).key.publicKey.bytes, key.bytes);
    }));

  test("keeps what is there and leaves nothing half made, whichever of the two files exists", () =>
    inFolder(async (folder) => {
      for (const name of ["key", "key.pub"]) {
        const path = join(folder, name);
        writeFileSync(path, "old");
        await assert.rejects(
          createKeyFiles(join(folder, "key"), ""),
          problem("exists", /it was not touched/),
        );
        assert.deepEqual(readdirSync(folder), [name]);
        assert.equal(readFileSync(path, "utf8"), "old");
        rmSync(path);
      }
    }));

  test("makes no key where others may write", () =>
    inFolder(async (folder) => {
      chmodSync(folder, 0o777);
      const wanted = problem("unsafe", /the folder has mode 0777/, `chmod go-w ${folder}`);
      await assert.rejects(createKeyFiles(join(folder, "key"), ""), wanted);
      assert.deepEqual(readdirSync(folder), []);
    }));

  test("refuses a comment that would begin a second line", () =>
    inFolder(async (folder) => {
      for (const comment of ["a\nssh-ed25519 AAAA", "a\u001b[2J", "a".repeat(1025)]) {
        await assert.rejects(
          createKeyFiles(join(folder, "key"), comment),
          problem("malformed", /the comment must/),
        );
      }
      assert.deepEqual(readdirSync(folder), []);
      await createKeyFiles(join(folder, "key"), "🙂".repeat(512));
      assert.equal(loadPrivateKeyFile(join(folder, "key")).comment.length, 1024);
    }));
});
