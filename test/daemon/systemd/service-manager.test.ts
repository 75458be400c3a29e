import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { createLog } from "../../../daemon/log/log.ts";
import { ServiceManager } from "../../../daemon/systemd/service-manager.ts";
import { SERVICE, TestDaemon } from "../../support/daemon.ts";
import { until } from "../../support/failure.ts";
import { NotifySocket } from "../../support/notify-socket.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const NO_SYSTEMD = existsSync("/usr/bin/systemd-notify") ? false : "there is no systemd-notify";

/** Blocks the loop for so long, and says to systemd when that begins and when it ends. */
const BLOCKING = SERVICE.replace(
  "export default defineService({",
  `import { execFileSync } from "node:child_process";
const say = (word) => execFileSync("/usr/bin/systemd-notify", ["STATUS=" + word], { env: { NOTIFY_SOCKET: process.env.TEST_SOCKET } });
export default defineService({
  block: method({ params: [param("ms", z.int())], run: ({ ms }) => { say("blocked"); const end = performance.now() + ms; while (performance.now() < end); say("unblocked"); } }),
  variables: method({ params: [], run: () => Object.keys(process.env).filter((name) => /NOTIFY|WATCHDOG/.test(name)) }),`,
);

const BAD = `
grants:
  bad: {to: nobody, call: add, args: any}
`;

const count = (heard: readonly string[], word: string): number =>
  heard.filter((text) => text.startsWith(word)).length;

/** With a socket of systemd's, in a folder of its own, around it. */
async function underSystemd(
  { reads = true, usec, name }: { readonly reads?: boolean; readonly usec?: string; readonly name?: string },
  use: (daemon: TestDaemon, systemd: NotifySocket) => Promise<void>,
): Promise<void> {
  const { path, remove } = tempFolder();
  const systemd = await NotifySocket.open(name ?? join(path, "notify"), reads);
  const env = {
    NOTIFY_SOCKET: systemd.address,
    TEST_SOCKET: systemd.address,
    ...(usec === undefined ? {} : { WATCHDOG_USEC: usec }),
  };
  try {
    await TestDaemon.during({ service: BLOCKING, env }, (daemon) => use(daemon, systemd));
  } finally {
    systemd.close();
    remove();
  }
}

describe("what systemd is told", { skip: NO_SYSTEMD }, () => {
  test("it is ready when clients can log in, how each reload ended, and that it stops, with the time it needs", () =>
    // An abstract one: those with a path are in the other tests.
    underSystemd({ name: `@rpcd-test-${process.pid}` }, async (daemon, systemd) => {
      await systemd.hears("READY=1");
      const rpc = await daemon.connect();
      assert.match(
        systemd.heard[0] ?? "",
        /^READY=1\nSTATUS=serving on unix:.*; sha256:[0-9a-f]{16}, generation 1$/,
      );
      assert.deepEqual(await rpc.call("variables"), [], "they are for this process, not for its children");
      daemon.writePolicy(BAD);
      assert.equal(await daemon.reload(), false);
      const refused = await systemd.hears("LAST RELOAD REFUSED");
      assert.match(
        systemd.heard[refused] ?? "",
        /^STATUS=.*generation 1; LAST RELOAD REFUSED: \S+policy\.yaml:\d+:\d+: E P301/,
      );
      daemon.writePolicy("\ngrants:\n  g: {to: caller, call: add, args: any}\n");
      assert.equal(await daemon.reload(), true);
      const good = await systemd.hears("generation 2");
      assert.doesNotMatch(systemd.heard[good] ?? "", /REFUSED/);
      await rpc.close();
      daemon.signal("SIGTERM");
      const stopping = await systemd.hears("STOPPING=1");
      assert.match(
        systemd.heard[stopping] ?? "",
        /^STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC=15000000$/,
      );
    }));

  test("signs of life come while the loop runs, none while a handler blocks it, and go on after it", () =>
    underSystemd({ usec: "1000000" }, async (daemon, systemd) => {
      const first = await systemd.hears("WATCHDOG=1");
      await systemd.hears("WATCHDOG=1", first + 1);
      const rpc = await daemon.connect();
      await rpc.call("block", [2_500]);
      const [began, ended] = [await systemd.hears("STATUS=blocked"), await systemd.hears("STATUS=unblocked")];
      // One may have been on its way when it began; at the pace of before it would be five.
      assert.ok(count(systemd.heard.slice(began, ended), "WATCHDOG=1") <= 1, systemd.heard.join("\n"));
      await systemd.hears("WATCHDOG=1", ended);
      await rpc.close();
    }));

  test("nothing piles up where systemd does not read: of each kind the latest waits, and calls are served", () =>
    underSystemd({ reads: false, usec: "1000000" }, async (daemon, systemd) => {
      const rpc = await daemon.connect();
      for (let i = 0; i < 5; i++) assert.equal(await daemon.reload(), true);
      // Several turns of the timer that gives the signs of life.
      assert.equal(await rpc.call("stubborn", [1_600]), 1_600);
      systemd.read();
      await systemd.hears("generation 6");
      assert.equal(count(systemd.heard, "STATUS="), 1, systemd.heard.join("\n"));
      assert.ok(count(systemd.heard, "WATCHDOG=1") <= 1, systemd.heard.join("\n"));
      await rpc.close();
    }));
});

