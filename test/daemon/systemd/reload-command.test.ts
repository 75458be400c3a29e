import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { loadConfig } from "../../../daemon/config/config.ts";
import { checkPlaces } from "../../../daemon/start/check-places.ts";
import { reloadRunning } from "../../../daemon/systemd/reload-command.ts";
import { SERVICE, TestDaemon } from "../../support/daemon.ts";
import { failure, until } from "../../support/failure.ts";
import { LiveDaemon } from "../../support/live-daemon.ts";
import { rpcd } from "../../support/rpcd.ts";

const ALL = `
grants:
  all: {to: caller, call: "**", args: any}
`;
const ADD_ONLY = `
grants:
  adding: {to: caller, call: add, args: any}
`;
const BAD = `
grants:
  bad: {to: nobody, call: add, args: any}
`;

const statusOf = (daemon: TestDaemon): string => join(daemon.folder, "rpcd.status.json");
const configOf = (daemon: TestDaemon): string => join(daemon.folder, "rpcd.yaml");

describe("rpcd reload", () => {
  test("ends with 0 and what is in force, or with 78, all that is wrong, and nothing changed", () =>
    TestDaemon.during({ grants: ALL }, async (daemon) => {
      const rpc = await daemon.connect();
      const [config, policy] = [configOf(daemon), join(daemon.folder, "policy.yaml")];
      const text = readFileSync(config, "utf8");
      const reload = (): ReturnType<typeof rpcd> => rpcd(["reload", "--config", config]);
      const refused = async (said: RegExp): Promise<void> => {
        const { code, out, err } = await reload();
        assert.deepEqual([code, out], [78, ""], err);
        assert.match(
          err,
          /^refused; what was in force stays in force \(sha256:[0-9a-f]{64}, generation 1\)\n/,
        );
        assert.match(err, said);
        assert.equal(await rpc.call("echo", [1]), 1, "the policy before it decides");
        assert.equal(daemon.log.at(-1)?.includes('"msg":"logged in"'), false);
      };
      daemon.writePolicy(BAD);
      writeFileSync(config, `${text}max_connections_per_principal: 1\n`);
      await refused(/policy\.yaml:\d+:\d+: E P301/);
      await (await daemon.connect()).close();
      // The half that is good is not taken either.
      daemon.writePolicy(ADD_ONLY);
      writeFileSync(config, `${text}log_levle: error\n`);
      // The command itself reads the configuration to find the daemon; with the status file named, the daemon says what is wrong.
      const unread = await reload();
      assert.equal(unread.code, 78);
      assert.match(unread.err, /C201.*log_levle/);
      assert.equal(await rpc.call("echo", [1]), 1);
      const byFile = await rpcd(["reload", statusOf(daemon)]);
      assert.deepEqual([byFile.code, byFile.out], [78, ""]);
      assert.match(byFile.err, /refused; .* generation 1\)\n.*C201.*log_levle/);
      assert.equal(await rpc.call("echo", [1]), 1);
      writeFileSync(config, text);
      chmodSync(policy, 0o666);
      await refused(/policy\.yaml: the file has mode 0666/);
      chmodSync(policy, 0o600);
      const { code, out, err } = await reload();
      assert.deepEqual([code, err], [0, ""]);
      assert.match(out, /^in force: sha256:[0-9a-f]{64}, generation 2\n$/);
      assert.equal((await failure(rpc.call("echo", [1]))).code, "permission_denied");
      await rpc.close();
    }));

  test("says all mistakes of a configuration in a line each, and believes no status file that would forge one", () =>
    TestDaemon.during({ grants: ALL }, async (daemon) => {
      const [config, path] = [configOf(daemon), statusOf(daemon)];
      const text = readFileSync(config, "utf8");
      writeFileSync(config, `${text}drain_timeout_ms: -1\nlogin_timeout_ms: 1\nsocket_mode: 1\nnope: 1\n`);
      const { code, err } = await rpcd(["reload", path]);
      assert.equal(code, 78);
      const [first, ...mistakes] = err.trimEnd().split("\n");
      assert.match(first ?? "", /^refused; /);
      assert.match(mistakes.pop() ?? "", /^→ rpcd --check --config FILE, .* what to do$/);
      assert.equal(mistakes.length, 4, err);
      for (const line of mistakes) assert.match(line, /rpcd\.yaml:\d+:1?\d: E C20\d /);
      const status = readFileSync(path, "utf8");
      for (const [from, to] of [
        [/"sha256:[0-9a-f]{64}"/, '"sha256:\\u001b]0;owned\\u0007"'],
        [/"waiting": \[\]/, '"waiting": ["a\\nin force: all"]'],
      ] as const) {
        const forged = status.replace(from, to);
        assert.notEqual(forged, status);
        writeFileSync(path, forged);
        const { code: ended, out, err: said } = await rpcd(["reload", path]);
        assert.deepEqual([ended, out], [78, ""]);
        assert.match(said, /no status of a daemon/);
      }
      writeFileSync(config, text);
    }));

  test("tells each who asks at the same time what came of a reading that began after they asked", () =>
    TestDaemon.during({ grants: ALL }, async (daemon) => {
      for (const ms of [0, 10, 30]) {
        daemon.writePolicy(ALL);
        const first = reloadRunning(statusOf(daemon));
        // While the first is read, in whatever stage.
        await wait(ms);
        daemon.writePolicy(BAD);
        const second = reloadRunning(statusOf(daemon));
        const [, { refused }] = await Promise.all([first, second]);
        assert.match(refused?.join("\n") ?? "in force", /P301/, `${ms} ms after the first`);
      }
    }));

  test("goes on for a daemon that stops: what a new policy takes away ends at once", async () => {
    const daemon = await TestDaemon.start({ grants: ALL, config: "drain_timeout_ms: 60000" });
    const rpc = await daemon.connect();
    const hanging = failure(rpc.call("hang"));
    await until(async () => (await rpc.call("running")) === 1);
    const stopping = daemon.nextLine('"msg":"stopping"');
    daemon.signal("SIGTERM");
    await stopping;
    daemon.writePolicy(ADD_ONLY);
    const reloading = reloadRunning(statusOf(daemon)).catch((error: unknown) => error);
    assert.equal((await hanging).code, "permission_denied");
    assert.equal(await daemon.exited(), 0, "nothing runs any longer, so it does not wait");
    const said = await reloading;
    // It may have ended before somebody could read how it is.
    if (said instanceof Error) assert.match(said.message, /runs no longer/);
    else assert.match(JSON.stringify(said), /"state":"stopping"/);
    await daemon.stop();
  });

  test("finds no daemon that is embedded in a program: that one writes no status file and takes no signal", async () => {
    const live = await LiveDaemon.start({ config: "status_file: live.status.json\n" });
    const path = join(live.state.folder, "live.status.json");
    assert.equal(existsSync(path), false);
    await assert.rejects(reloadRunning(path), { kind: "not_found" });
    await live.stop();
    assert.equal(existsSync(path), false);
  });

  test("a signal that comes while the daemon starts does not end it, and has it read its files again", async () => {
    const service = `import { kill, pid } from "node:process"; kill(pid, "SIGHUP"); await new Promise((resolve) => setTimeout(resolve, 50));\n`;
    await TestDaemon.during({ service: service + SERVICE }, async (daemon) => {
      await until(() => daemon.log.some((line) => line.includes("the policy was reloaded")));
    });
  });
});

test("a status file that is another file of the daemon's is a problem: it would be written over", () => {
  for (const name of ["policy.yaml", "host_key", "service.mjs", "rpcd.yaml", "audit.jsonl"]) {
    const text = `services: [service.mjs]\nstatus_file: ${name}\n`;
    const { config } = loadConfig(Buffer.from(text), "/srv");
    const { problems } = checkPlaces(config ?? assert.fail(text), "/srv/rpcd.yaml");
    assert.match(
      problems.map(({ message }) => message).join("\n"),
      new RegExp(`^/srv/${name}: is named twice: as `, "m"),
    );
  }
});
