import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  type Stats,
  statfsSync,
} from "node:fs";
import { dirname } from "node:path";
import { octal, shellWord } from "../../files/file-problem.ts";
import { readTrustedFile } from "../../files/secure-file.ts";
import { error, type Finding, warning } from "./finding.ts";
import { type Host, hasUnit } from "./host.ts";

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** What must be free where the audit log lies: without room no call runs. In bytes, and as a share. */
const FREE_MIN_BYTES = 256 * 1024 * 1024;
const FREE_MIN_SHARE = 0.02;

/** How far a clock may be off before a line of the log counts as one from the future, in milliseconds. */
const CLOCK_SLACK_MS = 5_000;

/** The largest policy, in bytes; the gate has the same bound. */
const POLICY_MAX_BYTES = 8 * 1024 * 1024;

/** Room for the last line of the audit log, in bytes. */
const TAIL_BYTES = 16 * 1024;

/** What the running daemon says of itself, beside what is on the disk. */
export function checkRunning(host: Host): readonly Finding[] {
  const { status, paths, version, config } = host;
  if (status === undefined)
    return host.service.get("ActiveState") === "active"
      ? [
          warning(
            "status-file",
            paths.statusFile,
            "the service runs and is not found by it: what is in force cannot be looked at",
            "journalctl -u rpcd says why it cannot be written; then systemctl restart rpcd",
          ),
        ]
      : [];
  const found: Finding[] = [];
  if (status.refused !== undefined)
    found.push(
      error(
        config,
        `the last reload was refused, an older policy is in force: ${status.refused.join("; ")}`,
        "mend the file, then systemctl reload rpcd (or rpcd reload)",
      ),
    );
  const { policy } = paths;
  const hash = hashOf(policy);
  if (status.refused === undefined && hash !== undefined && hash !== status.policy)
    found.push(
      warning(
        "policy-not-reloaded",
        policy,
        "it was changed, and is not in force yet",
        "systemctl reload rpcd (or rpcd reload)",
      ),
    );
  if (status.waiting.length > 0)
    found.push(
      warning(
        "restart-pending",
        config,
        `changed, and in force from the next start on: ${status.waiting.join(", ")}`,
        "systemctl restart rpcd",
      ),
    );
  if (status.version !== version)
    found.push(
      warning(
        "version-running",
        `process ${status.pid}`,
        `rpcd ${status.version} runs, and ${version} is installed`,
        "systemctl restart rpcd",
      ),
    );
  return found;
}

function hashOf(path: string): string | undefined {
  try {
    const wanted = { what: "a policy", maxBytes: POLICY_MAX_BYTES, secret: false, mayBeLink: true };
    const bytes = readTrustedFile(path, wanted);
    return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  } catch {
    // Not for this user to read; `rpcd --check` says it if it is wrong.
    return undefined;
  }
}

/** The audit log: who reads it, whether there is room for more, and what the time says. */
export function checkAudit({ paths: { audit: path } }: Host, nowMs: number): readonly Finding[] {
  const found: Finding[] = [];
  const stats = stat(path);
  if (stats?.isFile() === true && (stats.mode & 0o007) !== 0)
    found.push(
      warning(
        "audit-mode",
        path,
        `it has mode ${octal(stats.mode)}: every user reads who calls what`,
        `chmod o= ${shellWord(path)}`,
      ),
    );
  try {
    const { bavail, blocks, bsize } = statfsSync(dirname(path));
    const free = bavail * bsize;
    if (free < FREE_MIN_BYTES && bavail / blocks < FREE_MIN_SHARE)
      found.push(
        error(
          dirname(path),
          `${Math.floor(free / 1024)} KiB are free: when it is full, no call runs any longer`,
          "make room, or name another place for audit",
        ),
      );
  } catch {
    // There is no such folder: `rpcd --check` says it.
  }
  const lastMs = stats?.isFile() === true ? lastMoment(path) : undefined;
  if (lastMs !== undefined && lastMs > nowMs + CLOCK_SLACK_MS)
    found.push(
      warning(
        "clock-back",
        path,
        `its last line is of ${new Date(lastMs).toISOString()}, which is yet to come: the clock was set back`,
        "timedatectl says whether the clock is kept; windows and expiries of the policy go by it",
      ),
    );
  return found;
}

/** Of the last whole line, in milliseconds since 1970. */
function lastMoment(path: string): number | undefined {
  try {
    // The folder is the daemon's user's, and root may look: no link is followed, no FIFO waited for.
    const fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile()) return undefined;
      const { size } = stats;
      const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
      readSync(fd, bytes, 0, bytes.length, size - bytes.length);
      const lines = bytes.toString().trimEnd().split("\n");
      const [, at] = /^\{"at":"([^"]+)"/.exec(lines.at(-1) ?? "") ?? [];
      const ms = Date.parse(at ?? "");
      return Number.isNaN(ms) ? undefined : ms;
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

/** The sockets of the service, for whoever comes to them. */
export function checkSockets(host: Host): readonly Finding[] {
  return hasUnit(host) ? host.paths.sockets.flatMap(checkSocket) : [];
}

function checkSocket(path: string): readonly Finding[] {
  const found: Finding[] = [];
  const folder = stat(dirname(path));
  if (folder !== undefined && (folder.uid !== 0 || (folder.mode & 0o022) !== 0))
    found.push(
      error(
        dirname(path),
        `it belongs to user ${folder.uid} and has mode ${octal(folder.mode)}: others could put their own socket there`,
        "systemd-tmpfiles --create /etc/tmpfiles.d/rpcd.conf",
      ),
    );
  const socket = stat(path);
  if (socket?.isSocket() === true && (socket.mode & 0o002) !== 0)
    found.push(
      warning(
        "socket-mode",
        path,
        `it has mode ${octal(socket.mode)}: every user may connect, and only the login keeps them out`,
        "SocketMode=0660 in rpcd.socket, then systemctl restart rpcd.socket",
      ),
    );
  return found;
}

/** A clock that is far off makes every date of the policy wrong. @param installedMs - when this package was written */
export function checkClock(nowMs: number, installedMs: number): readonly Finding[] {
  if (nowMs >= installedMs - CLOCK_SLACK_MS) return [];
  const text = `it is ${new Date(nowMs).toISOString()} here, earlier than rpcd was installed`;
  return [error("the clock", text, "timedatectl set-ntp true, or set it by hand")];
}

function stat(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
