import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { TestDaemon } from "../support/daemon.ts";
import { until } from "../support/failure.ts";
import { sample } from "../support/sample.ts";
import { type Ended, parsed, rpcctl, rpcctlCommand, startRpcctl } from "./run-cli.ts";

/** How rpcctl ends whose standard input stays open: nobody writes it, and nobody closes it. */
async function withOpenInput(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  const child = startRpcctl(words, { env });
  const [[code], out, err] = await Promise.all([
    once(child, "close"),
    text(child.stdout),
    text(child.stderr),
  ]);
  child.stdin.destroy();
  return { code: code as number | null, out, err };
}

describe("what rpcctl waits for", () => {
  let daemon: TestDaemon;
  let env: Readonly<Record<string, string>>;
  let fifo: string;
  before(async () => {
    daemon = await TestDaemon.start();
    const known = join(daemon.folder, "known");
    writeFileSync(known, `${daemon.address} ${daemon.hostKey}\n`, { mode: 0o600 });
    env = {
      HOME: daemon.folder,
      RPCCTL_ADDRESS: daemon.address,
      RPCCTL_IDENTITY: join(daemon.folder, "client_key"),
      RPCCTL_KNOWN_DAEMONS: known,
    };
    fifo = join(daemon.folder, "fifo");
    execFileSync("mkfifo", [fifo]);
  });
  after(() => daemon.stop());
  const run = (...words: string[]): Promise<Ended> => rpcctl(words, { env });

  test("is bounded by --timeout: a FIFO that nobody writes, and standard input that nobody closes", async () => {
    const waiting = [
      ["--file", `value=${fifo}`, "echo"],
      ["--file", "value=-", "echo"],
      ["--input", fifo, "echo"],
      ["--input", "-", "echo"],
    ];
    for (const words of sample(waiting, 3)) {
      for (const command of ["call", "can-i"]) {
        const { code, out, err } = await withOpenInput([command, "--timeout", "500ms", ...words], env);
        assert.deepEqual([code, out], [8, ""], `${command} ${words.join(" ")}: ${err}`);
        assert.match(err, /^too late: not done within 500ms/);
        assert.match(err, /→ --timeout 2m waits longer/);
      }
    }
    for (const command of [
      ["lint"],
      ["lint", "--live"],
      ["lint", "--fix", "--diff"],
      ["test"],
      ["show", "--file=-"],
      ["can", "tester", "--file=-"],
    ]) {
      const file = command.at(-1)?.endsWith("-") === true ? [] : ["-"];
      const { code, err } = await withOpenInput(["policy", ...command, "--timeout=500ms", ...file], env);
      assert.ok(code === 8 || (command.includes("--live") && code === 3), `${command.join(" ")}: ${err}`);
    }
    const { code } = await withOpenInput(["call", "--input", fifo, "echo"], {
      ...env,
      RPCCTL_TIMEOUT: "500ms",
    });
    assert.equal(code, 8);
  });

  test("can be a FIFO that somebody writes: <(…) gives arguments", async () => {
    const writer = `"$@" --input <(echo '{"args": [[1, 2]]}') echo`;
    const { stdout } = spawnSync("bash", ["-c", writer, "bash", ...rpcctlCommand(["call", "--json"])], {
      encoding: "utf8",
      env: { ...env, PATH: process.env["PATH"] },
    });
    assert.equal(stdout, "[1,2]\n");
  });

  test("is interrupted by a signal, also where a FIFO is awaited", async () => {
    const child = startRpcctl(["call", "--file", `value=${fifo}`, "echo"], { env });
    const calls = (): number => daemon.audit.filter(({ kind }) => kind === "login").length;
    const soFar = calls();
    await until(() => calls() > soFar);
    child.kill("SIGINT");
    const [code, signal] = await once(child, "close");
    assert.ok(code === 130 || signal === "SIGINT", `${code} ${signal}`);
  });

  test("takes one syntax of lengths of time, and says what was expected", async () => {
    for (const time of ["60000ms", "60s", "10m", "1h", "1d"])
      assert.equal((await run("call", "--timeout", time, "nothing")).code, 0, time);
    for (const words of [
      ["call", "--timeout", "5", "nothing"],
      ["ping", "--wait", "5"],
      ["ping", "--wait", "2d"],
      ["top", "--interval", "5"],
      ["call", "--timeout", "1.5s", "nothing"],
    ]) {
      const { code, err } = await run(...words);
      assert.equal(code, 2, words.join(" "));
      assert.match(err, /(length of time|at most a day).* not '/);
    }
  });

  test("ping --wait: a daemon that is started meanwhile", async () => {
    const late = await TestDaemon.start();
    const known = join(daemon.folder, "late");
    writeFileSync(known, `${late.address} ${late.hostKey}\n`, { mode: 0o600 });
    const connection = [
      "--address",
      late.address,
      "--known-daemons",
      known,
      "--identity",
      join(late.folder, "client_key"),
    ];
    late.signal("SIGTERM");
    await late.exited();
    const gone = await run("ping", ...connection);
    assert.equal(gone.code, 7);
    const waiting = run("ping", "--json", "--wait", "10m", ...connection);
    await late.restart();
    const { code, out, err } = await waiting;
    assert.deepEqual([code, err], [0, ""]);
    assert.equal(parsed(out)["principal"], "id:tester");
    await late.stop();
  });

  test("ping --wait: no longer than it says, and not at all for what waiting cannot change", async () => {
    const nobody = ["--address", `unix:${daemon.folder}/none.sock`];
    const { code, out, err } = await run("ping", "--wait", "300ms", ...nobody);
    assert.deepEqual([code, out], [7, ""]);
    assert.match(err, /^no daemon answered within 300ms: /);
    const none = join(daemon.folder, "none");
    for (const [words, ends] of [
      [["--known-daemons", none], 4],
      [["--identity", none], 6],
      [["--address", "tcp:x"], 2],
    ] as const)
      assert.equal((await run("ping", "--wait", "10m", ...words)).code, ends, words.join(" "));
  });

  test("names the true cause where no connection comes about", async () => {
    const host = await run("ping", "--address", "tls://no-such-host.invalid:7370");
    assert.equal(host.code, 7);
    assert.match(
      host.err,
      /there is no such host: tls:\/\/no-such-host\.invalid:7370|the name service does not answer/,
    );
    assert.doesNotMatch(host.err, /running/);
    const zone = await run("ping", "--address", "tls://[fe80::1%eth0]:7370");
    assert.equal(zone.code, 2);
    assert.match(zone.err, /an address takes no IPv6 zone \('%eth0'\)/);
    const refused = await run("ping", "--address", "tls://127.0.0.1:1");
    assert.equal(refused.code, 7);
    assert.match(
      refused.err,
      /nobody listens at tls:\/\/127\.0\.0\.1:1 \(ECONNREFUSED\): is the daemon running\?/,
    );
  });
});
