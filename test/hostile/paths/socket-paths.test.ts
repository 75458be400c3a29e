import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { activation } from "../../support/activation.ts";
import { NODE_FLAGS, RPCD, TestDaemon } from "../../support/daemon.ts";
import { rpcd } from "../../support/rpcd.ts";

const LOST = "a socket of the daemon is no longer at its path";
const BACK = "a socket of the daemon is at its path again";

/** What is in a folder, and which file each is. */
function state(folder: string): readonly string[] {
  return readdirSync(folder)
    .map((name) => {
      const { dev, ino, size, mtimeMs } = lstatSync(join(folder, name));
      return [name, dev, ino, size, mtimeMs].join(" ");
    })
    .toSorted();
}

async function serves(daemon: TestDaemon): Promise<void> {
  const rpc = await daemon.connect();
  assert.equal(await rpc.call("add", [2, 3]), 5);
  await rpc.close();
}

/** A second configuration in the folder of a daemon. */
function configured(daemon: TestDaemon, lines: string): string {
  const path = join(daemon.folder, "second.yaml");
  writeFileSync(path, `services: [service.mjs]\nlog_format: json\n${lines}`, { mode: 0o600 });
  return path;
}

describe("66: the path of a socket", () => {
  test("that is moved away is told once, and once when it is back; who is connected notices nothing", () =>
    TestDaemon.during({ listen: "unix:rpcd.sock" }, async (daemon) => {
      const rpc = await daemon.connect();
      const lost = daemon.nextLine(LOST);
      renameSync(daemon.socket, `${daemon.socket}.away`);
      assert.match(await lost, /"level":"error".*restart the daemon/);
      assert.equal(await rpc.call("add", [2, 3]), 5);
      await assert.rejects(daemon.connect());
      const back = daemon.nextLine(BACK);
      renameSync(`${daemon.socket}.away`, daemon.socket);
      await back;
      await serves(daemon);
      for (const said of [LOST, BACK])
        assert.equal(daemon.log.filter((line) => line.includes(said)).length, 1);
      await rpc.close();
    }));

  for (const [what, put] of [
    ["a file", (path: string) => writeFileSync(path, "mine")],
    ["a link", (path: string) => symlinkSync("rpcd.yaml", path)],
    ["a folder", (path: string) => mkdirSync(path)],
    ["another daemon's socket", (path: string) => renameSync(`${path}.other`, path)],
  ] as const)
    test(`with ${what} put in its place: it is told, and is still there when the daemon has ended`, async () => {
      const daemon = await TestDaemon.start({
        listen: "[unix:rpcd.sock, unix:rpcd.sock.other]",
        config: "metrics: unix:metrics.sock\n",
      });
      const lost = daemon.nextLine(LOST);
      rmSync(daemon.socket);
      put(daemon.socket);
      const { ino } = lstatSync(daemon.socket);
      await lost;
      daemon.signal("SIGTERM");
      assert.equal(await daemon.exited(), 0);
      assert.equal(lstatSync(daemon.socket).ino, ino);
      for (const name of ["metrics.sock", "audit.jsonl.lock", "rpcd.status.json.lock"])
        assert.equal(existsSync(join(daemon.folder, name)), false, name);
      await daemon.stop();
    });

  test("that systemd opened is watched as well, and never removed", async () => {
    const daemon = await TestDaemon.start({
      listen: "unix:rpcd.sock",
      launch: activation({ sockets: [{ kind: "unix", path: "rpcd.sock" }] }),
    });
    const lost = daemon.nextLine(LOST);
    renameSync(daemon.socket, `${daemon.socket}.away`);
    await lost;
    const back = daemon.nextLine(BACK);
    renameSync(`${daemon.socket}.away`, daemon.socket);
    await back;
    daemon.signal("SIGTERM");
    assert.equal(await daemon.exited(), 0);
    assert.equal(existsSync(daemon.socket), true);
    await daemon.stop();
  });
});

