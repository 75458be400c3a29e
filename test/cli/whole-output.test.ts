import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { NODE_FLAGS, RPCD, TestDaemon } from "../support/daemon.ts";
import { sample } from "../support/sample.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { rpcctlCommand } from "./run-cli.ts";

/**
 * How long a reader takes nothing, in milliseconds: longer than the programs wait for open handles when they are done. The time is what
 * this is about, and nothing depends on how much of it a machine needs.
 */
const HELD_MS = 1_500;

/** More than a pipe and the buffers of a process hold, so that most of it waits for the reader. */
const IDLE_ROLES = Array.from({ length: 6_000 }, (_, i) => `  idle_${i}:\n`).join("");

const GRANTS = `
grants:
  all: {to: caller, call: ["**"], except: secret, args: any}
  ask:
    to: caller
    call: [rpcd.policy.explain, rpcd.policy.can, rpcd.policy.show, rpcd.policy.methods, rpcd.policy.status, rpcd.policy.reload, rpcd.stats, rpcd.sessions.list, rpcd.health]
    args: any
tests:
  - {as: tester, allow: ["add(a=1, b=2)"]}
`;

describe("the output of a command", () => {
  const { path: home, remove } = tempFolder();
  let daemon: TestDaemon;
  let env: Readonly<Record<string, string>>;
  before(async () => {
    daemon = await TestDaemon.start({ grants: GRANTS });
    writeFileSync(join(home, "known"), `${daemon.address} ${daemon.hostKey}\n`, { mode: 0o600 });
    copyFileSync(join(daemon.folder, "client_key"), join(home, "key"));
    writeFileSync(join(home, "idle.yaml"), `policy: 1\nroles:\n${IDLE_ROLES}`, { mode: 0o600 });
    writeFileSync(join(home, "clean.yaml"), "policy: 1\n", { mode: 0o600 });
    writeFileSync(join(home, "ugly.yaml"), "policy:   1\n", { mode: 0o600 });
    env = {
      HOME: home,
      PATH: process.env["PATH"] ?? "",
      RPCCTL_ADDRESS: daemon.address,
      RPCCTL_IDENTITY: join(home, "key"),
      RPCCTL_KNOWN_DAEMONS: join(home, "known"),
    };
  });
  after(async () => {
    remove();
    await daemon.stop();
  });

  const start = (command: readonly string[]): ChildProcessWithoutNullStreams => {
    const [program = "", ...words] = command;
    const child = spawn(program, words, { env, cwd: home });
    child.stdin.end();
    return child;
  };
  const rpcd = (...words: string[]): readonly string[] => [process.execPath, ...NODE_FLAGS, RPCD, ...words];
  const config = (): string => join(daemon.folder, "rpcd.yaml");

  test("is whole, however slow its reader is", async () => {
    const long = [
      ["call", "large"],
      ["call", "--json", "large"],
      ["policy", "lint", "idle.yaml"],
      ["policy", "lint", "--json", "idle.yaml"],
    ];
    for (const command of sample(long, 2).map((words) => rpcctlCommand(words))) {
      const quick = start(command);
      const expected = await buffer(quick.stdout);
      assert.ok(expected.length > 256 * 1024, `${command.join(" ")}: ${expected.length}`);
      const slow = start(command);
      const exit = once(slow, "close");
      slow.stdout.pause();
      await once(slow.stdout, "readable");
      await sleep(HELD_MS);
      assert.ok((await buffer(slow.stdout)).equals(expected), command.join(" "));
      assert.deepEqual(await exit, [quick.exitCode, null]);
    }
  });

  /** Each command, with words with which it has something to say. */
  const commands = (): readonly (readonly string[])[] => [
    ...[
      ["version"],
      ["help"],
      ["help", "policy"],
      ["help", "exit-codes"],
      ["policy", "--help"],
      ["call", "--help"],
      ["call", "add", "2", "3"],
      ["call", "--json", "add", "2", "3"],
      ["call", "add", "--help"],
      ["ls"],
      ["describe", "add"],
      ["can-i", "add", "2", "3"],
      ["ping"],
      ["ping", "--wait", "30s"],
      ["top", "--json"],
      ["top"],
      ["doctor"],
      ["key", "show", "key"],
      ["key", "fingerprint", "key"],
      ["enrol"],
      ["trust", "unix:/x", "SHA256:uNiVztksCsDhcc0u9e8BrrhXkOYe0/SbIRn1xSf9Z3o", "--known-daemons", "other"],
      ["policy", "lint", "clean.yaml"],
      ["policy", "lint", "idle.yaml"],
      ["policy", "lint", "--explain"],
      ["policy", "fmt", "--check", "ugly.yaml"],
      ["policy", "test", "clean.yaml"],
      ["policy", "explain", "tester", "add(2, 3)"],
      ["policy", "can", "tester"],
      ["policy", "show"],
      ["policy", "show", "--file", "idle.yaml"],
      ["policy", "status"],
      ["policy", "reload"],
    ].map((words) => rpcctlCommand(words)),
    rpcd("--help"),
    rpcd("--version"),
    rpcd("--check", "--config", config()),
    rpcd("--catalogue", "--config", config()),
    rpcd("reload", "--config", config()),
  ];

  /** A few at a time: most of what a command costs is to load the program. */
  const each = async (
    all: readonly (readonly string[])[],
    look: (command: readonly string[]) => Promise<void>,
  ): Promise<void> => {
    const left = [...sample(all, 5)];
    const next = async (): Promise<void> => {
      for (let command = left.shift(); command !== undefined; command = left.shift()) await look(command);
    };
    await Promise.all([next(), next(), next()]);
  };

  test("that cannot be written ends each command with 1, and one line says why", () =>
    each(
      [...commands(), rpcctlCommand(["key", "new", "full"]), rpcd("init", join(home, "full-state"))],
      async (command) => {
        const child = start(["sh", "-c", 'exec "$@" >/dev/full', "sh", ...command]);
        const [[code], err] = await Promise.all([once(child, "close"), text(child.stderr)]);
        assert.match(err, /^(error: )?the output cannot be written \(ENOSPC\)\n$/, command.join(" "));
        assert.equal(code, 1, command.join(" "));
      },
    ));

  test("whose reader has gone ends each command quietly with 141", () =>
    each(
      [...commands(), rpcctlCommand(["key", "new", "gone"]), rpcd("init", join(home, "gone-state"))],
      async (command) => {
        const child = start(command);
        child.stdout.destroy();
        const [[code], err] = await Promise.all([once(child, "close"), text(child.stderr)]);
        assert.deepEqual([code, err], [141, ""], command.join(" "));
      },
    ));

  test("is followed by the exit code of the command also where nobody reads what it complains of", async () => {
    const failing = [
      [rpcctlCommand(["nope"]), 2],
      [rpcctlCommand(["describe", "secret"]), 3],
      [rpcd("--nope"), 2],
      [rpcd("--check", "--config", "/nonexistent"), 78],
    ] as const;
    for (const [command, ends] of sample(failing, 3)) {
      const full = start(["sh", "-c", 'exec "$@" 2>/dev/full', "sh", ...command]);
      assert.deepEqual(await once(full, "close"), [ends, null], command.join(" "));
      const gone = start(command);
      gone.stderr.destroy();
      assert.deepEqual(await once(gone, "close"), [ends, null], command.join(" "));
    }
  });
});
