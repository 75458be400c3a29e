import assert from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createKeyFiles, loadPrivateKeyFile } from "../../certs/private-key-file.ts";
import { formatPublicKey } from "../../certs/public-key.ts";
import { TestDaemon } from "../support/daemon.ts";
import { failure, until } from "../support/failure.ts";
import { RawPeer } from "../support/peers/raw-peer.ts";

const HOUR_MS = 60 * 60_000;
const ALL = `
grants:
  all: {to: caller, call: "**", args: any}
`;

/** Where Debian's package libfaketime has the library that lies about the time. */
function fakeTime(): string | undefined {
  return readdirSync("/usr/lib")
    .map((folder) => join("/usr/lib", folder, "faketime/libfaketimeMT.so.1"))
    .find((path) => existsSync(path));
}

const library = fakeTime();

test("the clock goes forward and back: what has an end by the clock ends and holds again, and no deadline is moved", {
  skip: library === undefined ? "there is no libfaketime" : false,
}, () => {
  const env = { LD_PRELOAD: library ?? "", FAKETIME_NO_CACHE: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1" };
  let clock = "";
  const launch = (folder: string): readonly string[] => {
    clock = join(folder, "clock");
    writeFileSync(clock, "+0");
    return [
      "env",
      `FAKETIME_TIMESTAMP_FILE=${clock}`,
      ...Object.entries(env).map(([key, value]) => `${key}=${value}`),
    ];
  };
  const config = "login_timeout_ms: 2000\n";
  return TestDaemon.during({ grants: ALL, config, launch }, async (daemon) => {
    const path = join(daemon.folder, "other_key");
    const key = formatPublicKey(await createKeyFiles(path, "other"));
    const identity = loadPrivateKeyFile(path).key;
    const until30 = new Date(Date.now() + HOUR_MS / 2).toISOString();
    daemon.writePolicy(ALL, `  brief: {keys: ["${key}"], roles: [caller], valid: {until: ${until30}}}\n`);
    assert.equal(await daemon.reload(), true);
    const [rpc, brief] = [await daemon.connect(), await daemon.connect({ identity })];
    const gate = daemon.gate();
    const running = rpc.call("held", [gate.file], {}, { timeoutMs: 200_000 });
    const ended = failure(brief.call("hang"));
    await until(async () => (await rpc.call("running")) === 2);

    writeFileSync(clock, "+1h");
    assert.equal((await ended).code, "unauthenticated", "its validity is over");
    assert.equal((await failure(daemon.connect({ identity }))).code, "unauthenticated");
    gate.open();
    assert.equal(await running, gate.file, "an hour has not passed for a call that may take minutes");
    const late = daemon.audit.at(-1);

    const silent = await RawPeer.connect(daemon.at("unix"));
    writeFileSync(clock, "-1h");
    const again = await daemon.connect({ identity });
    assert.equal(await again.call("add", [2, 3]), 5, "it is valid again");
    // By the clock of the wall its time would be over in two hours.
    await silent.closed;
    const early = daemon.audit.at(-1);
    const [lateMs, earlyMs] = [late, early].map((line) => Date.parse(String(line?.["at"] ?? line?.["time"])));
    assert.ok(Number(lateMs) - Number(earlyMs) > 1.5 * HOUR_MS, JSON.stringify([late, early]));
    await Promise.all([again.close(), rpc.close()]);
  });
});
