import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { PACKAGE } from "../support/daemon.ts";
import { until } from "../support/failure.ts";
import { Container, type Ran } from "./container.ts";
import { PROBE_GRANTS, PROBE_SERVICE } from "./probe-service.ts";

/*
 * The whole life of the service on a Debian with a systemd of its own. `.ci/container` makes the root file system and runs this;
 * the steps build on one another, so they stand in their order.
 */
const ROOT = process.env["RPCD_CONTAINER"] ?? "";

const POLICY = "/etc/rpcd/policy.yaml";
const CONFIG = "/etc/rpcd/rpcd.yaml";
/** Connects 900 times, stays for four seconds, and never says a word. */
const CROWD = `
const sockets = Array.from({ length: 900 }, () => require("node:net").connect("/run/rpcd/rpcd.sock").on("error", () => {}));
setTimeout(() => sockets.forEach((socket) => socket.destroy()), 4000);
`;

const ALICE = { user: "alice" };

describe("rpcd under systemd", () => {
  let box: Container;

  before(async () => {
    box = await Container.boot(ROOT);
  });

  after(() => box.stop());

  const rpcctl = (words: readonly string[], user = "alice"): Promise<Ran> =>
    box.try(["rpcctl", ...words], { user });
  const call = async (...words: string[]): Promise<string> => {
    const { code, out, err } = await rpcctl(["call", ...words]);
    assert.equal(code, 0, err);
    return out.trim();
  };
  const reload = (): Promise<Ran> => box.try(["systemctl", "reload", "rpcd"]);
  /** What the journal has of the service since a moment, by priority. */
  const journal = async (priority = "debug"): Promise<string> =>
    box.run(["journalctl", "-u", "rpcd", "-o", "cat", "--no-pager", "-p", priority]);
  const audit = (): readonly Readonly<Record<string, unknown>>[] =>
    box
      .read("/var/log/rpcd/audit.jsonl")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));

  test("install-units puts units, user and folder in place; a second time changes nothing", async () => {
    const first = await box.run(["rpcd", "install-units"]);
    for (const path of [
      "rpcd.service",
      "rpcd.socket",
      "sysusers.d/rpcd.conf",
      "tmpfiles.d/rpcd.conf",
      CONFIG,
    ])
      assert.match(first, new RegExp(path));
    const key = box.read("/etc/rpcd/host_key");
    assert.match(await box.run(["rpcd", "install-units"]), /^nothing to do/);
    assert.equal(box.read("/etc/rpcd/host_key"), key, "the host key is kept");
    assert.equal(await box.run(["stat", "-c", "%U:%G %a", POLICY]), "root:rpcd 640");
    assert.equal(await box.run(["stat", "-c", "%U:%G %a", "/etc/rpcd/host_key"]), "root:root 600");
    assert.equal(await box.run(["stat", "-c", "%U:%G %a", "/run/rpcd"]), "root:root 755");
  });

  test("the units are clean for systemd-analyze verify, and their exposure is 0.5 or lower", async (t) => {
    const { code, out, err } = await box.try(["systemd-analyze", "verify", "rpcd.service", "rpcd.socket"]);
    assert.deepEqual([code, out, err], [0, "", ""]);
    const said = await box.run(["systemd-analyze", "security", "--no-pager", "rpcd.service"]);
    const [, exposure] = /Overall exposure level for rpcd\.service: ([0-9.]+)/.exec(said) ?? [];
    t.diagnostic(`exposure of the loaded unit: ${exposure}`);
    assert.ok(Number(exposure) <= 0.5, said);
  });

  test("it starts, is active when it can be called, and says how it is", async () => {
    await box.run(["systemctl", "enable", "--now", "rpcd.socket", "rpcd.service"]);
    assert.equal(await box.property("ActiveState"), "active");
    assert.match(await box.property("StatusText"), /^serving on unix:\/run\/rpcd\/rpcd\.sock; sha256:/);
    assert.equal(await box.run(["stat", "-c", "%U:%G %a", "/run/rpcd/rpcd.sock"]), "root:rpcd-callers 660");
  });

  test("whoever is enrolled calls over the socket; others are turned away, each in their way", async () => {
    for (const user of ["alice", "mallory", "bob"]) await box.run(["useradd", "-m", user]);
    for (const user of ["alice", "mallory"]) await box.run(["usermod", "-aG", "rpcd-callers", user]);
    for (const user of ["alice", "mallory", "bob"]) await box.run(["rpcctl", "key", "new"], { user });
    const lines = await box.run(["rpcctl", "enrol", "--name", "alice"], ALICE);
    const identities = lines.slice(lines.indexOf("identities:")).replace("roles: []", "roles: [caller]");
    box.edit(POLICY, (text) => text.replace("identities: {}", identities));
    assert.equal((await rpcctl(["call", "add", "2", "3"])).code, 4, "not before the reload");
    assert.deepEqual(await reload(), { code: 0, out: "", err: "" });
    assert.equal(await call("add", "2", "3"), "5");
    assert.match((await rpcctl(["ping"])).out, /^id:alice \(roles caller\)/);
    assert.equal((await rpcctl(["call", "add", "2", "3"], "mallory")).code, 4, "a key that is not enrolled");
    assert.equal((await rpcctl(["call", "add", "2", "3"], "bob")).code, 7, "not in the group: the kernel");
    const logins = audit().filter(({ kind }) => kind === "login");
    assert.deepEqual(new Set(logins.map(({ result }) => result)), new Set(["ok", "refused"]));
  });

  test("a reload with a bad policy fails, says where, and changes nothing; with a good one it is in force", async () => {
    box.edit(POLICY, (text) => `${text}  bad: {to: nobody, call: add, args: any}\n`);
    const failed = await reload();
    assert.equal(failed.code, 1);
    assert.match(
      await box.property("StatusText"),
      /LAST RELOAD REFUSED: \/etc\/rpcd\/policy\.yaml:\d+:\d+: E P301/,
    );
    assert.match(await journal("err"), /policy\.yaml:\d+:\d+: E P301 /);
    assert.equal(await box.property("ActiveState"), "active");
    assert.equal(await call("add", "2", "3"), "5");
    box.edit(POLICY, (text) => text.replace(/ {2}bad: .*\n/, ""));
    assert.equal((await reload()).code, 0);
    assert.match(await box.property("StatusText"), /generation 3$/);
  });

  test("a service of one's own, and a grant for it, by a restart", async () => {
    box.edit(POLICY, (text) => text + PROBE_GRANTS);
    box.write("/etc/rpcd/services/probe.mjs", PROBE_SERVICE);
    box.edit(CONFIG, (text) =>
      text.replace("services/example.mjs", "services/example.mjs, services/probe.mjs"),
    );
    await box.run(["systemctl", "restart", "rpcd"]);
    assert.equal(await call("probe.running"), "0");
  });

  test("a reload takes new limits and the level of the log, and says what waits for the next start", async () => {
    box.edit(CONFIG, (text) => `${text}log_level: debug\ndrain_timeout_ms: 4000\nsocket_mode: "0640"\n`);
    assert.equal((await reload()).code, 0);
    assert.match(await journal("info"), /for the next start: socket_mode/);
    await call("add", "1", "1");
    assert.match(await journal("debug"), /"level":"debug".*"msg":"logged in"/);
    box.edit(CONFIG, (text) => `${text}log_levle: info\n`);
    assert.equal((await reload()).code, 1);
    assert.match(await box.property("StatusText"), /C201.*log_levle/);
    box.edit(CONFIG, (text) => text.replace("log_levle: info\n", ""));
    assert.equal((await reload()).code, 0);
  });

  test("kill -9: it is started again, the next call waits in the socket and is answered", async () => {
    const pid = await box.property("MainPID");
    await box.run(["/bin/sh", "-c", `kill -9 ${pid}`]);
    assert.equal(await call("add", "20", "3"), "23");
    await until(async () => (await box.property("NRestarts")) === "1");
    assert.notEqual(await box.property("MainPID"), pid);
  });

  test("a handler that blocks the loop: the watchdog ends it, its caller is told that the outcome is not known", async () => {
    await box.run(["mkdir", "-p", "/etc/systemd/system/rpcd.service.d"]);
    box.write("/etc/systemd/system/rpcd.service.d/watchdog.conf", "[Service]\nWatchdogSec=2\n");
    await box.run(["systemctl", "daemon-reload"]);
    await box.run(["systemctl", "restart", "rpcd"]);
    const restarts = Number(await box.property("NRestarts"));
    const stuck = await rpcctl(["--json", "call", "probe.spin"]);
    assert.equal(stuck.code, 11, stuck.err);
    assert.match(stuck.err, /"outcome":\s*"unknown"/);
    assert.equal(await call("add", "2", "3"), "5");
    assert.equal(Number(await box.property("NRestarts")), restarts + 1);
    assert.match(await journal("warning"), /Watchdog timeout/);
    assert.ok(
      audit().some(({ method, decision }) => method === "probe.spin" && decision === "allow"),
      "no call ran without its line",
    );
  });

  test("a loop that is only busy for a while gives signs of life", async () => {
    const restarts = await box.property("NRestarts");
    for (let i = 0; i < 3; i++) assert.equal(await call("probe.slow", "1500"), "done");
    assert.equal(await box.property("NRestarts"), restarts);
  });

  test("stop with calls in flight: what ends within the drain time is answered, the rest is told truly", async () => {
    const quick = rpcctl(["call", "probe.slow", "1500"]);
    const slow = rpcctl(["--json", "--timeout", "1m", "call", "probe.slow", "30000"]);
    await until(async () => (await call("probe.running")) === "2");
    await box.run(["systemctl", "stop", "rpcd.service"]);
    assert.deepEqual(await quick, { code: 0, out: "done\n", err: "" });
    const ended = await slow;
    assert.equal(ended.code, 11, ended.err);
    assert.match(ended.err, /"code":\s*"unavailable"[^}]*"outcome":\s*"unknown"/s);
    assert.equal(await box.property("Result"), "success");
    assert.equal(await box.property("ExecMainStatus"), "0");
  });

  test("socket activation from cold: the first client starts it", async () => {
    assert.equal(await box.property("ActiveState"), "inactive");
    assert.equal(await box.property("ActiveState", "rpcd.socket"), "active");
    assert.equal(await call("add", "2", "3"), "5");
    assert.equal(await box.property("ActiveState"), "active");
  });

  test("the sandbox, from within: nothing to write, no key, no network, no other process, nothing inherited", async () => {
    for (const path of ["/etc/rpcd/policy.yaml", "/usr/bin/x", "/home/x", "/run/rpcd/x", "/x"])
      assert.match(await call("probe.write", path), /^(EROFS|EACCES|EPERM|ENOENT)$/, path);
    assert.equal(await call("probe.write", "/var/lib/rpcd/x"), "undefined", "its own folder of state");
    assert.equal(await call("probe.read", "/etc/rpcd/host_key"), "EACCES");
    assert.equal(await call("probe.read", "/etc/shadow"), "EACCES");
    assert.equal(await call("probe.read", "/home/alice/.config/rpcctl/id_ed25519"), "EACCES");
    assert.equal(await call("probe.processes"), "1");
    assert.equal(await call("probe.variables"), "[]");
    assert.match(await call("probe.dial", "127.0.0.1", "22"), /EAFNOSUPPORT|EPERM|EACCES/);
    // 0, 1, 2 and the folder itself: no child has the sockets of the daemon.
    assert.equal(JSON.parse(await call("--json", "probe.descriptors")).length, 4);
  });

  test("TCP through the socket of systemd, for a daemon that has no network of its own", async () => {
    await box.run(["mkdir", "-p", "/etc/systemd/system/rpcd.socket.d"]);
    box.write("/etc/systemd/system/rpcd.socket.d/tcp.conf", "[Socket]\nListenStream=7370\n");
    await box.run(["systemctl", "daemon-reload"]);
    await box.run(["systemctl", "stop", "rpcd.service", "rpcd.socket"]);
    await box.run(["systemctl", "start", "rpcd.socket"]);
    const refused = await box.try(["systemctl", "start", "rpcd.service"]);
    assert.equal(refused.code, 1);
    assert.equal(await box.property("ExecMainStatus"), "78");
    assert.match(await journal("err"), /'listen' has no such address\n.*mend: name it in 'listen'/);
    box.edit(CONFIG, (text) =>
      text.replace(/^listen: .*$/m, 'listen: [unix:/run/rpcd/rpcd.sock, "tls://[::]:7370"]'),
    );
    await box.run(["systemctl", "reset-failed", "rpcd.service", "rpcd.socket"]);
    await box.run(["systemctl", "restart", "rpcd.socket", "rpcd.service"]);
    const [, fingerprint = ""] = / (SHA256:\S+)/.exec(box.read("/etc/rpcd/known_daemons")) ?? [];
    await box.run(["rpcctl", "trust", "tls://127.0.0.1:7370", fingerprint], ALICE);
    const { code, out, err } = await rpcctl(["--address", "tls://127.0.0.1:7370", "call", "add", "2", "3"]);
    assert.deepEqual([code, out, err], [0, "5\n", ""]);
    assert.equal(await call("add", "2", "3"), "5", "the Unix socket beside it");
    const pid = await box.property("MainPID");
    const devices = await box.run(["/bin/sh", "-c", `cat /proc/${pid}/net/dev | tail -n +3 | cut -d: -f1`]);
    assert.equal(devices.trim(), "lo", "its own network has nothing in it");
  });

  test("a socket that is configured and not passed: it does not start, and says what to write where", async () => {
    box.edit(CONFIG, (text) => text.replace('"tls://[::]:7370"]', '"tls://[::]:7370", "tls://[::]:7371"]'));
    const refused = await box.try(["systemctl", "restart", "rpcd.service"]);
    assert.equal(refused.code, 1);
    assert.match(await journal("err"), /mend: ListenStream=\[::\]:7371 in the socket unit/);
    box.edit(CONFIG, (text) => text.replace(', "tls://[::]:7371"', ""));
    await box.run(["systemctl", "reset-failed", "rpcd.service", "rpcd.socket"]);
    await box.run(["systemctl", "restart", "rpcd.socket", "rpcd.service"]);
    assert.equal(await call("add", "2", "3"), "5");
  });

  test("--allow-restart: a method may have systemd restart what is named, and nothing else", async () => {
    for (const name of ["demo", "other"])
      box.write(
        `/etc/systemd/system/${name}.service`,
        "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n",
      );
    await box.run(["systemctl", "daemon-reload"]);
    assert.match(await call("probe.restart", "demo.service"), /Access denied|authentication required/i);
    await box.run(["rpcd", "install-units", "--allow-restart", "demo"]);
    await until(async () => (await call("probe.restart", "demo.service")) === "restarted");
    assert.equal(await box.property("ActiveState", "demo.service"), "active");
    assert.match(await call("probe.restart", "other.service"), /Access denied|authentication required/i);
  });

  test("a full disk under the audit log: calls are refused, and go on when there is room", async () => {
    await box.run(["systemctl", "stop", "rpcd.service"]);
    await box.run([
      "mount",
      "-t",
      "tmpfs",
      "-o",
      "size=64k,mode=0750,uid=rpcd,gid=rpcd",
      "tmpfs",
      "/var/log/rpcd",
    ]);
    try {
      await box.run(["systemctl", "start", "rpcd.service"]);
      assert.equal(await call("add", "2", "3"), "5");
      await box.try(["dd", "if=/dev/zero", "of=/var/log/rpcd/filler", "bs=1k", "count=100"]);
      let refused: Ran = { code: 0, out: "", err: "" };
      // What is left of the last block of the file is used up first.
      await until(async () => (refused = await rpcctl(["call", "add", "2", "3"])).code !== 0);
      assert.match(refused.err, /unavailable|refused/);
      assert.match(await journal("err"), /the audit log cannot be written; calls are refused/);
      await box.run(["rm", "/var/log/rpcd/filler"]);
      assert.equal(await call("add", "2", "3"), "5");
    } finally {
      await box.run(["systemctl", "stop", "rpcd.service"]);
      await box.run(["umount", "/var/log/rpcd"]);
      await box.run(["systemctl", "start", "rpcd.service"]);
    }
  });

  test("no descriptors left: who is served goes on, others wait or are turned away, and it recovers", async () => {
    box.write("/etc/systemd/system/rpcd.service.d/files.conf", "[Service]\nLimitNOFILE=512\n");
    box.edit(CONFIG, (text) => `${text}max_startups_local: "2000:30:2000"\n`);
    await box.run(["systemctl", "daemon-reload"]);
    await box.run(["systemctl", "reset-failed", "rpcd.service"]);
    await box.run(["systemctl", "restart", "rpcd"]);
    const served = rpcctl(["call", "probe.slow", "3000"]);
    await until(async () => (await call("probe.running")) === "1");
    const crowd = box.run(["node", "-e", CROWD], { user: "mallory" });
    await until(async () => (await rpcctl(["call", "add", "2", "3"])).code !== 0);
    assert.deepEqual(await served, { code: 0, out: "done\n", err: "" });
    await crowd;
    await until(async () => (await rpcctl(["call", "add", "2", "3"])).code === 0);
    assert.equal(await box.property("ActiveState"), "active");
    await box.run(["rm", "/etc/systemd/system/rpcd.service.d/files.conf"]);
    await box.run(["systemctl", "daemon-reload"]);
    await box.run(["systemctl", "restart", "rpcd"]);
  });

  test("the journal has priorities: errors alone are errors", async () => {
    const entries = (await box.run(["journalctl", "-u", "rpcd", "-o", "json", "--no-pager", "_COMM=node"]))
      .split("\n")
      .map((line): Readonly<Record<string, unknown>> => JSON.parse(line));
    const levels = new Map<unknown, Set<unknown>>();
    for (const { PRIORITY: priority, MESSAGE: message } of entries) {
      const [, level] = /^\{"level":"(\w+)"/.exec(String(message)) ?? [];
      if (level !== undefined) levels.set(level, (levels.get(level) ?? new Set()).add(priority));
    }
    assert.deepEqual(Object.fromEntries([...levels].map(([level, found]) => [level, [...found].join(" ")])), {
      debug: "7",
      info: "6",
      warn: "4",
      error: "3",
    });
  });

  test("--remove takes the units away and leaves keys, policy and logs", async () => {
    await box.run(["rpcd", "install-units", "--remove"]);
    assert.equal((await box.try(["systemctl", "cat", "rpcd.service"])).code, 1);
    for (const path of [POLICY, "/etc/rpcd/host_key", "/var/log/rpcd/audit.jsonl"])
      assert.notEqual(box.read(path), "");
    assert.match(await box.run(["rpcd", "install-units", "--remove"]), /^nothing to do/);
  });
});

test("the shipped units are what install-units would write on a host that has node and rpcd in the usual places", () => {
  const shipped = readFileSync(join(PACKAGE, "systemd", "rpcd.service"), "utf8");
  assert.match(
    shipped,
    /^ExecStart=\/usr\/bin\/node .* \/usr\/lib\/node_modules\/rpcd\/dist\/daemon\/main\.js /m,
  );
});
