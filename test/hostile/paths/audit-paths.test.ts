import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Rpc } from "../../../client/rpc.ts";
import { reloadRunning } from "../../../daemon/systemd/reload-command.ts";
import { TestDaemon } from "../../support/daemon.ts";
import { until } from "../../support/failure.ts";
import { ask } from "../../support/http.ts";

const NOT_ROOT = process.geteuid?.() === 0 ? false : "only root can give a file to somebody else";
const REFUSED = "the audit log cannot be written; calls are refused";
const AGAIN = "the audit log is written again";
const MOVED = "the audit log was moved";
const REMOVED = "the audit log was removed";

type Line = Readonly<Record<string, unknown>>;

function linesOf(path: string): readonly Line[] {
  const text = readFileSync(path, "utf8");
  if (text === "") return [];
  assert.ok(text.endsWith("\n"), "half a line at the end");
  return text
    .trimEnd()
    .split("\n")
    .map((line): Line => JSON.parse(line));
}

/** Ids of the calls that ran, by its lines. */
function allowed(path: string): readonly string[] {
  return linesOf(path)
    .filter(({ kind, decision, method }) => kind === "call" && decision === "allow" && method === "add")
    .map(({ id }) => String(id));
}

function logEvents(path: string): readonly string[] {
  return linesOf(path)
    .filter(({ kind }) => kind === "log")
    .map(({ result, before: was }) => [result, was].filter(Boolean).join(" "));
}

test("67: a record whose file was removed just before the daemon stops is in the file that it leaves", async () => {
  const daemon = await TestDaemon.start();
  const rpc = await daemon.connect();
  const log = join(daemon.folder, "audit.jsonl");
  assert.equal(await rpc.call("add", [1, 2]), 3);
  rmSync(log);
  assert.equal(await rpc.call("add", [2, 3]), 5);
  daemon.signal("SIGTERM");
  assert.equal(await daemon.exited(), 0);
  assert.ok(existsSync(log), "there is no audit log");
  assert.ok(readFileSync(log, "utf8").includes('"method":"add"'), "the last call has no record");
  await daemon.stop();
});

