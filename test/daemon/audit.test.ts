import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { TestDaemon } from "../support/daemon.ts";
import { until } from "../support/failure.ts";
import { ask } from "../support/http.ts";
import { NO_DISK, smallDisk } from "../support/small-disk.ts";
import { WatchedDaemon } from "../support/watched-daemon.ts";

describe("the audit log on a full disk", { skip: NO_DISK }, () => {
  test("67: no call runs that is not recorded, and calls run again when there is room", async () => {
    const disk = smallDisk("16k");
    const path = join(disk.path, "audit.jsonl");
    const daemon = await TestDaemon.start({ config: `audit: ${path}\naudit_reserve_mib: 0` });
    const rpc = await daemon.connect();
    assert.equal(await rpc.call("running"), 0);
    disk.fill();
    let refused = 0;
    let recorded = 0;
    for (let i = 0; i < 200; i++) {
      const answer = await rpc.call("add", [i, 1]).catch((error: unknown) => error);
      if (answer === i + 1) recorded++;
      else {
        refused++;
        const { code, outcome, retry } = answer as { code: string; outcome: string; retry: unknown };
        assert.deepEqual([code, outcome, retry], ["unavailable", "not_started", { ok: true }]);
      }
    }
    assert.equal(refused > 0, true, "the disk was full");
    await assert.rejects(daemon.connect(), { code: "unavailable" }, "who cannot be recorded is not let in");
    assert.equal(
      daemon.log.filter((line) => line.includes("the audit log cannot be written")).length,
      1,
      "it is said once",
    );
    const added = (): number =>
      readFileSync(path, "utf8")
        .split("\n")
        .filter((line) => line.endsWith("}") && line.includes('"method":"add"')).length;
    assert.equal(added(), recorded, "a line for each call that ran, and for no other");
    disk.empty();
    assert.equal(await rpc.call("add", [1, 1]), 2);
    assert.equal(added(), recorded + 1, "the line that was cut off was ended");
    await rpc.close();
    assert.equal(await daemon.stop(), 0);
    disk.remove();
  });

  test("the metrics say so while it is full, and the health when there is room again", async () => {
    const disk = smallDisk("16k");
    const config = `audit: ${join(disk.path, "audit.jsonl")}\naudit_reserve_mib: 0\nmetrics: unix:metrics.sock\n`;
    const watched = await WatchedDaemon.start("  own: {to: caller, call: add, args: any}\n", { config });
    const { daemon } = watched;
    const socketPath = join(daemon.folder, "metrics.sock");
    const tells = async (sample: string): Promise<boolean> =>
      (await ask({ socketPath })).body.split("\n").includes(sample);
    const rpc = await daemon.connect();
    const watcher = await watched.watch();
    assert.ok(await tells("rpcd_audit_failing 0"));
    disk.fill();
    const codes = new Set<unknown>();
    while (!codes.has("unavailable"))
      await rpc.call("add", [1, 1]).catch(({ code }: { readonly code: string }) => codes.add(code));
    await assert.rejects(watcher.call("rpcd.health"), { code: "unavailable" });
    await assert.rejects(daemon.connect(), { code: "unavailable" });
    await until(() => tells("rpcd_audit_failing 1"));
    await until(() => tells('rpcd_logins_total{outcome="unrecorded"} 1'));
    disk.empty();
    const { status, problems } = (await watcher.call("rpcd.health")) as Readonly<Record<string, unknown>>;
    assert.equal(status, "degraded");
    assert.match(String(problems), /^the audit log could not be written, last at \S+Z, .*its disk has room/);
    await until(() => tells("rpcd_audit_failing 0"));
    await rpc.close();
    await watcher.close();
    assert.equal(await daemon.stop(), 0);
    disk.remove();
  });
});

describe("the audit log", () => {
  test("is only ever added to", async () => {
    const daemon = await TestDaemon.start();
    const path = join(daemon.folder, "audit.jsonl");
    await (await daemon.connect()).close();
    daemon.signal("SIGTERM");
    await daemon.exited();
    const first = readFileSync(path, "utf8");
    await daemon.restart();
    await (await daemon.connect()).close();
    assert.equal(readFileSync(path, "utf8").startsWith(first), true);
    assert.equal(await daemon.stop(), 0);
  });
});
