import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { until } from "../support/failure.ts";
import type { Ran } from "./container.ts";
import { ALICE, CONFIG, POLICY, ServiceHost, told, toldUnit } from "./service-host.ts";

/** Connects 900 times, stays for four seconds, and never says a word. */
const CROWD = `
const sockets = Array.from({ length: 900 }, () => require("node:net").connect("/run/rpcd/rpcd.sock").on("error", () => {}));
setTimeout(() => sockets.forEach((socket) => socket.destroy()), 4000);
`;

const METRICS_READER = `
require("node:http").get({ socketPath: "/run/rpcd/metrics.sock", path: "/metrics" }, (page) => page.pipe(process.stdout));
`;

/*
 * What the service can and cannot do on its host, after `life.ts` has set it up there; in their order, too.
 */
describe("rpcd within its bounds", () => {
  let host: ServiceHost;

  before(async () => {
    host = await ServiceHost.boot();
  });

  after(() => host.box.stop());

  test("it is there when the host has started", async () => {
    assert.equal(await host.box.property("ActiveState"), "active");
    assert.equal(await host.call("add", "2", "3"), "5");
  });

  test("the sandbox, from within: nothing to write, no key, no network, no other process, nothing inherited", async () => {
    for (const path of ["/etc/rpcd/policy.yaml", "/usr/bin/x", "/home/x", "/run/rpcd/x", "/x"])
      assert.match(await host.call("probe.write", path), /^(EROFS|EACCES|EPERM|ENOENT)$/, path);
    assert.equal(await host.call("probe.write", "/var/lib/rpcd/x"), "undefined", "its own folder of state");
    assert.equal(await host.call("probe.read", "/etc/rpcd/host_key"), "EACCES");
    assert.equal(await host.call("probe.read", "/etc/shadow"), "EACCES");
    assert.equal(await host.call("probe.read", "/home/alice/.config/rpcctl/id_ed25519"), "EACCES");
    assert.equal(await host.call("probe.processes"), "1");
    assert.equal(await host.call("probe.variables"), "[]");
    assert.match(await host.call("probe.dial", "127.0.0.1", "22"), /EAFNOSUPPORT|EPERM|EACCES/);
    // 0, 1, 2 and the folder itself: no child has the sockets of the daemon.
    assert.equal(JSON.parse(await host.call("--json", "probe.descriptors")).length, 4);
  });

  test("a drop-in as docs/operations.md has it opens what a service must read and write, and no more", async () => {
    await host.sh("mkdir -p /srv/reports /srv/status /home/build/status && chown rpcd /srv/reports");
    await host.sh("echo well > /home/build/status/today; echo no > /home/build/other");
    const path = "/etc/systemd/system/rpcd.service.d/override.conf";
    host.box.write(path, toldUnit(path));
    await host.box.run(["systemctl", "daemon-reload"]);
    await host.restart();
    assert.equal(await host.call("probe.write", "/srv/reports/x"), "undefined");
    assert.equal(await host.call("probe.read", "/srv/status/today"), "5");
    for (const [method, file] of [
      ["probe.write", "/srv/x"],
      ["probe.write", "/srv/status/x"],
      ["probe.read", "/home/build/other"],
    ] as const)
      assert.match(await host.call(method, file), /^(EROFS|EACCES|ENOENT)$/, `${method} ${file}`);
    await host.box.run(["rm", path]);
    await host.box.run(["systemctl", "daemon-reload"]);
    await host.restart();
  });

  test("TCP through the socket of systemd, for a daemon that has no network of its own", async () => {
    await host.box.run(["mkdir", "-p", "/etc/systemd/system/rpcd.socket.d"]);
    host.box.write("/etc/systemd/system/rpcd.socket.d/tcp.conf", "[Socket]\nListenStream=7370\n");
    await host.box.run(["systemctl", "daemon-reload"]);
    await host.box.run(["systemctl", "stop", "rpcd.service", "rpcd.socket"]);
    await host.box.run(["systemctl", "start", "rpcd.socket"]);
    const refused = await host.box.try(["systemctl", "start", "rpcd.service"]);
    assert.equal(refused.code, 1);
    assert.equal(await host.box.property("ExecMainStatus"), "78");
    assert.match(
      await host.journal("err"),
      /neither 'listen' nor 'metrics' has such an address\n.*mend: name it in one of them/,
    );
    host.box.edit(CONFIG, (text) =>
      text.replace(/^listen: .*$/m, 'listen: [unix:/run/rpcd/rpcd.sock, "tls://[::]:7370"]'),
    );
    await host.box.run(["systemctl", "reset-failed", "rpcd.service", "rpcd.socket"]);
    await host.box.run(["systemctl", "restart", "rpcd.socket", "rpcd.service"]);
    const [, fingerprint = ""] = / (SHA256:\S+)/.exec(host.box.read("/etc/rpcd/known_daemons")) ?? [];
    await host.box.run(["rpcctl", "trust", "tls://127.0.0.1:7370", fingerprint], ALICE);
    const { code, out, err } = await host.rpcctl([
      "--address",
      "tls://127.0.0.1:7370",
      "call",
      "add",
      "2",
      "3",
    ]);
    assert.deepEqual([code, out, err], [0, "5\n", ""]);
    assert.equal(await host.call("add", "2", "3"), "5", "the Unix socket beside it");
    const pid = await host.box.property("MainPID");
    const devices = await host.box.run([
      "/bin/sh",
      "-c",
      `cat /proc/${pid}/net/dev | tail -n +3 | cut -d: -f1`,
    ]);
    assert.equal(devices.trim(), "lo", "its own network has nothing in it");
  });

  test("the host key is changed: a client that came while both were there comes on, as do those that believe root", async () => {
    const far = ["--address", "tls://127.0.0.1:7370", "call", "add", "2", "3"];
    const old = await host.box.run(["rpcctl", "key", "fingerprint", "/etc/rpcd/host_key"]);
    await host.sh(told("rpcctl key new /etc/rpcd/next_host_key"));
    await host.sh(
      told(
        `echo "unix:/run/rpcd/rpcd.sock $(rpcctl key fingerprint /etc/rpcd/next_host_key | cut -d' ' -f2)" >> /etc/rpcd/known_daemons`,
      ),
    );
    const path = "/etc/systemd/system/rpcd.service.d/next-host-key.conf";
    host.box.write(path, toldUnit(path));
    const option = `${told("other_host_keys: /run/credentials/rpcd.service/next_host_key")}\n`;
    host.box.edit(CONFIG, (text) => text + option);
    const restart = told("systemctl daemon-reload && systemctl restart rpcd");
    await host.sh(restart);
    const learns = await host.rpcctl(far);
    assert.deepEqual([learns.code, learns.out], [0, "5\n"], learns.err);
    await host.sh(told("cd /etc/rpcd && mv next_host_key host_key && mv next_host_key.pub host_key.pub"));
    await host.sh(told("rm /etc/systemd/system/rpcd.service.d/next-host-key.conf"));
    host.box.edit(CONFIG, (text) => text.replace(option, ""));
    await host.sh(restart);
    assert.notEqual(await host.box.run(["rpcctl", "key", "fingerprint", "/etc/rpcd/host_key"]), old);
    const comes = await host.rpcctl(far);
    assert.deepEqual([comes.code, comes.out], [0, "5\n"], comes.err);
    host.box.edit("/etc/rpcd/known_daemons", (text) => text.replace(/^.*\n/, ""));
    assert.equal(await host.call("add", "2", "3"), "5");
  });

  test("a socket that is configured and not passed: it does not start, and says what to write where", async () => {
    host.box.edit(CONFIG, (text) =>
      text.replace('"tls://[::]:7370"]', '"tls://[::]:7370", "tls://[::]:7371"]'),
    );
    const refused = await host.box.try(["systemctl", "restart", "rpcd.service"]);
    assert.equal(refused.code, 1);
    assert.match(await host.journal("err"), /mend: ListenStream=\[::\]:7371 in the socket unit/);
    host.box.edit(CONFIG, (text) => text.replace(', "tls://[::]:7371"', ""));
    await host.box.run(["systemctl", "reset-failed", "rpcd.service", "rpcd.socket"]);
    await host.box.run(["systemctl", "restart", "rpcd.socket", "rpcd.service"]);
    assert.equal(await host.call("add", "2", "3"), "5");
  });

  test("metrics by a socket unit of their own, as docs/operations.md has it", async () => {
    const unit = toldUnit("/etc/systemd/system/rpcd-metrics.socket");
    host.box.write(
      "/etc/systemd/system/rpcd-metrics.socket",
      unit.replace("SocketGroup=prometheus", "SocketGroup=daemon"),
    );
    host.box.edit(CONFIG, (text) => `${text}${told("metrics: unix:/run/rpcd/metrics.sock")}\n`);
    await host.sh(told("systemctl daemon-reload && systemctl enable rpcd-metrics.socket"));
    await host.sh(
      told(
        "systemctl stop rpcd.service rpcd.socket && systemctl start rpcd-metrics.socket rpcd.socket rpcd.service",
      ),
    );
    assert.equal(await host.call("add", "2", "3"), "5");
    const page = await host.box.run(["node", "-e", METRICS_READER]);
    assert.match(page, /^rpcd_calls_total\{method="add",code="ok"\} 1$/m);
    assert.equal(await host.box.run(["stat", "-c", "%U:%G %a", "/run/rpcd/metrics.sock"]), "root:daemon 660");
  });

  test("--allow-restart: a method may have systemd restart what is named, and nothing else", async () => {
    for (const name of ["demo", "other"])
      host.box.write(
        `/etc/systemd/system/${name}.service`,
        "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n",
      );
    await host.box.run(["systemctl", "daemon-reload"]);
    assert.match(await host.call("probe.restart", "demo.service"), /Access denied|authentication required/i);
    await host.box.run(["rpcd", "install-units", "--allow-restart", "demo"]);
    await until(async () => (await host.call("probe.restart", "demo.service")) === "restarted");
    assert.equal(await host.box.property("ActiveState", "demo.service"), "active");
    assert.match(await host.call("probe.restart", "other.service"), /Access denied|authentication required/i);
  });

  test("a full disk under the audit log: calls are refused, and go on when there is room", async () => {
    await host.box.run(["systemctl", "stop", "rpcd.service"]);
    // To the last block: with a reserve, calls and logins are limited before that.
    host.box.edit(CONFIG, (text) => `${text}audit_reserve_mib: 0\n`);
    await host.box.run([
      "mount",
      "-t",
      "tmpfs",
      "-o",
      "size=64k,mode=0750,uid=rpcd,gid=rpcd",
      "tmpfs",
      "/var/log/rpcd",
    ]);
    try {
      await host.box.run(["systemctl", "start", "rpcd.service"]);
      assert.equal(await host.call("add", "2", "3"), "5");
      await host.box.try(["dd", "if=/dev/zero", "of=/var/log/rpcd/filler", "bs=1k", "count=100"]);
      let refused: Ran = { code: 0, out: "", err: "" };
      // What is left of the last block of the file is used up first.
      await until(async () => (refused = await host.rpcctl(["call", "add", "2", "3"])).code !== 0);
      assert.match(refused.err, /unavailable|refused/);
      assert.match(await host.journal("err"), /the audit log cannot be written; calls are refused/);
      await host.box.run(["rm", "/var/log/rpcd/filler"]);
      assert.equal(await host.call("add", "2", "3"), "5");
    } finally {
      await host.box.run(["systemctl", "stop", "rpcd.service"]);
      await host.box.run(["umount", "/var/log/rpcd"]);
      await host.box.run(["systemctl", "start", "rpcd.service"]);
    }
  });

  test("two hundred programs that a call has started leave room for signs of life and a reload", async () => {
    const running = host.call("--timeout", "5m", "probe.children", "200", "25");
    await until(async () => (await host.call("probe.started")) === "200");
    const restarts = await host.box.property("NRestarts");
    assert.equal((await host.reload()).code, 0);
    // Longer than the watchdog waits.
    assert.equal(await running, "done");
    assert.equal(await host.box.property("NRestarts"), restarts);
  });

  test("no descriptors left: who is served goes on, others wait or are turned away, and it recovers", async () => {
    host.box.write("/etc/systemd/system/rpcd.service.d/files.conf", "[Service]\nLimitNOFILE=512\n");
    host.box.edit(CONFIG, (text) => `${text}max_startups_local: "2000:30:2000"\n`);
    await host.box.run(["systemctl", "daemon-reload"]);
    await host.box.run(["systemctl", "reset-failed", "rpcd.service"]);
    await host.box.run(["systemctl", "restart", "rpcd"]);
    const served = host.rpcctl(["call", "probe.slow", "3000"]);
    await until(async () => (await host.call("probe.running")) === "1");
    const crowd = host.box.run(["node", "-e", CROWD], { user: "mallory" });
    await until(async () => (await host.rpcctl(["call", "add", "2", "3"])).code !== 0);
    assert.deepEqual(await served, { code: 0, out: "done\n", err: "" });
    await crowd;
    await until(async () => (await host.rpcctl(["call", "add", "2", "3"])).code === 0);
    assert.equal(await host.box.property("ActiveState"), "active");
    await host.box.run(["rm", "/etc/systemd/system/rpcd.service.d/files.conf"]);
    await host.box.run(["systemctl", "daemon-reload"]);
    await host.box.run(["systemctl", "restart", "rpcd"]);
  });

  test("the journal has priorities: errors alone are errors", async () => {
    const entries = (
      await host.box.run(["journalctl", "-u", "rpcd", "-o", "json", "--no-pager", "_COMM=node"])
    )
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
    await host.box.run(["rpcd", "install-units", "--remove"]);
    assert.equal((await host.box.try(["systemctl", "cat", "rpcd.service"])).code, 1);
    for (const path of [POLICY, "/etc/rpcd/host_key", "/var/log/rpcd/audit.jsonl"])
      assert.notEqual(host.box.read(path), "");
    assert.match(await host.box.run(["rpcd", "install-units", "--remove"]), /^nothing to do/);
  });
});