describe("a second daemon", () => {
  for (const [what, lines, said] of [
    [
      "the same audit log",
      "listen: unix:s.sock\nstatus_file: s.json\n",
      /writes \S*audit\.jsonl\n.*in 'audit'/,
    ],
    [
      "the same status file",
      "listen: unix:s.sock\naudit: s.jsonl\n",
      /writes \S*rpcd\.status\.json\n.*'status_file'/,
    ],
    [
      "the same socket",
      "listen: unix:rpcd.sock\naudit: s.jsonl\nstatus_file: s.json\n",
      /listening there already/,
    ],
  ] as const)
    test(`with ${what} is refused, says what to do, and touches nothing`, () =>
      TestDaemon.during({}, async (daemon) => {
        const path = configured(daemon, lines);
        const before = state(daemon.folder);
        const { code, err, out } = await rpcd(["--config", path]);
        assert.equal(code, 78, err);
        assert.match(err, said);
        assert.match(err, /\n {2}mend: stop /);
        assert.doesNotMatch(out, /listening|ready/);
        // The log of its own, and nothing else, is made before the socket is tried.
        const after = state(daemon.folder).filter((line) => !line.startsWith("s.jsonl "));
        assert.deepEqual(after, before);
        await serves(daemon);
        assert.equal(await daemon.reload(), true);
      }));

  test("beside one with sockets of systemd is refused, with sockets of systemd and without", async () => {
    const launch = activation({ sockets: [{ kind: "unix", path: "rpcd.sock" }] });
    await TestDaemon.during({ listen: "unix:rpcd.sock", launch }, async (daemon) => {
      const before = state(daemon.folder);
      const other = join(daemon.folder, "rpcd.yaml");
      const byHand = await rpcd(["--config", other]);
      assert.match(byHand.err, /another daemon runs that writes \S*audit\.jsonl/);
      const passed = activation({ sockets: [{ kind: "tcp", host: "127.0.0.1", port: 0 }] });
      const activated = await rpcd(["--config", other], passed(daemon.folder));
      assert.match(activated.err, /another daemon runs that writes \S*audit\.jsonl/);
      assert.deepEqual(state(daemon.folder), before);
      await serves(daemon);
    });
  });

  test("with files of its own in the same folder is no second one", () =>
    TestDaemon.during({}, async (daemon) => {
      const lines = "listen: unix:s.sock\naudit: s.jsonl\nstatus_file: s.json\n";
      const child = started(configured(daemon, lines));
      assert.equal(await readyOrRefused(child), "ready");
      child.kill("SIGTERM");
      await once(child, "exit");
      assert.equal(child.exitCode, 0);
    }));

  test("that begins at the same moment, after one that was killed: one serves, the others are refused, nothing is left", async () => {
    const daemon = await TestDaemon.start({ listen: "unix:rpcd.sock" });
    daemon.signal("SIGKILL");
    await daemon.exited();
    assert.equal(existsSync(join(daemon.folder, "audit.jsonl.lock")), true, "it was left behind");
    const config = join(daemon.folder, "rpcd.yaml");
    const children = Array.from({ length: 4 }, () => started(config));
    const ends = await Promise.all(children.map(readyOrRefused));
    assert.equal(ends.filter((end) => end === "ready").length, 1, ends.join("\n"));
    for (const end of ends) if (end !== "ready") assert.match(end, /another daemon runs|has just begun/);
    await serves(daemon);
    const winner = children[ends.indexOf("ready")] ?? assert.fail();
    winner.kill("SIGTERM");
    await once(winner, "exit");
    assert.deepEqual(
      readdirSync(daemon.folder).filter((name) => /sock|lock|\.new/.test(name)),
      [],
    );
    await daemon.stop();
  });

  test("leaves a file alone that has the name of a lock and is none", async () => {
    const daemon = await TestDaemon.start();
    daemon.signal("SIGTERM");
    await daemon.exited();
    const lock = join(daemon.folder, "audit.jsonl.lock");
    writeFileSync(lock, "mine");
    await assert.rejects(daemon.restart(), /audit\.jsonl\.lock: something that is no socket is in the way/);
    assert.equal(readFileSync(lock, "utf8"), "mine");
    rmSync(lock);
    await daemon.restart();
    await serves(daemon);
    assert.equal(await daemon.stop(), 0);
  });
});

function started(config: string): ChildProcess {
  return spawn(process.execPath, [...NODE_FLAGS, RPCD, "--config", config], {
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** @returns `ready`, or what it said when it ended */
async function readyOrRefused({ stdout, stderr }: ChildProcess): Promise<string> {
  const said = text(stderr ?? assert.fail());
  for await (const chunk of stdout ?? assert.fail()) if (String(chunk).includes('"ready"')) return "ready";
  return said;
}
