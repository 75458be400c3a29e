import { lstatSync } from "node:fs";
import { type DaemonStatus, readDaemonStatus } from "../base/daemon-status.ts";
import { processStart } from "../base/process-start.ts";
import { FileProblem, systemCode } from "../certs/file-problem.ts";
import { readTrustedFile } from "../certs/secure-file.ts";

const FILE_MAX_BYTES = 1024 * 1024;

/** How long a reload may take, in milliseconds: more than the check of the largest policy. */
const RELOAD_TIMEOUT_MS = 60_000;

/** How often is looked, in milliseconds. */
const LOOK_MS = 50;

/**
 * Has a running daemon read its files again, and waits for what comes of it.
 *
 * @param path - its status file
 * @returns its status afterwards
 * @throws {@link FileProblem} where no daemon runs that the file speaks of, or it says nothing more
 */
export async function reloadRunning(path: string): Promise<DaemonStatus> {
  const before = running(path);
  try {
    process.kill(before.pid, "SIGHUP");
  } catch (error) {
    throw new FileProblem(
      "unreadable",
      path,
      `process ${before.pid} takes no signal (${systemCode(error)})`,
      {
        mend: "run it as root, or as the user of the daemon",
        cause: error,
      },
    );
  }
  for (let waitedMs = 0; waitedMs < RELOAD_TIMEOUT_MS; waitedMs += LOOK_MS) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const status = running(path);
    if (status.pid !== before.pid || status.reloads > before.reloads) return status;
  }
  throw new FileProblem("unreadable", path, `no reload has ended within ${RELOAD_TIMEOUT_MS} ms`, {
    mend: "its log says what it is at",
  });
}

/** @throws {@link FileProblem} unless it speaks of a process that runs, of the user to whom the file belongs */
function running(path: string): DaemonStatus {
  // Root believes it too: it is the word of the daemon's user about a process of that user, and no other is signalled.
  const owner = lstatSync(path, { throwIfNoEntry: false })?.uid;
  const bytes = readTrustedFile(path, {
    what: "the status file of a running daemon",
    maxBytes: FILE_MAX_BYTES,
    secret: true,
    owners: process.geteuid?.() === 0 && owner !== undefined ? [owner] : [],
  });
  const status = readDaemonStatus(bytes.toString());
  if (status === undefined) throw new FileProblem("malformed", path, "no status of a daemon");
  if (!isRunning(status, owner)) {
    throw new FileProblem(
      "not_found",
      path,
      `the daemon that wrote it (process ${status.pid}) runs no longer`,
      {
        mend: "start one: systemctl start rpcd, or rpcd --config FILE",
      },
    );
  }
  return status;
}

/** @param owner - of the file */
function isRunning({ pid, processStart: began }: DaemonStatus, owner: number | undefined): boolean {
  const start = processStart(pid);
  if (start !== undefined) return start === began && lstatSync(`/proc/${pid}`).uid === owner;
  // Within the unit no process sees another (PrivateUsers, ProtectProc). There the file lies in a folder that ends with the
  // daemon, and only a process of our own user takes a signal from us.
  if (process.geteuid?.() !== owner) return false;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
