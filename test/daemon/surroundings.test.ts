import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chownSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { describe, type TestContext, test } from "node:test";
import { checkOnThread } from "../../daemon/policy/check.ts";
import { NODE_FLAGS, PACKAGE, RPCD } from "../support/daemon.ts";
import { until } from "../support/failure.ts";
import { inFolder } from "../support/temp-folder.ts";

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A user id without an entry in the user database. */
const NOBODY_KNOWN = "54321";

/** Runs rpcd with no variables but these, as a user without a name. */
async function asUnknown(words: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  const become = ["--reuid", NOBODY_KNOWN, "--regid", NOBODY_KNOWN, "--clear-groups"];
  const child = spawn("setpriv", [...become, process.execPath, ...NODE_FLAGS, RPCD, ...words], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [[code], out, err] = await Promise.all([
    once(child, "close"),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code: code as number | null, out, err };
}

/** Whether such a user could run the program at all: a checkout may lie in a folder of root's own. */
function isReachable(): boolean {
  const { status } = spawnSync("setpriv", ["--reuid", NOBODY_KNOWN, "--clear-groups", "test", "-r", RPCD]);
  return status === 0;
}

const skip =
  (process.getuid?.() !== 0 && "only root may become a user without a name") ||
  (!isReachable() && "a user without a name cannot reach this checkout");

describe("in a bare environment", { skip }, () => {
  test("rpcd init makes a state folder for a user that has no name, and the daemon accepts it", () =>
    inFolder(async (folder) => {
      chownSync(folder, Number(NOBODY_KNOWN), Number(NOBODY_KNOWN));
      const state = join(folder, "state");
      const made = await asUnknown(["init", state], { PATH: process.env["PATH"] ?? "", HOME: folder });
      assert.deepEqual([made.code, made.err], [0, ""]);
      assert.match(readFileSync(join(state, "policy.yaml"), "utf8"), /^ {2}me:$/m);
      const checked = await asUnknown(["--check", "--config", join(state, "rpcd.yaml")], {});
      assert.deepEqual([checked.code, checked.err], [0, ""]);
    }));

  test("without a home folder it says so, and what to name instead", async () => {
    for (const env of [{}, { HOME: "" }, { HOME: "relative" }])
      for (const words of [["init"], [], ["--check"]]) {
        const { code, err } = await asUnknown(words, env);
        assert.equal(code, 78, err);
        assert.match(err, /no home folder.*\n.*set HOME, or name the folder: rpcd init DIR/);
        assert.doesNotMatch(err, /\n\s+at /);
      }
  });
});

test("SIGHUP from the first moment on does not end a daemon that starts", () =>
  inFolder(async (folder) => {
    const state = join(folder, "state");
    const config = join(state, "rpcd.yaml");
    const made = spawn(process.execPath, [...NODE_FLAGS, RPCD, "init", state], { stdio: "ignore" });
    await once(made, "exit");
    const daemon = spawn(process.execPath, [...NODE_FLAGS, RPCD, "--config", config], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const lines: string[] = [];
    createInterface({ input: daemon.stdout }).on("line", (line) => lines.push(line));
    // From the moment on at which the program listens for it; before that it is node's, whose own start no program can change.
    await until(() => hasHandler(daemon.pid ?? 0, "SIGHUP"), "a handler of SIGHUP");
    daemon.kill("SIGHUP");
    await until(() => lines.some((line) => line.includes("the policy was reloaded")), "the reload");
    daemon.kill("SIGTERM");
    assert.deepEqual(await once(daemon, "exit"), [0, null]);
  }));

test("SIGHUP still ends a command that is no daemon", () =>
  inFolder(async (folder) => {
    const fifo = join(folder, "held.mjs");
    const state = join(folder, "state");
    await once(spawn(process.execPath, [...NODE_FLAGS, RPCD, "init", state], { stdio: "ignore" }), "exit");
    // A service that is loaded for as long as it takes.
    writeFileSync(fifo, `await new Promise((resolve) => setTimeout(resolve, 600_000));\n`, { mode: 0o600 });
    writeFileSync(join(state, "rpcd.yaml"), `listen: unix:rpcd.sock\nservices: [${fifo}]\n`, { mode: 0o600 });
    const check = spawn(
      process.execPath,
      [...NODE_FLAGS, RPCD, "--check", "--config", join(state, "rpcd.yaml")],
      {
        stdio: "ignore",
      },
    );
    await until(() => hasHandler(check.pid ?? 0, "SIGHUP"), "a handler of SIGHUP");
    check.kill("SIGHUP");
    assert.deepEqual(await once(check, "exit"), [null, "SIGHUP"]);
  }));

/** Whether a process catches a signal (proc_pid_status(5), SigCgt). */
function hasHandler(pid: number, signal: "SIGHUP"): boolean {
  const number = { SIGHUP: 1 }[signal];
  const [, mask = "0"] = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return ((BigInt(`0x${mask}`) >> BigInt(number - 1)) & 1n) === 1n;
}

describe("a package that is replaced under a running daemon", () => {
  /** What is installed: without the tests, which no user has. */
  const install = (folder: string): string => {
    const target = join(folder, "rpcd");
    const manifest: { readonly files: readonly string[] } = JSON.parse(
      readFileSync(join(PACKAGE, "package.json"), "utf8"),
    );
    for (const name of manifest.files.filter((one) => one.startsWith("dist/")))
      cpSync(join(PACKAGE, name), join(target, name), { recursive: true });
    for (const name of ["package.json", "docs/policy.schema.json"])
      cpSync(join(PACKAGE, name), join(target, name), { recursive: true });
    symlinkSync(join(PACKAGE, "node_modules"), join(target, "node_modules"));
    return target;
  };

  const serve = async (
    t: TestContext,
    program: string,
    folder: string,
  ): Promise<{
    readonly lines: readonly string[];
    readonly state: string;
    readonly signal: (signal: NodeJS.Signals) => void;
    readonly exit: Promise<unknown[]>;
  }> => {
    const state = join(folder, "state");
    await once(spawn(process.execPath, [...NODE_FLAGS, program, "init", state], { stdio: "ignore" }), "exit");
    const daemon = spawn(process.execPath, [...NODE_FLAGS, program, "--config", join(state, "rpcd.yaml")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    t.after(() => daemon.kill("SIGKILL"));
    const lines: string[] = [];
    createInterface({ input: daemon.stdout }).on("line", (line) => lines.push(line));
    const isReady = (): boolean => lines.some((line) => line.includes('"msg":"ready"'));
    await until(() => isReady() || daemon.exitCode !== null, "ready, or its end");
    assert.ok(isReady(), `it ended with ${daemon.exitCode}`);
    return { lines, state, signal: (signal) => daemon.kill(signal), exit: once(daemon, "exit") };
  };

  const CHANGES: readonly [name: string, change: (target: string) => void][] = [
    [
      "by a version whose thread answers otherwise",
      (target) => {
        const thread = join(target, "dist/daemon/policy/thread.js");
        writeFileSync(
          `${thread}.new`,
          'import { parentPort } from "node:worker_threads"; parentPort.postMessage({ another: 1 });',
        );
        renameSync(`${thread}.new`, thread);
      },
    ],
    [
      "by one that has no such file",
      (target) => {
        rmSync(join(target, "dist"), { recursive: true });
        mkdirSync(join(target, "dist"));
      },
    ],
    ["and removed", (target) => rmSync(target, { recursive: true })],
  ];
  for (const [name, change] of CHANGES)
    test(`${name}: the running version reads policies, and says that it is to be restarted`, (t) =>
      inFolder(async (folder) => {
        const target = install(folder);
        const { lines, state, signal, exit } = await serve(t, join(target, "dist/daemon/main.js"), folder);
        change(target);
        const policy = join(state, "policy.yaml");
        writeFileSync(policy, `${readFileSync(policy, "utf8")}\n# changed\n`);
        signal("SIGHUP");
        await until(() => lines.some((line) => line.includes("the policy was reloaded")), "the reload");
        assert.ok(lines.some((line) => line.includes("were replaced since it started")));
        signal("SIGTERM");
        assert.deepEqual(await exit, [0, null]);
      }));

  test("while a thread reads a policy is not believed what that answers", () =>
    inFolder(async (folder) => {
      const path = join(folder, "policy.yaml");
      writeFileSync(path, "policy: 1\n", { mode: 0o600 });
      const order = { path, catalogue: new Map(), nowMs: 0 };
      let asked = 0;
      const answer = await checkOnThread(order, undefined, undefined, () => asked++ > 0);
      assert.deepEqual(structuredClone(answer), await checkOnThread(order));
      assert.equal(asked, 2);
    }));
});
