import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import type { Rpc } from "../../client/rpc.ts";
import { NODE_FLAGS, PACKAGE, RPCD, TestDaemon, WIDE_OPEN } from "../support/daemon.ts";

const LOGROTATE = ["/usr/sbin/logrotate", "/sbin/logrotate"].find((path) => existsSync(path));
const SKIP =
  LOGROTATE === undefined
    ? "there is no logrotate"
    : process.geteuid?.() === 0
      ? false
      : "its file is root's, as is the one in /etc";

/** How often the log is rotated, and how many calls are made meanwhile, a second: CI asks for more. Without a bound, as many as go. */
const ROTATIONS = Number(process.env["RPCD_ROTATIONS"] ?? 3);
const CALLS_PER_SECOND = Number(process.env["RPCD_CALLS_PER_SECOND"] ?? Number.POSITIVE_INFINITY);

/** Of one connection at once. */
const PIPELINED = 16;
const CLIENTS = 4;

const run = promisify(execFile);

/** The file of systemd/, for the log and the status file of a test; nothing else of it is changed. */
function shipped(log: string, status: string): string {
  const { uid, gid } = { uid: process.getuid?.(), gid: process.getgid?.() };
  const reload = [process.execPath, ...NODE_FLAGS, RPCD, "reload", status].join(" ");
  const text = readFileSync(join(PACKAGE, "systemd/rpcd.logrotate"), "utf8");
  const changed = text
    .replace("/var/log/rpcd/audit.jsonl", log)
    .replaceAll("rpcd rpcd", `${nameOf("-un", uid)} ${nameOf("-gn", gid)}`)
    .replace(/^\t\tif systemctl.*$/m, `\t\t${reload} >/dev/null`);
  assert.match(changed, /create 0600 root root\n\tcompress\n\tpostrotate\n/);
  assert.ok(changed.includes(reload));
  return changed;
}

function nameOf(flag: string, id: number | undefined): string {
  return execFileSync("id", [flag, String(id)], { encoding: "utf8" }).trim();
}

/** Calls until it is told to stop, as fast as the bound lets it. @returns how many calls were answered */
async function caller(rpc: Rpc, isOver: () => boolean): Promise<number> {
  const beganMs = performance.now();
  let answered = 0;
  const perMs = CALLS_PER_SECOND / CLIENTS / 1_000;
  const one = async (): Promise<void> => {
    while (!isOver()) {
      if (answered > (performance.now() - beganMs) * perMs) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        continue;
      }
      assert.equal(await rpc.call("add", [2, 3]), 5);
      answered++;
    }
  };
  await Promise.all(Array.from({ length: PIPELINED }, one));
  return answered;
}

describe("logrotate, by the file of systemd/", { skip: SKIP }, () => {
  test(`rotates ${ROTATIONS} times with create and compress while calls are made: each has its record in one file, and each line is whole`, (t) =>
    TestDaemon.during(
      { config: `audit: logs/audit.jsonl\n${WIDE_OPEN}`, launch: withLogs },
      async (daemon) => {
        const folder = join(daemon.folder, "logs");
        const log = join(folder, "audit.jsonl");
        const config = join(daemon.folder, "logrotate.conf");
        writeFileSync(config, shipped(log, join(daemon.folder, "rpcd.status.json")));
        chmodSync(config, 0o644);
        chownSync(config, 0, 0);
        const clients = await Promise.all(Array.from({ length: CLIENTS }, () => daemon.connect()));
        let isOver = false;
        const calling = Promise.all(clients.map((rpc) => caller(rpc, () => isOver)));
        const rotated = (): readonly string[] =>
          readdirSync(folder)
            .filter((name) => name.endsWith(".gz"))
            .toSorted();
        const beganMs = performance.now();
        try {
          // A second time within a second it finds the name taken, and leaves the log alone.
          while (rotated().length < ROTATIONS)
            await run(LOGROTATE ?? "", [
              "--force",
              "--state",
              join(daemon.folder, "logrotate.state"),
              config,
            ]);
        } finally {
          isOver = true;
        }
        const answered = (await calling).reduce((sum, one) => sum + one, 0);
        t.diagnostic(`${Math.round((1_000 * answered) / (performance.now() - beganMs))} calls a second`);
        for (const rpc of clients) await rpc.close();
        const files = [
          ...rotated().map((name) => gunzipSync(readFileSync(join(folder, name)))),
          readFileSync(log),
        ];
        assert.deepEqual(
          readdirSync(folder)
            .filter((name) => !name.endsWith(".gz"))
            .toSorted(),
          ["audit.jsonl", "audit.jsonl.lock"],
        );
        const events = files.map((bytes) => {
          const text = bytes.toString();
          assert.ok(text === "" || text.endsWith("\n"), "half a line");
          return text
            .split("\n")
            .slice(0, -1)
            .map((line): Readonly<Record<string, unknown>> => JSON.parse(line));
        });
        const ids = events
          .flat()
          .flatMap(({ kind, decision, method, id }) =>
            kind === "call" && decision === "allow" && method === "add" ? [String(id)] : [],
          );
        assert.equal(new Set(ids).size, ids.length, "no line is in two files");
        assert.equal(ids.length, answered, "a line for each call that was answered");
        // Each file says how many lines are in the one before it.
        events.slice(1).forEach((lines, i) => {
          const [first] = lines;
          assert.deepEqual([first?.["kind"], first?.["result"]], ["log", "reopened"]);
          assert.equal(first?.["lines"], events[i]?.length);
        });
      },
    ));
});

function withLogs(folder: string): readonly string[] {
  mkdirSync(join(folder, "logs"), { mode: 0o700, recursive: true });
  return [];
}
