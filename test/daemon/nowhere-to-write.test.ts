import assert from "node:assert/strict";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { reloadRunning } from "../../daemon/systemd/reload-command.ts";
import { TestDaemon } from "../support/daemon.ts";
import { NO_DISK, smallDisk } from "../support/small-disk.ts";

const NOT_WRITTEN = "the status file cannot be written";

async function serves(daemon: TestDaemon): Promise<void> {
  const rpc = await daemon.connect();
  assert.equal(await rpc.call("add", [2, 3]), 5);
  await rpc.close();
}

describe("a daemon that finds nowhere to write", () => {
  test("its log, into a device that is always full: it serves, is stopped in good order, and its audit log is whole", async () => {
    const stdout = openSync("/dev/full", "w");
    await TestDaemon.during({ stdout }, async (daemon) => {
      await serves(daemon);
      assert.equal((await reloadRunning(join(daemon.folder, "rpcd.status.json"))).refused, undefined);
      assert.deepEqual(
        daemon.audit.map(({ kind }) => kind),
        ["login", "call", "reload"],
      );
    });
    closeSync(stdout);
  });

  test("its status file, in a folder that is not there: it serves, says it once, and goes on when nobody reads its log any longer", () =>
    TestDaemon.during({ config: "status_file: nowhere/status.json" }, async (daemon) => {
      assert.equal(await daemon.reload(), true);
      assert.equal(await daemon.reload(), true);
      await serves(daemon);
      assert.equal(daemon.log.filter((line) => line.includes(NOT_WRITTEN)).length, 1);
      daemon.closeLog();
      await serves(daemon);
      await serves(daemon);
    }));

  test("anything at all, on a disk that is full from the start: nobody is let in unrecorded, and with room all is well", {
    skip: NO_DISK,
  }, async () => {
    const disk = smallDisk("64k");
    const [audit, status, log] = ["audit", "status", "log"].map((name) => join(disk.path, name)) as [
      string,
      string,
      string,
    ];
    const stdout = openSync(log, "a", 0o600);
    disk.fill();
    const daemon = await TestDaemon.start({
      stdout,
      config: `audit: ${audit}\naudit_reserve_mib: 0\nstatus_file: ${status}\n`,
    });
    await assert.rejects(daemon.connect(), { code: "unavailable" });
    assert.deepEqual([readFileSync(audit, "utf8"), readFileSync(log, "utf8")], ["", ""]);
    assert.equal(existsSync(status), false, "not half of it");
    disk.empty();
    await serves(daemon);
    daemon.signal("SIGTERM");
    assert.equal(await daemon.exited(), 0);
    const kinds = readFileSync(audit, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => String(JSON.parse(line)["kind"]));
    assert.deepEqual(kinds.slice(-2), ["login", "call"]);
    assert.match(readFileSync(log, "utf8"), /"msg":"stopped"\}\n$/);
    assert.match(readFileSync(status, "utf8"), /"state": "stopping"/);
    await daemon.stop();
    closeSync(stdout);
    disk.remove();
  });
});
