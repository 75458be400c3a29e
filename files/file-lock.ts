import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { processStart } from "../base/process-start.ts";
import { FileProblem, shellWord, systemCode } from "./file-problem.ts";

/** How long to wait for others, in milliseconds: each of them reads and writes one small file. */
const WAIT_MAX_MS = 30_000;

/** Between two looks, in milliseconds; a random part of it keeps those who wait from looking together. */
const LOOK_MS = 20;

/** What waits has nothing else to do: the work is one read and one write of a small file. */
const SLEEP = new Int32Array(new SharedArrayBuffer(4));

/**
 * Does something to a file while no other process does: what reads a file and writes it again would else lose what another wrote in
 * between. All that change the file have to go this way. The lock is a file beside it, with `.lock` behind its name; link(2) makes it
 * with its content, or says that it exists.
 *
 *     who holds it: process id, its start, the boot of the machine, the namespace of process ids, a random number
 *
 * A lock whose process has ended is taken away; one of another namespace of process ids is never known to be.
 *
 * @throws {@link FileProblem} `unwritable` where the lock cannot be made, or others hold it for too long
 */
export function withFileLock<T>(path: string, work: () => T): T {
  const lock = `${path}.lock`;
  const own = `${process.pid} ${processStart(process.pid) ?? "?"} ${boot()} ${namespace()} ${random()}\n`;
  const endMs = performance.now() + WAIT_MAX_MS;
  while (!take(lock, own)) {
    const held = contentOf(lock);
    if (held !== undefined && hasEnded(held)) takeAway(lock, held);
    else if (performance.now() >= endMs) throw stuck(path, lock, held);
    else Atomics.wait(SLEEP, 0, 0, LOOK_MS / 2 + Math.random() * LOOK_MS);
  }
  try {
    return work();
  } finally {
    if (contentOf(lock) === own) rmSync(lock, { force: true });
  }
}

/** @returns false where somebody holds it */
function take(lock: string, own: string): boolean {
  const temp = join(dirname(lock), `.rpcd-${random()}.tmp`);
  try {
    writeFileSync(temp, own, { flag: "wx", mode: 0o600 });
    linkSync(temp, lock);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw new FileProblem(
      "unwritable",
      lock,
      `the lock cannot be made (${systemCode(error) ?? String(error)})`,
      {
        cause: error,
      },
    );
  } finally {
    rmSync(temp, { force: true });
  }
}

function contentOf(lock: string): string | undefined {
  try {
    return readFileSync(lock, "latin1");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw new FileProblem(
      "unwritable",
      lock,
      `the lock cannot be read (${systemCode(error) ?? String(error)})`,
      {
        mend: `if no rpcctl runs: rm ${shellWord(lock)}`,
        cause: error,
      },
    );
  }
}

/** Whether the process that made it runs no more. Of what cannot be read nothing is known. */
function hasEnded(held: string): boolean {
  const [pid = "", start = "", ofBoot = "", ofNamespace = ""] = held.split(" ");
  if (!/^\d+$/.test(pid) || ofBoot === "?" || ofNamespace === "?") return false;
  if (ofBoot !== boot()) return true;
  return ofNamespace === namespace() && processStart(Number(pid)) !== start;
}

/** Takes away the lock that was looked at, and no other that has come to its place since: that one is put back. */
function takeAway(lock: string, held: string): void {
  const aside = join(dirname(lock), `.${basename(lock)}.${random()}`);
  try {
    renameSync(lock, aside);
    if (contentOf(aside) !== held) linkSync(aside, lock);
  } catch (error) {
    // Another process was first: with taking it away, or with the next lock.
    const code = systemCode(error);
    if (code !== "ENOENT" && code !== "EEXIST") throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function stuck(path: string, lock: string, held: string | undefined): FileProblem {
  const by = /^\d+/.exec(held ?? "")?.[0];
  const holder = by === undefined ? "another process" : `process ${by}`;
  return new FileProblem("unwritable", path, `${holder} keeps it locked; nothing was changed`, {
    mend: `end that process; if it runs no more: rm ${shellWord(lock)}`,
  });
}

function boot(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  } catch {
    // Without /proc: then nothing is known of other processes, and no lock is taken away.
    return "?";
  }
}

function namespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "?";
  }
}

function random(): string {
  return randomBytes(8).toString("hex");
}
