import { lstatSync } from "node:fs";
import { type DaemonStatus, readDaemonStatus } from "../../base/daemon-status.ts";
import { isProcessOf } from "../../base/process-start.ts";
import { FileProblem, systemCode } from "../../files/file-problem.ts";
import { readTrustedFile } from "../../files/secure-file.ts";

const FILE_MAX_BYTES = 1024 * 1024;

/** How long a reload may take, in milliseconds: more than the check of the largest policy. */
const RELOAD_TIMEOUT_MS = 60_000;

/** How often is looked, in milliseconds. */
const LOOK_MS = 50;

/** How often in a row the file may be replaced while it is read: before and after each reload it is. */
const REPLACED_MAX = 20;

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
    // Another process has read the files at its start. Of this one, a reload that had begun before the signal may have read what
    // stood in them before: its end is not the answer.
    if (!isSameProcess(status, before) || status.reloads > before.reloadsBegun) return status;
  }
  throw new FileProblem("unreadable", path, `no reload has ended within ${RELOAD_TIMEOUT_MS} ms`, {
    mend: "its log says what it is at",
  });
}

function isSameProcess(one: DaemonStatus, other: DaemonStatus): boolean {
  return one.pid === other.pid && one.processStart === other.processStart;
}

/** @throws {@link FileProblem} unless it speaks of a process that runs, of the user to whom the file belongs */
function running(path: string): DaemonStatus {
  // Root believes it too: it is the word of the daemon's user about a process of that user, and no other is signalled.
  const owner = lstatSync(path, { throwIfNoEntry: false })?.uid;
  const owners = process.geteuid?.() === 0 && owner !== undefined ? [owner] : [];
  const status = readDaemonStatus(readReplaced(path, owners).toString());
  if (status === undefined) throw new FileProblem("malformed", path, "no status of a daemon");
  if (!isProcessOf(status, owner)) {
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

/** The file, which its daemon replaces now and then, also while it is being read. @throws {@link FileProblem} */
function readReplaced(path: string, owners: readonly number[]): Buffer {
  const wanted = {
    what: "the status file of a running daemon",
    missing:
      "start the daemon; or, where status_file was changed since it started, say where it was: rpcd reload STATUS_FILE",
    maxBytes: FILE_MAX_BYTES,
    secret: true,
    owners,
  };
  for (let tries = 1; ; tries++) {
    try {
      return readTrustedFile(path, wanted);
    } catch (error) {
      if (!(error instanceof FileProblem) || error.kind !== "changed" || tries === REPLACED_MAX) throw error;
    }
  }
}
