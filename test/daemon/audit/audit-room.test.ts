import assert from "node:assert/strict";
import { readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { createKeyFiles, loadPrivateKeyFile } from "../../../certs/private-key-file.ts";
import { formatPublicKey } from "../../../certs/public-key.ts";
import type { Rpc } from "../../../client/rpc.ts";
import { AuditRoom, equalShare } from "../../../daemon/audit/room.ts";
import { createLog } from "../../../daemon/log/log.ts";
import { type TestDaemon, WIDE_OPEN } from "../../support/daemon.ts";
import { until } from "../../support/failure.ts";
import { ask } from "../../support/http.ts";
import { NO_DISK, smallDisk } from "../../support/small-disk.ts";
import { inFolder } from "../../support/temp-folder.ts";
import { WatchedDaemon } from "../../support/watched-daemon.ts";

const MIB = 1024 * 1024;
const NEVER = (): boolean => false;

/** A room on a disk of a thousand MiB, of which so much is free as the test says. */
function onDisk(
  reserve: number,
  size = 1_000 * MIB,
): { room: AuditRoom; lines: string[]; disk: { free: number } } {
  const disk = { free: size };
  const lines: string[] = [];
  const log = createLog({ write: (line) => void lines.push(line) }, "debug", "json");
  return {
    room: new AuditRoom("/logs/audit.jsonl", reserve, log, () => ({ free: disk.free, size })),
    lines,
    disk,
  };
}

function taken(room: AuditRoom, principal: string, times: number): number {
  return Array.from({ length: times }, () => room.take(principal, NEVER)).filter(Boolean).length;
}

describe("the room of the audit log", () => {
  test("is low below the reserve, and not at it; what is told is told once", () => {
    const { room, lines, disk } = onDisk(64 * MIB);
    for (const [free, isLow] of [
      [64 * MIB, false],
      [64 * MIB - 1, true],
      [64 * MIB - 1, true],
      [64 * MIB, false],
    ] as const) {
      disk.free = free;
      room.tick();
      assert.deepEqual([room.isLow, room.freeBytes], [isLow, free]);
    }
    assert.equal(lines.length, 2);
    assert.match(lines.join(""), /nearly full.*\n.*has room again/);
    room.close();
  });

  test("has no reserve of more than a tenth of the disk, and none where none is wanted", () => {
    for (const [reserve, free, isLow] of [
      [200 * MIB, 100 * MIB, false],
      [200 * MIB, 100 * MIB - 1, true],
      [0, 0, false],
    ] as const) {
      const { room, disk } = onDisk(reserve);
      disk.free = free;
      room.tick();
      assert.equal(room.isLow, isLow, `${reserve} ${free}`);
      room.close();
    }
  });

  test("limits the heaviest first, down to an equal share, and lets a lighter one have all that it asks for", () => {
    const { room, lines, disk } = onDisk(64 * MIB);
    disk.free = 32 * MIB;
    for (let second = 0; second < 10; second++) {
      taken(room, "heavy", 10_000);
      taken(room, "light", 5);
      room.tick();
    }
    // 16 MiB are to last for ten minutes: 109 lines a second, of which the light one takes five.
    assert.equal(taken(room, "heavy", 10_000), 105);
    assert.equal(taken(room, "light", 5), 5);
    assert.equal(taken(room, "new", 5), 5);
    assert.match(lines[0] ?? "", /"heaviest":"heavy 5000\/s, light 3\/s"/);
    room.close();
  });

  test("keeps the last quarter for operators: at it nobody else has a line, one step above it everybody has", () => {
    const { room, disk } = onDisk(64 * MIB);
    for (const [free, lines] of [
      [16 * MIB, 0],
      [16 * MIB + 1, 1],
    ] as const) {
      disk.free = free;
      room.tick();
      assert.equal(taken(room, "caller", 3), lines, `${free}`);
      assert.equal(
        room.take("operator", () => true),
        true,
      );
    }
    assert.equal(room.limited, 5);
    room.close();
  });

  test("where nobody knows how much is free nobody is limited, and it is said once", () => {
    const lines: string[] = [];
    const log = createLog({ write: (line) => void lines.push(line) }, "debug", "json");
    const room = new AuditRoom("/logs/audit.jsonl", MIB, log, () => {
      throw new Error("no disk");
    });
    room.tick();
    assert.deepEqual([taken(room, "caller", 1_000), room.isLow, lines.length], [1_000, false, 1]);
    room.close();
  });

  test("forgets principals that have gone", () => {
    const { room } = onDisk(MIB);
    taken(room, "caller", 1);
    for (let second = 0; second < 10; second++) room.tick();
    assert.equal(room.size, 0);
    room.close();
  });
});

describe("an equal share", () => {
  for (const [wanted, sum, share] of [
    [[], 10, 10],
    [[1, 2], 10, 9],
    [[5, 5], 10, 5],
    [[1, 100], 10, 9],
    [[1, 100, 100], 10, 4.5],
    [[8, 8], 0, 0],
  ] as const)
    test(`of ${sum} among those who ask for ${wanted.join(", ") || "nothing"} is ${share}`, () => {
      assert.equal(equalShare(wanted, sum), share);
    });
});

test(
  "71: on a disk that fills up the heaviest is limited first, then all but operators, and all is well when there is room",
  {
    skip: NO_DISK,
  },
  () =>
    inFolder(async (folder) => {
      const disk = smallDisk("64m");
      const log = join(disk.path, "audit.jsonl");
      const watched = await WatchedDaemon.start("  own: {to: caller, call: add, args: any}\n", {
        config: `audit: ${log}\naudit_reserve_mib: 4\nmetrics: unix:metrics.sock\n${WIDE_OPEN}`,
      });
      const { daemon } = watched;
      const lightKey = await createKeyFiles(join(folder, "light"), "light");
      const policy = join(daemon.folder, "policy.yaml");
      const identity = `identities:\n  light:\n    keys: ["${formatPublicKey(lightKey)}"]\n    roles: [caller]\n`;
      writeFileSync(policy, readFileSync(policy, "utf8").replace("identities:\n", identity));
      assert.equal(await daemon.reload(), true);
      const metric = async (name: string): Promise<number> => {
        const { body } = await ask({ socketPath: join(daemon.folder, "metrics.sock") });
        return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(body)?.[1]);
      };
      /** Leaves so much of the disk. */
      const leave = (bytes: number, name: string): void => {
        const { bavail, bsize } = statfsSync(disk.path);
        writeFileSync(join(disk.path, name), Buffer.alloc(bavail * bsize - bytes));
      };
      const heavy = await daemon.connect();
      const light = await daemon.connect({ identity: loadPrivateKeyFile(join(folder, "light")).key });
      const watcher = await watched.watch();
      assert.equal(await metric("rpcd_audit_space_low"), 0);

      leave(3.5 * MIB, "most");
      let isOver = false;
      const faults = new Set<string>();
      const calling = Promise.all(Array.from({ length: 8 }, () => callOn(heavy, () => isOver, faults)));
      await until(async () => (await metric("rpcd_audit_limited_total")) > 0);
      // The one that calls least has what it asks for.
      assert.equal(await light.call("add", [2, 3]), 5);
      assert.deepEqual([...faults], ['resource_exhausted not_started {"ok":true,"afterMs":1000}']);
      const { status, problems } = (await watcher.call("rpcd.health")) as Readonly<Record<string, unknown>>;
      assert.equal(status, "degraded");
      assert.match(String(problems), /^the disk of the audit log is nearly full/);
      await told(daemon, "the disk of the audit log is nearly full");
      isOver = true;
      await calling;

      leave(MIB / 2, "more");
      await until(async () => (await failureOf(light)) === "resource_exhausted");
      for (let i = 0; i < 3; i++) await watcher.call("rpcd.stats");
      const recorded = readFileSync(log, "utf8")
        .split("\n")
        .filter((line) => line.includes('"method":"rpcd.stats"'));
      assert.equal(recorded.length, 3, "operators are recorded to the last");
      // A login is a line, too: with one key and no limit on them the disk would be full before an operator comes.
      await assert.rejects(daemon.connect({ identity: loadPrivateKeyFile(join(folder, "light")).key }), {
        code: "unavailable",
      });
      await watched.watch().then((rpc) => rpc.close());
      assert.equal(await failureOf(light), "resource_exhausted");
      // Who is limited learns nothing of methods.
      await assert.rejects(light.call("nothing.of.the.kind", []), { code: "resource_exhausted" });

      for (const name of ["most", "more"]) rmSync(join(disk.path, name));
      await until(async () => (await metric("rpcd_audit_space_low")) === 0);
      for (const rpc of [heavy, light]) assert.equal(await rpc.call("add", [2, 3]), 5);
      await told(daemon, "has room again");
      for (const rpc of [heavy, light, watcher]) await rpc.close();
      assert.equal(await daemon.stop(), 0);
      disk.remove();
    }),
);

/** Waits until its log has a line with this text. */
function told(daemon: TestDaemon, text: string): Promise<void> {
  return until(() => daemon.log.some((line) => line.includes(text)));
}

async function callOn(rpc: Rpc, isOver: () => boolean, faults: Set<string>): Promise<void> {
  while (!isOver())
    await rpc.call("add", [2, 3]).catch(({ code, outcome, retry }: Readonly<Record<string, unknown>>) => {
      faults.add(`${String(code)} ${String(outcome)} ${JSON.stringify(retry)}`);
    });
}

async function failureOf(rpc: Rpc): Promise<unknown> {
  return rpc.call("add", [2, 3]).then(
    () => undefined,
    ({ code }: Readonly<Record<string, unknown>>) => code,
  );
}