describe("67: the path of the audit log", () => {
  let daemon: TestDaemon;
  let rpc: Rpc;
  let answered = 0;
  let log: string;
  let folder: string;
  before(async () => {
    daemon = await TestDaemon.start({
      config: "audit: logs/audit.jsonl\nmetrics: unix:metrics.sock\n",
      launch: (at) => {
        mkdirSync(join(at, "logs"), { mode: 0o700, recursive: true });
        return [];
      },
    });
    folder = join(daemon.folder, "logs");
    log = join(folder, "audit.jsonl");
    rpc = await daemon.connect();
  });
  after(async () => {
    await rpc.close();
    assert.equal(await daemon.stop(), 0);
  });

  const call = async (): Promise<void> => {
    assert.equal(await rpc.call("add", [2, 3]), 5);
    answered++;
  };
  const tells = async (value: number): Promise<boolean> =>
    (await ask({ socketPath: join(daemon.folder, "metrics.sock") })).body
      .split("\n")
      .includes(`rpcd_audit_failing ${value}`);
  const said = (what: string): number => daemon.log.filter((line) => line.includes(what)).length;
  const callsUntil = async (isThere: () => boolean): Promise<void> => {
    do await call();
    while (!isThere());
  };

  /** Takes away what the test has left, so that the next one begins with a log that is written. */
  const settle = async (): Promise<void> => {
    await until(() => tells(0));
    await callsUntil(() => existsSync(log));
  };

  test("moved: what was written before is in the old file, what comes after it in the new one, and each line once", async () => {
    answered = 0;
    const moved = `${log}.moved`;
    await call();
    renameSync(log, moved);
    await callsUntil(() => existsSync(log) && allowed(log).length > 0);
    const [old, fresh] = [allowed(moved), allowed(log)];
    assert.equal(old.length + fresh.length, answered);
    assert.equal(new Set([...old, ...fresh]).size, answered);
    assert.deepEqual(logEvents(log), ["reopened moved"]);
    assert.equal(
      linesOf(log)[0]?.["lines"],
      linesOf(moved).length,
      "the new file says how many lines are in the old",
    );
    assert.equal(said(REFUSED), 0);
    await settle();
  });

  test("moved while nobody calls: the daemon finds it by itself", async () => {
    const times = said(MOVED);
    renameSync(log, `${log}.idle`);
    await until(() => said(MOVED) > times && existsSync(log));
    assert.equal(readFileSync(log, "utf8"), "", "and is empty as long as there is nothing to tell");
    await settle();
  });

  test("removed: every call that is answered afterwards is in the new file", async () => {
    await call();
    rmSync(log);
    answered = 0;
    await callsUntil(() => existsSync(log));
    await until(() => said(REMOVED) > 0);
    assert.ok(allowed(log).length >= answered, `${allowed(log).length} lines for ${answered} calls`);
    assert.ok(logEvents(log).includes("reopened removed"));
    await settle();
  });

  test("replaced by another file that is good: it goes on there, behind what is in it", async () => {
    answered = 0;
    writeFileSync(`${log}.next`, '{"at":"1970","kind":"mine"}\nhalf a li', { mode: 0o600 });
    renameSync(`${log}.next`, log);
    await callsUntil(() => readFileSync(log, "utf8").includes('"kind":"log"'));
    const [first, second, third] = readFileSync(log, "utf8").split("\n");
    assert.deepEqual([first, second], ['{"at":"1970","kind":"mine"}', "half a li"]);
    assert.equal(JSON.parse(third ?? "")["before"], "removed");
    rmSync(log);
    await settle();
  });

  test("cut by copytruncate: it goes on at the end of what is left, and says that it was cut", async () => {
    await call();
    copyFileSync(log, `${log}.copy`);
    truncateSync(log);
    const shorter = daemon.nextLine("the audit log became shorter");
    answered = 0;
    await callsUntil(() => logEvents(log).includes("shortened"));
    assert.match(await shorter, /"missing_bytes":[1-9]/);
    assert.equal(allowed(log).length, answered);
  });

  test("cut in the middle of a line: the half of it is ended, and the next begins behind it", async () => {
    await call();
    const { length } = readFileSync(log);
    const shorter = daemon.nextLine("the audit log became shorter");
    truncateSync(log, length - 10);
    await shorter;
    await call();
    assert.match(readFileSync(log, "utf8"), /"result":"shortened","bytes":10\}/);
    for (const line of readFileSync(log, "utf8").trimEnd().split("\n"))
      assert.doesNotMatch(line, /\}\s*\{/, "two lines in one");
    rmSync(log);
    await settle();
  });

  /** Puts what was made beside the log in its place. The daemon may make a new log at any moment, and where a folder is to be none may be. */
  const putInPlace = (made: string): void => {
    for (let tries = 0; ; tries++) {
      rmSync(log, { force: true });
      try {
        renameSync(made, log);
        return;
      } catch (error) {
        if (tries === 1_000) throw error;
      }
    }
  };

  const REPLACED: readonly [what: string, make: (path: string) => void, skip: false | string][] = [
    ["a link to a file of the daemon's own", (path) => symlinkSync(`${log}.moved`, path), false],
    ["a link to nothing", (path) => symlinkSync("nothing", path), false],
    ["a FIFO", (path) => execFileSync("mkfifo", ["-m", "600", path]), false],
    ["a folder", (path) => mkdirSync(path, { mode: 0o700 }), false],
    [
      "a file that others can write",
      (path) => {
        writeFileSync(path, "");
        chmodSync(path, 0o666);
      },
      false,
    ],
    [
      "a file of another user",
      (path) => {
        writeFileSync(path, "");
        chownSync(path, 65_534, 65_534);
      },
      NOT_ROOT,
    ],
  ];
  for (const [what, make, skip] of REPLACED)
    test(`replaced by ${what}: no call runs, loudly, and calls run again by themselves when it is gone`, {
      skip,
    }, async () => {
      const [refused, again] = [said(REFUSED), said(AGAIN)];
      await call();
      const [aside, made] = [`${log}.before`, `${log}.made`];
      make(made);
      renameSync(log, aside);
      putInPlace(made);
      const faults = new Set<string>();
      for (;;) {
        const answer = await rpc.call("add", [2, 3]).catch((error: unknown) => error);
        if (answer === 5) continue;
        const { code, outcome } = answer as { readonly code: string; readonly outcome: string };
        faults.add(`${code} ${outcome}`);
        break;
      }
      assert.deepEqual([...faults], ["unavailable not_started"]);
      await assert.rejects(daemon.connect(), { code: "unavailable" });
      await until(() => tells(1));
      await until(() => said(REFUSED) > refused);
      assert.equal(said(REFUSED), refused + 1, "it is said once");
      const status = await reloadRunning(join(daemon.folder, "rpcd.status.json"));
      assert.match(String(status.refused), /the audit log cannot be written/);
      rmSync(log, { recursive: true });
      await until(() => said(AGAIN) > again);
      await call();
      linesOf(aside);
      linesOf(log);
      assert.equal((await reloadRunning(join(daemon.folder, "rpcd.status.json"))).refused, undefined);
      await settle();
    });

  test("that leads to the old file again after something bad: the log goes on in it", async () => {
    const again = said(AGAIN);
    await call();
    renameSync(log, `${log}.kept`);
    rmSync(log, { force: true });
    mkdirSync(log);
    await until(() => tells(1));
    rmSync(log, { recursive: true });
    renameSync(`${log}.kept`, log);
    await until(() => said(AGAIN) > again);
    await settle();
    linesOf(log);
  });

  test("its folder moved away: no call runs until there is one, and then in a file of its own", async () => {
    const again = said(AGAIN);
    await call();
    renameSync(folder, `${folder}.away`);
    await until(() => tells(1));
    await assert.rejects(rpc.call("add", [2, 3]), { code: "unavailable" });
    const old = allowed(join(`${folder}.away`, "audit.jsonl")).length;
    mkdirSync(folder, { mode: 0o700 });
    await until(() => said(AGAIN) > again);
    await call();
    assert.equal(allowed(log).length, 1);
    assert.equal(allowed(join(`${folder}.away`, "audit.jsonl")).length, old);
    await settle();
  });

  test("its folder replaced by one that others can write: no call runs until it is safe", async () => {
    const again = said(AGAIN);
    renameSync(folder, `${folder}.away2`);
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    await until(() => tells(1));
    assert.equal(existsSync(log), false, "nothing is made there");
    chmodSync(folder, 0o700);
    await until(() => said(AGAIN) > again);
    await settle();
  });

  test("its folder made writable for others: it is said, and calls go on in the same file", async () => {
    const unsafe = daemon.nextLine("the audit log is not safe from others");
    chmodSync(folder, 0o777);
    assert.match(await unsafe, /"level":"error".*mode 0777/);
    await call();
    const safe = daemon.nextLine("the audit log is safe from others again");
    chmodSync(folder, 0o700);
    await safe;
    await settle();
  });

  test("a reload that refuses the policy has opened the log anew before it ends", async () => {
    const policy = readFileSync(join(daemon.folder, "policy.yaml"), "utf8");
    writeFileSync(join(daemon.folder, "policy.yaml"), "policy: nonsense\n");
    const moved = `${log}.reload`;
    renameSync(log, moved);
    const status = await reloadRunning(join(daemon.folder, "rpcd.status.json"));
    assert.ok(status.refused !== undefined);
    const old = readFileSync(moved);
    assert.equal(existsSync(log), true);
    await call();
    assert.deepEqual(readFileSync(moved), old);
    assert.equal(linesOf(log).at(-1)?.["method"], "add");
    writeFileSync(join(daemon.folder, "policy.yaml"), policy);
    assert.equal(await daemon.reload(), true);
  });
});
