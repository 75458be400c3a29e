import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { until } from "../support/failure.ts";
import { PROBE_GRANTS, PROBE_SERVICE } from "./probe-service.ts";
import { ALICE, CONFIG, POLICY, ServiceHost, told } from "./service-host.ts";

/*
 * The life of the service on a Debian with a systemd of its own. `.ci/container` makes the root file system and runs this; the steps
 * build on one another, so they stand in their order.
 */
describe("the life of rpcd under systemd", () => {
  let host: ServiceHost;

  before(async () => {
    host = await ServiceHost.boot();
  });

  after(() => host.box.stop());

  test("install-units puts units, user and folder in place; a second time changes nothing", async () => {
    const first = await host.sh(told("rpcd install-units"));
    for (const path of [
      "rpcd.service",
      "rpcd.socket",
      "sysusers.d/rpcd.conf",
      "tmpfiles.d/rpcd.conf",
      "logrotate.d/rpcd",
      CONFIG,
    ])
      assert.match(first, new RegExp(path));
    const key = host.box.read("/etc/rpcd/host_key");
    assert.match(await host.box.run(["rpcd", "install-units"]), /^nothing to do/);
    assert.equal(host.box.read("/etc/rpcd/host_key"), key, "the host key is kept");
    assert.equal(await host.box.run(["stat", "-c", "%U:%G %a", POLICY]), "root:rpcd 640");
    assert.equal(await host.box.run(["stat", "-c", "%U:%G %a", "/etc/rpcd/host_key"]), "root:root 600");
    assert.equal(await host.box.run(["stat", "-c", "%U:%G %a", "/run/rpcd"]), "root:root 755");
  });

  test("the units are clean for systemd-analyze verify, and their exposure is 0.5 or lower", async (t) => {
    const { code, out, err } = await host.box.try([
      "systemd-analyze",
      "verify",
      "rpcd.service",
      "rpcd.socket",
    ]);
    assert.deepEqual([code, out, err], [0, "", ""]);
    const said = await host.box.run(["systemd-analyze", "security", "--no-pager", "rpcd.service"]);
    const [, exposure] = /Overall exposure level for rpcd\.service: ([0-9.]+)/.exec(said) ?? [];
    t.diagnostic(`exposure of the loaded unit: ${exposure}`);
    assert.ok(Number(exposure) <= 0.5, said);
  });

  test("it starts, is active when it can be called, and says how it is", async () => {
    await host.sh(told("systemctl enable --now rpcd.socket rpcd.service"));
    assert.equal(await host.box.property("ActiveState"), "active");
    assert.match(await host.box.property("StatusText"), /^serving on unix:\/run\/rpcd\/rpcd\.sock; sha256:/);
    assert.equal(
      await host.box.run(["stat", "-c", "%U:%G %a", "/run/rpcd/rpcd.sock"]),
      "root:rpcd-callers 660",
    );
  });

  test("whoever is enrolled calls over the socket; others are turned away, each in their way", async () => {
    for (const user of ["alice", "mallory", "bob"]) await host.box.run(["useradd", "-m", user]);
    await host.sh(told("usermod -aG rpcd-callers alice"));
    await host.box.run(["usermod", "-aG", "rpcd-callers", "mallory"]);
    for (const user of ["alice", "mallory", "bob"])
      await host.box.run(told("rpcctl key new").split(" "), { user });
    const lines = await host.box.run(told("rpcctl enrol").split(" "), ALICE);
    const identities = lines.slice(lines.indexOf("identities:")).replace("roles: []", "roles: [caller]");
    host.box.edit(POLICY, (text) => text.replace("identities: {}", identities));
    assert.equal((await host.rpcctl(["call", "add", "2", "3"])).code, 4, "not before the reload");
    await host.sh(told("rpcctl policy lint /etc/rpcd/policy.yaml"));
    await host.sh(told("runuser -u rpcd -- rpcd --check --config /etc/rpcd/rpcd.yaml"));
    await host.sh(told("systemctl reload rpcd"));
    assert.equal(await host.box.run(told("rpcctl call add 2 3").split(" "), ALICE), "5");
    assert.match((await host.rpcctl(["ping"])).out, /^id:alice \(roles caller\)/);
    assert.equal(
      (await host.rpcctl(["call", "add", "2", "3"], "mallory")).code,
      4,
      "a key that is not enrolled",
    );
    assert.equal(
      (await host.rpcctl(["call", "add", "2", "3"], "bob")).code,
      7,
      "not in the group: the kernel",
    );
    const logins = host.audit().filter(({ kind }) => kind === "login");
    assert.deepEqual(new Set(logins.map(({ result }) => result)), new Set(["ok", "refused"]));
  });

  test("a reload with a bad policy fails, says where, and changes nothing; with a good one it is in force", async () => {
    host.box.edit(POLICY, (text) => `${text}  bad: {to: nobody, call: add, args: any}\n`);
    const failed = await host.reload();
    assert.equal(failed.code, 1);
    assert.match(
      await host.box.property("StatusText"),
      /LAST RELOAD REFUSED: \/etc\/rpcd\/policy\.yaml:\d+:\d+: E P301/,
    );
    assert.match(await host.journal("err"), /policy\.yaml:\d+:\d+: E P301 /);
    assert.equal(await host.box.property("ActiveState"), "active");
    assert.equal(await host.call("add", "2", "3"), "5");
    host.box.edit(POLICY, (text) => text.replace(/ {2}bad: .*\n/, ""));
    assert.equal((await host.reload()).code, 0);
    assert.match(await host.box.property("StatusText"), /generation 3$/);
  });

  test("a service of one's own, and a grant for it, by a restart", async () => {
    host.box.edit(POLICY, (text) => text + PROBE_GRANTS);
    host.box.write("/etc/rpcd/services/probe.mjs", PROBE_SERVICE);
    host.box.edit(CONFIG, (text) =>
      text.replace("services/example.mjs", "services/example.mjs, services/probe.mjs"),
    );
    await host.box.run(["systemctl", "restart", "rpcd"]);
    assert.equal(await host.call("probe.running"), "0");
  });

  test("a reload takes new limits and the level of the log, and says what waits for the next start", async () => {
    host.box.edit(CONFIG, (text) => `${text}log_level: debug\ndrain_timeout_ms: 4000\nsocket_mode: "0640"\n`);
    assert.equal((await host.reload()).code, 0);
    assert.match(await host.journal("info"), /for the next start: socket_mode/);
    await host.call("add", "1", "1");
    assert.match(await host.journal("debug"), /"level":"debug".*"msg":"logged in"/);
    host.box.edit(CONFIG, (text) => `${text}log_levle: info\n`);
    assert.equal((await host.reload()).code, 1);
    assert.match(await host.box.property("StatusText"), /C201.*log_levle/);
    host.box.edit(CONFIG, (text) => text.replace("log_levle: info\n", ""));
    assert.equal((await host.reload()).code, 0);
  });

  test("kill -9: it is started again, the next call waits in the socket and is answered", async () => {
    const pid = await host.box.property("MainPID");
    await host.box.run(["/bin/sh", "-c", `kill -9 ${pid}`]);
    assert.equal(await host.call("add", "20", "3"), "23");
    await until(async () => (await host.box.property("NRestarts")) === "1");
    assert.notEqual(await host.box.property("MainPID"), pid);
  });

  test("a handler that blocks the loop: the watchdog ends it, its caller is told that the outcome is not known", async () => {
    await host.box.run(["mkdir", "-p", "/etc/systemd/system/rpcd.service.d"]);
    host.box.write("/etc/systemd/system/rpcd.service.d/watchdog.conf", "[Service]\nWatchdogSec=2\n");
    await host.box.run(["systemctl", "daemon-reload"]);
    await host.box.run(["systemctl", "restart", "rpcd"]);
    const restarts = Number(await host.box.property("NRestarts"));
    const stuck = await host.rpcctl(["--json", "call", "probe.spin"]);
    assert.equal(stuck.code, 11, stuck.err);
    assert.match(stuck.err, /"outcome":\s*"unknown"/);
    assert.equal(await host.call("add", "2", "3"), "5");
    assert.equal(Number(await host.box.property("NRestarts")), restarts + 1);
    assert.match(await host.journal("warning"), /Watchdog timeout/);
    assert.ok(
      host.audit().some(({ method, decision }) => method === "probe.spin" && decision === "allow"),
      "no call ran without its line",
    );
  });

  test("a loop that is only busy for a while gives signs of life", async () => {
    const restarts = await host.box.property("NRestarts");
    for (let i = 0; i < 3; i++) assert.equal(await host.call("probe.slow", "1500"), "done");
    assert.equal(await host.box.property("NRestarts"), restarts);
    // What comes after this has the watchdog of the unit: two seconds are too few for a slow machine that starts two hundred programs.
    await host.box.run(["rm", "/etc/systemd/system/rpcd.service.d/watchdog.conf"]);
    await host.box.run(["systemctl", "daemon-reload"]);
    await host.box.run(["systemctl", "restart", "rpcd"]);
  });

  test("stop with calls in flight: what ends within the drain time is answered, the rest is told truly", async () => {
    const quick = host.rpcctl(["call", "probe.slow", "1500"]);
    const slow = host.rpcctl(["--json", "--timeout", "1m", "call", "probe.slow", "30000"]);
    await until(async () => (await host.call("probe.running")) === "2");
    await host.box.run(["systemctl", "stop", "rpcd.service"]);
    assert.deepEqual(await quick, { code: 0, out: "done\n", err: "" });
    const ended = await slow;
    assert.equal(ended.code, 11, ended.err);
    assert.match(ended.err, /"code":\s*"unavailable"[^}]*"outcome":\s*"unknown"/s);
    assert.equal(await host.box.property("Result"), "success");
    assert.equal(await host.box.property("ExecMainStatus"), "0");
  });

  test("socket activation from cold: the first client starts it", async () => {
    assert.equal(await host.box.property("ActiveState"), "inactive");
    assert.equal(await host.box.property("ActiveState", "rpcd.socket"), "active");
    assert.equal(await host.call("add", "2", "3"), "5");
    assert.equal(await host.box.property("ActiveState"), "active");
  });
});
