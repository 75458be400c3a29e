import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { loadPolicy } from "../../policy/load.ts";
import { inFolder } from "../support/temp-folder.ts";
import { parsed, rpcctl } from "./run-cli.ts";

const keygen = (...args: string[]): string =>
  execFileSync("ssh-keygen", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

describe("rpcctl key new", () => {
  test("makes a key that ssh-keygen reads, and prints the fingerprint that it prints", () =>
    inFolder(async (folder) => {
      const path = join(folder, "key");
      const { code, out } = await rpcctl(["key", "new", path, "--comment", "alice@web"]);
      assert.equal(code, 0);
      assert.equal(`256 ${out.trim()} (ED25519)\n`, keygen("-l", "-f", path));
      assert.equal(keygen("-y", "-f", path).trim(), readFileSync(`${path}.pub`, "utf8").trim());
      assert.equal(statSync(path).mode & 0o777, 0o600);
    }));

  test("makes the key that rpcctl logs in with, with its folder, where no path is given", () =>
    inFolder(async (folder) => {
      const env = { XDG_CONFIG_HOME: join(folder, "config") };
      const made = await rpcctl(["key", "new"], { env });
      assert.equal(made.code, 0, made.err);
      const path = join(folder, "config", "rpcctl", "id_ed25519");
      assert.equal(statSync(join(folder, "config", "rpcctl")).mode & 0o777, 0o700);
      assert.equal((await rpcctl(["key", "show"], { env })).out, readFileSync(`${path}.pub`, "utf8"));
      assert.equal((await rpcctl(["key", "fingerprint"], { env })).out, keygen("-l", "-f", path));
      const before = readFileSync(path, "utf8");
      assert.equal((await rpcctl(["key", "new"], { env })).code, 1);
      assert.equal(readFileSync(path, "utf8"), before);
    }));

  test("names the user and the host where no comment is given", () =>
    inFolder(async (folder) => {
      const { code, out } = await rpcctl(["key", "new", join(folder, "key"), "--json"]);
      assert.equal(code, 0);
      assert.match(String(parsed(out)["key"]), /^ssh-ed25519 \S+ \S+@\S+$/);
    }));

  test("keeps a file that is there, and says which folder is not", () =>
    inFolder(async (folder) => {
      const path = join(folder, "key");
      writeFileSync(path, "mine");
      assert.equal((await rpcctl(["key", "new", path])).code, 1);
      assert.equal(readFileSync(path, "utf8"), "mine");
      const missing = await rpcctl(["key", "new", join(folder, "no", "key")]);
      assert.equal(missing.code, 6);
      assert.match(missing.err, /→ mkdir -p -m 700 /);
    }));

  test("refuses a comment that would end the line", () =>
    inFolder(async (folder) => {
      const { code, err } = await rpcctl([
        "key",
        "new",
        join(folder, "key"),
        "--comment",
        "a\nssh-ed25519 AAAA",
      ]);
      assert.equal(code, 4);
      assert.match(err, /without line ends/);
    }));
});

describe("rpcctl key fingerprint and show", () => {
  test("print of both halves what ssh-keygen prints", () =>
    inFolder(async (folder) => {
      for (const [i, comment] of ["c", "two words", "ä"].entries()) {
        const path = join(folder, `key${i}`);
        keygen("-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path);
        for (const file of [path, `${path}.pub`]) {
          assert.equal((await rpcctl(["key", "fingerprint", file])).out, keygen("-l", "-f", file), file);
          assert.equal(
            (await rpcctl(["key", "show", file])).out.trim(),
            readFileSync(`${path}.pub`, "utf8").trim(),
          );
        }
      }
    }));

  test("read a public key under any name", () =>
    inFolder(async (folder) => {
      const path = join(folder, "key");
      keygen("-q", "-t", "ed25519", "-N", "", "-C", "c", "-f", path);
      copyFileSync(`${path}.pub`, join(folder, "host"));
      assert.equal(
        (await rpcctl(["key", "fingerprint", join(folder, "host")])).out,
        keygen("-l", "-f", path),
      );
    }));

  test("refuse a private key that others may read, whatever its name", () =>
    inFolder(async (folder) => {
      const path = join(folder, "key");
      keygen("-q", "-t", "ed25519", "-N", "", "-f", path);
      chmodSync(path, 0o644);
      const { code, out, err } = await rpcctl(["key", "show", path]);
      assert.equal(code, 4);
      assert.equal(out, "");
      assert.match(err, /→ chmod 600 /);
    }));

  test("tell a file that is missing from one that is no key", () =>
    inFolder(async (folder) => {
      assert.equal((await rpcctl(["key", "show", join(folder, "none")])).code, 6);
      writeFileSync(join(folder, "text"), "hello\n", { mode: 0o600 });
      assert.equal((await rpcctl(["key", "show", join(folder, "text")])).code, 4);
    }));
});

describe("rpcctl enrol", () => {
  test("prints lines that a policy takes", () =>
    inFolder(async (folder) => {
      const path = join(folder, "key");
      keygen("-q", "-t", "ed25519", "-N", "", "-C", 'alice@we"b: #1', "-f", path);
      const { code, out } = await rpcctl(["enrol"], { env: { RPCCTL_IDENTITY: path } });
      assert.equal(code, 0);
      assert.match(out, /^# .*\nidentities:\n {2}alice:\n/);
      const { problems, policy } = loadPolicy(Buffer.from(`policy: 1\n${out}`));
      assert.deepEqual(problems, []);
      assert.ok(policy !== undefined);
    }));

  test("takes no name that the policy would refuse", () =>
    inFolder(async (folder) => {
      const path = join(folder, "key");
      keygen("-q", "-t", "ed25519", "-N", "", "-C", "1@x", "-f", path);
      assert.match((await rpcctl(["enrol", "--identity", path])).out, /^ {2}me:$/m);
      for (const name of ["a b", "1", "a:\n  b"]) {
        assert.equal((await rpcctl(["enrol", "--identity", path, "--name", name])).code, 2, name);
      }
    }));
});

describe("rpcctl trust", () => {
  const FINGERPRINT = "SHA256:uNiVztksCsDhcc0u9e8BrrhXkOYe0/SbIRn1xSf9Z3o";

  test("pins a host key in the user's own file, in the place of the one before", () =>
    inFolder(async (folder) => {
      const env = { XDG_STATE_HOME: folder };
      const other = FINGERPRINT.replace("uNi", "AAA");
      assert.equal((await rpcctl(["trust", "unix:/run/x", other], { env })).code, 0);
      assert.equal((await rpcctl(["trust", "unix:/run/x", FINGERPRINT], { env })).code, 0);
      const file = join(folder, "rpcctl", "known_daemons");
      assert.equal(readFileSync(file, "utf8"), `unix:/run/x ${FINGERPRINT}\n`);
    }));

  test("refuses what is no address and what is no fingerprint", async () => {
    for (const words of [
      ["tcp:x:1", FINGERPRINT],
      ["unix:relative", FINGERPRINT],
      ["unix:/x", "SHA256:short"],
      ["unix:/x", FINGERPRINT.toLowerCase()],
    ]) {
      assert.equal((await rpcctl(["trust", ...words, "--known-daemons", "/nonexistent/file"])).code, 2);
    }
    assert.equal((await rpcctl(["trust", "unix:/x", FINGERPRINT])).code, 2);
  });
});
