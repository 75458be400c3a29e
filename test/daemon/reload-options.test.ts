import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadConfig } from "../../daemon/config/config.ts";
import { OPTIONS } from "../../daemon/config/options.ts";
import { RunningConfig } from "../../daemon/config/running-config.ts";
import { createLog } from "../../daemon/log/log.ts";
import { reloadRunning } from "../../daemon/systemd/reload-command.ts";
import { type ListenerKind, TestDaemon } from "../support/daemon.ts";
import { failure, until } from "../support/failure.ts";
import { LIVE_GRANTS, LIVE_SERVICE } from "../support/live-service.ts";
import { RawPeer } from "../support/peers/raw-peer.ts";

const BASE = `services: [service.mjs]
log_format: json
listen: [unix:rpcd.sock, unix+tls:tls.sock, 'tls://127.0.0.1:0']
`;
const WIDE = {
  log_level: "debug",
  login_timeout_ms: 60_000,
  max_startups: '"1000:30:1000"',
  max_startups_local: '"1000:30:1000"',
  max_startups_per_source: 1_000,
  max_connections_per_principal: 1_000,
  denied_calls_burst: 1_000,
  denied_calls_per_second: 1,
  reference_idle_ms: 300_000,
  drain_timeout_ms: 300_000,
};

test("each option that a reload takes over is in force after it, at its edge and one past, for what comes then", () =>
  TestDaemon.during({ service: LIVE_SERVICE, grants: LIVE_GRANTS }, async (daemon) => {
    const take = async (given: Partial<Record<keyof typeof WIDE, string | number>>): Promise<void> => {
      const lines = Object.entries({ ...WIDE, ...given }).map(([name, value]) => `${name}: ${value}\n`);
      writeFileSync(join(daemon.folder, "rpcd.yaml"), BASE + lines.join(""));
      const { refused, waiting } = await reloadRunning(join(daemon.folder, "rpcd.status.json"));
      assert.deepEqual([refused, waiting], [undefined, []]);
    };
    const dial = (kind: ListenerKind): Promise<RawPeer> => RawPeer.connect(daemon.at(kind));
    await take({});
    const silent = await dial("unix");
    let silentIsClosed = false;
    void silent.closed.then(() => (silentIsClosed = true));

    await take({ login_timeout_ms: 100 });
    await (await dial("unix")).closed;
    assert.equal(silentIsClosed, false, "who came before has the time of before");

    // One is before its login already: two may be, and a third may not.
    await take({ max_startups_local: '"2:100:2"' });
    const second = await dial("unix");
    await (await dial("unix")).closed;
    second.socket.destroy();

    await take({ max_startups_per_source: 1 });
    const network = await dial("tls");
    await assert.rejects(dial("tls"));
    await take({ max_startups: '"1:100:1"' });
    await assert.rejects(dial("tls"));
    network.socket.destroy();

    const open = await daemon.connect();
    await take({ max_connections_per_principal: 2 });
    const other = await daemon.connect();
    assert.equal((await failure(daemon.connect())).code, "resource_exhausted");
    await take({ max_connections_per_principal: 1 });
    for (const rpc of [open, other]) assert.equal((await rpc.catalogue()).has("open"), true);
    await other.close();

    await take({ reference_idle_ms: 1_000 });
    const held = await open.call("open", [0]);
    assert.notEqual(held, undefined);
    await until(async () => Reflect.get(Object(await open.call("counts")), "disposed") === 1);

    const hanging = failure(open.call("openLate", [60_000]));
    await take({ denied_calls_burst: 3 });
    let denied = 0;
    while ((await failure(open.call("nothing.there"))).code === "permission_denied") denied++;
    const lines = daemon.audit.filter(({ decision }) => decision === "deny").length;
    assert.deepEqual([lines, denied >= 3 && denied <= 5], [3, true], `${denied} calls were denied`);

    await take({ log_level: "error" });
    await (await daemon.connect()).close();
    await take({ drain_timeout_ms: 0 });
    daemon.signal("SIGTERM");
    assert.equal((await hanging).code, "unavailable");
    assert.equal(await daemon.exited(), 0, "it has not waited for what runs");
    const after = daemon.log.findLastIndex((line) => line.includes("the policy was reloaded"));
    assert.equal(
      daemon.log.slice(after + 1).some((line) => line.includes("logged in")),
      false,
    );
  }));

test("the options that a reload takes over are those of the table, and every other one that changed is named", () => {
  const read = (text: string) => loadConfig(Buffer.from(text), "/srv").config ?? assert.fail(text);
  const other: Readonly<Record<string, string>> = {
    addresses: "unix:other",
    metrics_address: "unix:other",
    mode: '"0600"',
    path: "other",
    paths: "[other]",
    startups: '"1:2:3"',
    whole: "1001",
  };
  const log = createLog({ write: () => undefined }, "error", "json");
  for (const { name, type, reloads, ...option } of OPTIONS) {
    const words = "words" in option ? option.words : [];
    const value =
      name === "socket_mode" ? '"0660"' : (words.findLast((word) => word !== option.default) ?? other[type]);
    const running = new RunningConfig(read(""), log, () => undefined);
    running.follow(read(`${name}: ${value}\n`));
    assert.deepEqual(running.waiting, reloads === true ? [] : [name]);
  }
});
