import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Rpc } from "../../../client/rpc.ts";
import { connectionsMax, hasRoomFor, readOwnLimits } from "../../../daemon/base/descriptors.ts";
import { TestDaemon, WIDE_OPEN } from "../../support/daemon.ts";
import { failure, until } from "../../support/failure.ts";
import { rpcd } from "../../support/rpcd.ts";

describe("how many connections there may be", () => {
  const limits = (soft: string): string =>
    `Limit                     Soft Limit           Hard Limit           Units     \nMax open files            ${soft.padEnd(20)} 1048576              files     \n`;

  test("is 128 less than files, and half of them where there are few", () => {
    for (const [files, connections] of [
      [1_024, 896],
      [512, 384],
      [257, 129],
      [256, 128],
      [255, 127],
      [20, 10],
    ] as const)
      assert.equal(connectionsMax(limits(String(files))), connections, `${files} files`);
  });

  test("is 16 less over the network, which leaves those to clients of the host", () => {
    for (const [open, isLocal, hasRoom] of [
      [111, false, true],
      [112, false, false],
      [127, true, true],
      [128, true, false],
    ] as const)
      assert.equal(hasRoomFor(open, 128, isLocal), hasRoom, `${open} are open`);
  });

  test("has no bound where the system has none, or does not say it", () => {
    for (const text of [limits("unlimited"), "", "Max open files\n", "Max processes 10 10 files"])
      assert.equal(connectionsMax(text), Number.POSITIVE_INFINITY);
    assert.match(readOwnLimits(), /^Max open files\s+\d+/m);
  });
});

test("with too few files to begin with it says so, and what to do", async () => {
  const versionUnder = (files: number): ReturnType<typeof rpcd> =>
    rpcd(["--version"], ["prlimit", `--nofile=${files}:${files}`]);
  for (const files of [40, 255]) {
    const { code, err } = await versionUnder(files);
    assert.equal(code, 78);
    assert.match(
      err,
      new RegExp(`^error: 256 open files are needed, and the limit is ${files}\n {2}mend: raise it to 1024`),
    );
  }
  assert.equal((await versionUnder(256)).code, 0);
});

test("under a limit of 512 files 384 connections are served and one more is not; a reload works then, and all recovers", () =>
  TestDaemon.during({ config: WIDE_OPEN, launch: () => ["prlimit", "--nofile=512:512"] }, async (daemon) => {
    const rpcs: Rpc[] = [];
    for (let i = 0; i < 384; i += 32)
      rpcs.push(...(await Promise.all(Array.from({ length: 32 }, () => daemon.connect()))));
    const [first, last] = [rpcs[0] ?? assert.fail(), rpcs[383] ?? assert.fail()];
    const gate = daemon.gate();
    const running = first.call("held", [gate.file]);
    assert.equal((await failure(daemon.connect())).code, "unavailable");
    await until(() => daemon.log.some((line) => /"error".*no descriptors left for connections/.test(line)));
    assert.equal(await last.call("add", [2, 3]), 5);
    assert.equal(await daemon.reload(), true);
    gate.open();
    assert.equal(await running, gate.file);
    assert.equal((await failure(daemon.connect({}, "tls"))).code, "unavailable");
    await last.close();
    let again: Rpc | undefined;
    await until(async () => (again = await daemon.connect().catch(() => undefined)) !== undefined);
    assert.equal(await again?.call("add", [2, 3]), 5);
    assert.equal((await failure(daemon.connect())).code, "unavailable", "its place was the only one");
    await Promise.all([...rpcs.slice(0, -1), again ?? last].map((rpc) => rpc.close()));
    await (await daemon.connect()).close();
  }));
