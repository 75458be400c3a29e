import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { makeStateFolder } from "../../daemon/systemd/state-folder.ts";
import { NODE_FLAGS, PACKAGE, RPCD, TestDaemon } from "../support/daemon.ts";
import { tempFolder } from "../support/temp-folder.ts";

describe("rpcd", () => {
  let folder: ReturnType<typeof tempFolder>;
  let state: string;
  const file = (name: string): string => join(state, name);
  const rpcd = (...args: string[]): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [...NODE_FLAGS, RPCD, ...args], {
      encoding: "utf8",
      env: {
        PATH: process.env["PATH"],
        HOME: folder.path,
        XDG_STATE_HOME: join(folder.path, "xdg-state"),
        XDG_CONFIG_HOME: join(folder.path, "xdg-config"),
      },
      timeout: 20_000,
    });
  const check = (): SpawnSyncReturns<string> => rpcd("--check", "--config", file("rpcd.yaml"));
  const serve = (): SpawnSyncReturns<string> => rpcd("--config", file("rpcd.yaml"));
  beforeEach(async () => {
    folder = tempFolder();
    state = await makeStateFolder(join(folder.path, "state"));
  });
  afterEach(() => folder.remove());

  test("init makes a folder that is checked as good, with modes that keep others out", () => {
    rmSync(state, { recursive: true });
    const made = rpcd("init", state);
    assert.equal(made.status, 0, made.stderr);
    assert.deepEqual(readdirSync(state).toSorted(), [
      "client",
      "host_key",
      "host_key.pub",
      "node_modules",
      "package.json",
      "policy.yaml",
      "rpcd.yaml",
      "services",
    ]);
    assert.equal(statSync(state).mode & 0o777, 0o700);
    for (const secret of ["host_key", "client/id_ed25519"])
      assert.equal(statSync(file(secret)).mode & 0o777, 0o600, secret);
    assert.equal(join(readlinkSync(file("node_modules/rpcd")), "."), join(PACKAGE, "."));
    const { status, stdout } = check();
    assert.equal(status, 0);
    assert.match(stdout, /is good: 3 methods and 13 of/);
    assert.equal(
      existsSync(file("rpcd.sock")) || existsSync(file("audit.jsonl")),
      false,
      "a check makes nothing",
    );
  });

  test("init leaves a folder that is in use as it was, and takes an empty one", () => {
    writeFileSync(file("mine"), "precious");
    const again = rpcd("init", state);
    assert.deepEqual([again.status, readFileSync(file("mine"), "utf8")], [78, "precious"]);
    assert.match(again.stderr, /is there already and not empty; nothing was changed/);
    const empty = join(folder.path, "empty");
    mkdirSync(empty, { mode: 0o700 });
    assert.equal(rpcd("init", empty).status, 0);
    assert.deepEqual(
      readdirSync(folder.path).filter((name) => name.includes("empty.")),
      [],
      "nothing half-made is left",
    );
  });

  test("init refuses a place that is not safe, or too deep for a socket, and makes nothing", () => {
    const open = join(folder.path, "open");
    mkdirSync(open);
    chmodSync(open, 0o777);
    const unsafe = rpcd("init", join(open, "state"));
    assert.equal(unsafe.status, 78);
    assert.match(unsafe.stderr, /mode 0777.*\n {2}mend: chmod go-w/);
    assert.deepEqual(readdirSync(open), []);
    const deep = rpcd("init", join(folder.path, "d".repeat(100)));
    assert.deepEqual([deep.status, /too deep for a socket/.test(deep.stderr)], [78, true]);
  });

  test("options that are not known, and words too many, are usage errors", () => {
    for (const args of [
      ["--nope"],
      ["--toString=1"],
      ["--__proto__.x=1"],
      ["-x"],
      ["serve"],
      ["init", "a", "b"],
      ["--config"],
      ["init", "a", "--check"],
      ["--config", "a", "--config", "b"],
    ]) {
      const { status, stderr } = rpcd(...args);
      assert.equal(status, 2, `${args.join(" ")}: ${stderr}`);
      assert.match(stderr, /^rpcd: .*see rpcd --help\n$/);
    }
    assert.equal(rpcd("--version").stdout, "rpcd 0.1.0\n");
    for (const word of ["help", "-h"]) assert.equal(rpcd(word).stdout, rpcd("--help").stdout, word);
    assert.match(rpcd("--help").stdout, /rpcd init \[DIR\]/);
  });

  test("an error has a priority in the journal, and none elsewhere, whatever a service above has in its environment", () => {
    const path = join(folder.path, "journal");
    const fd = openSync(path, "w");
    const { dev, ino } = fstatSync(fd);
    for (const [stream, said] of [
      [`${dev}:${ino}`, /^<3>error: .*\n<3> {2}mend: /],
      [`${dev}:${ino + 1}`, /^error: .*\n {2}mend: /],
    ] as const) {
      ftruncateSync(fd);
      const { status } = spawnSync(
        process.execPath,
        [...NODE_FLAGS, RPCD, "--check", "--config", file("nope.yaml")],
        {
          env: { ...process.env, JOURNAL_STREAM: stream },
          stdio: ["ignore", "ignore", fd],
        },
      );
      assert.equal(status, 78);
      assert.match(readFileSync(path, "utf8").replaceAll("\0", ""), said);
    }
    closeSync(fd);
  });

  test("an escape sequence in an argument is shown, not sent to the terminal", () => {
    const { stderr } = rpcd("--\u001b[2J");
    assert.equal(stderr.includes("\u001b"), false);
    assert.match(stderr, /\\u\{1b\}/);
  });

  test("66: a file, a link or a live daemon where the socket should be is left alone", async () => {
    const failsToListen = (text: string): void => {
      const { status, stderr } = serve();
      assert.deepEqual([status, stderr.includes(text)], [78, true], stderr);
    };
    writeFileSync(file("rpcd.sock"), "mine");
    failsToListen("something that is no socket is in the way");
    assert.equal(readFileSync(file("rpcd.sock"), "utf8"), "mine");
    rmSync(file("rpcd.sock"));
    symlinkSync("host_key", file("rpcd.sock"));
    failsToListen("something that is no socket is in the way");
    assert.equal(lstatSync(file("rpcd.sock")).isSymbolicLink(), true);
    rmSync(file("rpcd.sock"));
    const live = createServer().listen({ path: file("rpcd.sock") });
    await once(live, "listening");
    // It answers while this process waits for the daemon, which spawnSync would not let it do.
    const child = spawn(process.execPath, [...NODE_FLAGS, RPCD, "--config", file("rpcd.yaml")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const stderr = child.stderr.setEncoding("utf8").toArray();
    const [code] = await once(child, "exit");
    assert.equal(code, 78);
    assert.match((await stderr).join(""), /a daemon is listening there already.*\n {2}mend: stop it first/);
    live.close();
  });

  test("66: a dead socket of ours is replaced", async () => {
    const child = spawn(process.execPath, [...NODE_FLAGS, RPCD, "--config", file("rpcd.yaml")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    assert.equal(lstatSync(file("rpcd.sock")).isSocket(), true, "it was left behind");
    const next = spawn(process.execPath, [...NODE_FLAGS, RPCD, "--config", file("rpcd.yaml")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(next.stdout, "data");
    assert.match(String(line), /listening/);
    assert.equal(lstatSync(file("rpcd.sock")).mode & 0o777, 0o600);
    next.kill("SIGTERM");
    assert.deepEqual((await once(next, "exit"))[0], 0);
    assert.equal(existsSync(file("rpcd.sock")), false, "an orderly stop takes the socket away");
  });

  test("66: of two daemons that find the same dead socket one serves, and the other takes nothing away", async () => {
    const start = (): ReturnType<typeof spawn> =>
      spawn(process.execPath, [...NODE_FLAGS, RPCD, "--config", file("rpcd.yaml")], {
        stdio: ["ignore", "pipe", "pipe"],
      });
    const dead = start();
    await once(dead.stdout ?? assert.fail(), "data");
    dead.kill("SIGKILL");
    await once(dead, "exit");
    const both = [start(), start()];
    const ends = both.map(async (child) => {
      for await (const chunk of child.stdout ?? []) if (String(chunk).includes('"ready"')) return "ready";
      return "refused";
    });
    assert.deepEqual((await Promise.all(ends)).toSorted(), ["ready", "refused"]);
    assert.equal(
      spawnSync(
        process.execPath,
        [
          ...NODE_FLAGS,
          join(PACKAGE, "dist/rpcctl/main.js"),
          "--config",
          file("client/rpcctl.yaml"),
          "call",
          "add",
          "2",
          "3",
        ],
        { encoding: "utf8" },
      ).stdout,
      "5\n",
    );
    for (const child of both) {
      if (child.exitCode !== null) continue;
      child.kill("SIGTERM");
      await once(child, "exit");
    }
  });

  test("without any configuration it makes the user's state folder and serves from it", async () => {
    const env = {
      PATH: process.env["PATH"],
      HOME: folder.path,
      XDG_STATE_HOME: join(folder.path, "xs"),
      XDG_CONFIG_HOME: join(folder.path, "xc"),
    };
    const child = spawn(process.execPath, [...NODE_FLAGS, RPCD], {
      stdio: ["ignore", "pipe", "inherit"],
      env,
    });
    let text = "";
    for await (const chunk of child.stdout) {
      text += String(chunk);
      if (text.includes('"msg":"ready"')) break;
    }
    assert.match(text, /is ready. Next:\n\n {2}rpcd\n {2}rpcctl call add 2 3/);
    assert.equal(lstatSync(join(folder.path, "xs/rpcd/rpcd.sock")).isSocket(), true);
    assert.equal(existsSync(join(folder.path, "xc/rpcctl/rpcctl.yaml")), true);
    child.kill("SIGTERM");
    assert.deepEqual((await once(child, "exit"))[0], 0);
  });
});

describe("the audit log of a daemon that runs", () => {
  test("a line that a crash cut off is ended before the next one begins", async () => {
    const first = await TestDaemon.start();
    const path = join(first.folder, "audit.jsonl");
    const rpc = await first.connect();
    await rpc.close();
    first.signal("SIGKILL");
    await first.exited();
    writeFileSync(path, `${readFileSync(path, "utf8")}{"at":"cut`);
    const next = spawn(process.execPath, [...NODE_FLAGS, RPCD, "--config", join(first.folder, "rpcd.yaml")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const chunk of next.stdout) if (String(chunk).includes("ready")) break;
    await (await first.connect()).close();
    next.kill("SIGTERM");
    await once(next, "exit");
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    assert.equal(lines.at(-2), '{"at":"cut');
    assert.equal(JSON.parse(lines.at(-1) ?? "").kind, "login");
    await first.stop();
  });

  test("SIGUSR1 opens no inspector", async () => {
    const daemon = await TestDaemon.start();
    daemon.signal("SIGUSR1");
    const rpc = await daemon.connect();
    assert.equal(await rpc.call("add", [2, 3]), 5);
    await rpc.close();
    assert.equal(
      daemon.log.some((line) => line.includes("Debugger listening")),
      false,
    );
    assert.equal(await daemon.stop(), 0);
  });
});
