import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { KnownDaemons } from "../../client/index.ts";
import { loadPolicy } from "../../policy/load/load.ts";
import { inFolder } from "../support/temp-folder.ts";
import { parsed, rpcctl, rpcctlCommand } from "./run-cli.ts";

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

  test("says how to make a key where there is none", () =>
    inFolder(async (folder) => {
      const own = await rpcctl(["enrol"], { env: { XDG_CONFIG_HOME: folder } });
      assert.deepEqual([own.code, own.out], [6, ""]);
      assert.match(own.err, /^ {2}→ rpcctl key new makes a key; then run rpcctl enrol again$/m);
      const path = join(folder, "other");
      const named = await rpcctl(["enrol", "--identity", path]);
      assert.ok(named.err.includes(`→ rpcctl key new ${path} makes a key`), named.err);
    }));

  test("takes roles, and without them says that they are to be chosen", () =>
    inFolder(async (folder) => {
      const path = join(folder, "key");
      keygen("-q", "-t", "ed25519", "-N", "", "-C", "alice", "-f", path);
      const chosen = await rpcctl(["enrol", "--identity", path, "--role", "viewer", "--role", "operator"]);
      assert.match(chosen.out, /^ {4}roles: \[viewer, operator\]$/m);
      assert.doesNotMatch(chosen.out, /Choose/);
      const { problems } = loadPolicy(Buffer.from(`policy: 1\nroles: {viewer: , operator: }\n${chosen.out}`));
      assert.deepEqual(
        problems.filter(({ severity }) => severity === "error"),
        [],
      );
      const open = await rpcctl(["enrol", "--identity", path]);
      assert.match(open.out, /^ {4}# Choose the roles: .*\n.*rpcctl enrol --role ROLE\n {4}roles: \[\]$/m);
      for (const role of ["a b", "x]", "1"])
        assert.equal((await rpcctl(["enrol", "--identity", path, "--role", role])).code, 2, role);
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

  test("keeps every pin of many that are made at the same time", () =>
    inFolder(async (folder) => {
      const env = { XDG_STATE_HOME: folder };
      const addresses = Array.from({ length: 20 }, (_, i) => `unix:/run/daemon-${i}.sock`);
      const ended = await Promise.all(
        addresses.map((address) => rpcctl(["trust", address, FINGERPRINT], { env })),
      );
      for (const { code, err } of ended) assert.deepEqual([code, err], [0, ""]);
      const lines = readFileSync(join(folder, "rpcctl", "known_daemons"), "utf8")
        .trimEnd()
        .split("\n");
      assert.deepEqual(lines.toSorted(), addresses.map((address) => `${address} ${FINGERPRINT}`).toSorted());
      assert.deepEqual(readdirSync(join(folder, "rpcctl")), ["known_daemons"]);
    }));

  test("rejects an address that would be read back as another", () =>
    inFolder(async (folder) => {
      const other = FINGERPRINT.replace("uNi", "AAA");
      for (const address of [
        `unix:/run/x.sock ${other} #x`,
        `unix:/run/x.sock\t${other} # y`,
        "unix:/run/x.sock ",
      ]) {
        const { code, out } = await rpcctl(["trust", address, FINGERPRINT], {
          env: { XDG_STATE_HOME: folder },
        });
        assert.deepEqual([code, out], [2, ""], address);
      }
      assert.equal(existsSync(join(folder, "rpcctl", "known_daemons")), false);
      const blank = "unix:/run/two words.sock";
      assert.equal(
        (await rpcctl(["trust", blank, FINGERPRINT], { env: { XDG_STATE_HOME: folder } })).code,
        0,
      );
      assert.deepEqual(KnownDaemons.read([join(folder, "rpcctl", "known_daemons")]).fingerprints(blank), [
        FINGERPRINT,
      ]);
    }));
});

describe("rpcctl --identity", () => {
  const ping = (path: string, more: Parameters<typeof rpcctl>[1] = {}): ReturnType<typeof rpcctl> =>
    rpcctl(["ping", "--identity", path, "--address", "unix:/nonexistent/rpcd.sock"], more);

  test("says of a public key that it is one, whatever its mode", () =>
    inFolder(async (folder) => {
      const path = join(folder, "key");
      keygen("-q", "-t", "ed25519", "-N", "", "-f", path);
      for (const mode of [0o644, 0o600]) {
        chmodSync(`${path}.pub`, mode);
        const { code, err } = await ping(`${path}.pub`);
        assert.equal(code, 4);
        assert.equal(
          err,
          `${path}.pub: a private key was expected, but this is a public key\n  → name the private key: ${path}\n`,
        );
      }
    }));

  test("says of what is no regular file what it is", () =>
    inFolder(async (folder) => {
      const fifo = join(folder, "fifo");
      execFileSync("mkfifo", [fifo]);
      for (const [path, kind] of [
        [fifo, "a FIFO"],
        ["/dev/null", "a device"],
        [folder, "a folder"],
      ] as const) {
        const { code, err } = await ping(path);
        assert.equal(code, 4);
        assert.match(
          err,
          new RegExp(`a private key was expected as a regular file, but this is ${kind}\n {2}→ `),
        );
      }
    }));

  test("says of <(…) that it is a pipe, and names no file that does not exist", () => {
    const words = ["ping", "--address", "unix:/nonexistent/rpcd.sock", "--identity"];
    const { status, stderr } = spawnSync(
      "bash",
      ["-c", '"$@" <(echo key)', "bash", ...rpcctlCommand(words)],
      {
        encoding: "utf8",
      },
    );
    assert.equal(status, 4);
    assert.match(
      stderr,
      /^\/dev\/fd\/\d+: a private key was expected as a regular file, but this is a FIFO\n {2}→ name a regular file: write to one/,
    );
    assert.doesNotMatch(stderr, /pipe:/);
  });

  test("says of an agent that its keys cannot be used", async () => {
    const { code, err } = await ping("agent");
    assert.equal(code, 6);
    assert.match(err, /→ rpcctl cannot use keys of an ssh-agent/);
    assert.doesNotMatch(err, /key new agent/);
  });
});
