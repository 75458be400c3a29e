import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type DaemonStatus, daemonStatusText } from "../../../base/daemon-status.ts";
import { processStart } from "../../../base/process-start.ts";
import { reloadRunning } from "../../../daemon/systemd/reload-command.ts";
import { inFolder } from "../../support/temp-folder.ts";

const NOT_ROOT: string | false = process.geteuid?.() === 0 ? false : "only root is asked to signal others";
const NOBODY = 65_534;

/** A status that is good but for what is given. */
function status(given: Partial<DaemonStatus> = {}): DaemonStatus {
  return {
    pid: process.pid,
    processStart: processStart(process.pid) ?? assert.fail("no start"),
    state: "serving",
    version: "0.1.0",
    node: process.version,
    started: new Date(0).toISOString(),
    config: "/etc/rpcd/rpcd.yaml",
    listen: [],
    policy: `sha256:${"0".repeat(64)}`,
    generation: 1,
    reloadsBegun: 0,
    reloads: 0,
    refused: undefined,
    waiting: [],
    ...given,
  };
}

/** A process that a SIGHUP would end. */
async function bystander(uid?: number): Promise<ChildProcess> {
  const child = spawn("/bin/sleep", ["60"], {
    stdio: "ignore",
    cwd: "/",
    ...(uid === undefined ? {} : { uid }),
  });
  await once(child, "spawn");
  return child;
}

const pidOf = (child: ChildProcess): number => child.pid ?? assert.fail("no process");

/** It still runs: it was not signalled. Ends it. */
async function wasSpared(child: ChildProcess): Promise<void> {
  child.kill("SIGTERM");
  const [, signal] = await once(child, "exit");
  assert.equal(signal, "SIGTERM");
}

describe("65: a status file that somebody has made", () => {
  test("is refused where it is no file of the daemon's user alone, or no status, and nobody is signalled", () =>
    inFolder(async (folder) => {
      const child = await bystander();
      const pid = pidOf(child);
      const good = daemonStatusText(status({ pid, processStart: processStart(pid) ?? "" }));
      const path = join(folder, "status.json");
      const refused = (kind: string, at = path): Promise<void> => assert.rejects(reloadRunning(at), { kind });
      await refused("not_found");
      const texts = {
        half: good.slice(0, good.length / 2),
        "no JSON": "pid 1\n",
        "a list": "[]",
        null: "null",
        "a text for a number": good.replace(/"pid": \d+/, '"pid": "1"'),
        "a negative number": good.replace(/"pid": \d+/, '"pid": -1'),
        "a group of processes": good.replace(/"pid": \d+/, '"pid": 0'),
        "more than a megabyte": good + " ".repeat(1024 * 1024),
        nothing: "",
      };
      for (const [what, text] of Object.entries(texts)) {
        writeFileSync(path, text, { mode: 0o600 });
        await assert.rejects(reloadRunning(path), { kind: "malformed" }, what);
      }
      writeFileSync(path, good);
      for (const mode of [0o622, 0o644, 0o660]) {
        chmodSync(path, mode);
        await refused("unsafe");
      }
      chmodSync(path, 0o600);
      symlinkSync(path, join(folder, "link"));
      await refused("unsafe", join(folder, "link"));
      const open = join(folder, "open");
      mkdirSync(open);
      chmodSync(open, 0o777);
      writeFileSync(join(open, "status.json"), good, { mode: 0o600 });
      await refused("unsafe", join(open, "status.json"));
      await wasSpared(child);
    }));

  test("that speaks of a process that has ended, or of another that has its number now, signals nobody", () =>
    inFolder(async (folder) => {
      const path = join(folder, "status.json");
      const child = await bystander();
      const pid = pidOf(child);
      const began = processStart(pid) ?? assert.fail("no start");
      for (const given of [
        { pid, processStart: String(Number(began) - 1) },
        { pid, processStart: "unknown" },
        { pid: 2 ** 22 + 1 },
        { pid: 2 ** 32 + pid, processStart: began },
        { pid: Number.MAX_SAFE_INTEGER },
      ]) {
        writeFileSync(path, daemonStatusText(status(given)), { mode: 0o600 });
        await assert.rejects(reloadRunning(path), { kind: "not_found", mend: /^start one/ });
      }
      await wasSpared(child);
    }));

  test(
    "of one user's does not make root signal a process of another's, nor one of root's that of a user",
    {
      skip: NOT_ROOT,
    },
    () =>
      inFolder(async (folder) => {
        const path = join(folder, "status.json");
        const [ours, theirs] = [await bystander(), await bystander(NOBODY)];
        for (const [child, owner] of [
          [ours, NOBODY],
          [theirs, 0],
        ] as const) {
          const pid = pidOf(child);
          writeFileSync(path, daemonStatusText(status({ pid, processStart: processStart(pid) ?? "" })), {
            mode: 0o600,
          });
          chownSync(path, owner, owner);
          await assert.rejects(reloadRunning(path), { kind: "not_found" });
        }
        await wasSpared(ours);
        await wasSpared(theirs);
      }),
  );

  test(
    "of a user's own about a process of theirs is that user's word: root signals it, and says that it has ended",
    {
      skip: NOT_ROOT,
    },
    () =>
      inFolder(async (folder) => {
        const path = join(folder, "status.json");
        const theirs = await bystander(NOBODY);
        const ended = once(theirs, "exit");
        const pid = pidOf(theirs);
        writeFileSync(path, daemonStatusText(status({ pid, processStart: processStart(pid) ?? "" })), {
          mode: 0o600,
        });
        chownSync(path, NOBODY, NOBODY);
        await assert.rejects(reloadRunning(path), { kind: "not_found", message: /runs no longer/ });
        assert.equal((await ended)[1], "SIGHUP");
      }),
  );
});