describe("a service manager that cannot be spoken to", { skip: NO_SYSTEMD }, () => {
  test("is said once, and the daemon serves: a socket that is gone, and one that never was", async () => {
    const { path, remove } = tempFolder();
    const env = { NOTIFY_SOCKET: join(path, "gone"), WATCHDOG_USEC: "1000000" };
    await TestDaemon.during({ env }, async (daemon) => {
      await until(() => daemon.log.some((line) => line.includes("systemd could not be told")));
      const rpc = await daemon.connect();
      // In it several signs of life fail too.
      assert.equal(await rpc.call("stubborn", [1_600]), 1_600);
      assert.equal(daemon.log.filter((line) => line.includes("systemd could not be told")).length, 1);
      const late = await NotifySocket.open(env.NOTIFY_SOCKET);
      await late.hears("WATCHDOG=1");
      // It waits for that one until it hears it.
      await late.hears("READY=1");
      late.close();
      rmSync(env.NOTIFY_SOCKET);
      await rpc.close();
    });
    remove();
  });

  test("hears of the stop once it hears again, and no more that it is ready", async () => {
    const { path, remove } = tempFolder();
    const env = { NOTIFY_SOCKET: join(path, "gone") };
    const daemon = await TestDaemon.start({ env });
    await until(() => daemon.log.some((line) => line.includes("systemd could not be told")));
    const rpc = await daemon.connect();
    const gate = daemon.gate();
    const running = rpc.call("held", [gate.file]);
    await until(async () => (await rpc.call("running")) === 1);
    const stopping = daemon.nextLine('"msg":"stopping"');
    daemon.signal("SIGTERM");
    await stopping;
    const late = await NotifySocket.open(env.NOTIFY_SOCKET);
    await late.hears("STOPPING=1");
    gate.open();
    assert.equal(await running, gate.file);
    assert.equal(await daemon.exited(), 0);
    assert.equal(count(late.heard, "READY=1"), 0, late.heard.join("\n"));
    late.close();
    await daemon.stop();
    remove();
  });
});

describe("the variables of systemd", () => {
  /** @returns what is said of them, and what is left */
  const taken = (env: NodeJS.ProcessEnv): { readonly said: string; readonly manager: unknown } => {
    let said = "";
    const log = createLog({ write: (line) => void (said += line) }, "debug", "json");
    const given: NodeJS.ProcessEnv = { ...env, OTHER: "x" };
    const manager = ServiceManager.take(given, 7, log);
    assert.deepEqual(given, { OTHER: "x" });
    return { said, manager };
  };

  test("are taken out of the environment, and nothing is watched without a socket", () => {
    for (const env of [{}, { NOTIFY_SOCKET: "" }, { WATCHDOG_USEC: "1000000", WATCHDOG_PID: "7" }])
      assert.deepEqual(taken(env), { said: "", manager: undefined });
    assert.notEqual(taken({ NOTIFY_SOCKET: "/run/systemd/notify" }).manager, undefined);
  });

  test("say what is wrong with them, and nothing else is: a socket that is no path, a time that is none", () => {
    for (const socket of ["relative", "vsock:2:1234", "\u001b[2J"]) {
      const { said, manager } = taken({ NOTIFY_SOCKET: socket });
      assert.match(said, /"error".*NOTIFY_SOCKET is no path of a socket/);
      assert.equal(manager, undefined);
      assert.equal(said.includes("\u001b"), false);
    }
    for (const usec of ["0", "999999", "-1", "1e7", "abc", "2147483648000", "99999999999999999999"])
      assert.match(
        taken({ NOTIFY_SOCKET: "/x", WATCHDOG_USEC: usec }).said,
        /WATCHDOG_USEC is no time/,
        usec,
      );
    for (const usec of ["1000000", "2147483647000"])
      assert.equal(taken({ NOTIFY_SOCKET: "/x", WATCHDOG_USEC: usec }).said, "", usec);
  });

  test("that are another process's ask for no signs of life", () => {
    const bad = { NOTIFY_SOCKET: "/x", WATCHDOG_USEC: "nonsense", WATCHDOG_PID: "8" };
    assert.equal(taken(bad).said, "");
    assert.match(taken({ ...bad, WATCHDOG_PID: "7" }).said, /WATCHDOG_USEC/);
  });
});
