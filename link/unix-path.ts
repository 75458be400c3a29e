import { type BigIntStats, lstatSync } from "node:fs";
import { isAbsolute } from "node:path";
import { joinBytes, uint64Bytes } from "../base/bytes.ts";
import { escapeText } from "../base/escape.ts";
import { checkFolders, ownerFlaw, trustedOwners } from "../files/check-folders.ts";
import { FileProblem, systemCode } from "../files/file-problem.ts";
import type { ChannelBinding } from "../session/login/transcript.ts";

/** What `sockaddr_un` has room for on Linux, without the closing zero (unix(7)). Node 20 cuts longer ones. */
export const UNIX_PATH_MAX_BYTES = 107;

/** What is wrong with a path as the address of a Unix socket, before any file is looked at. */
export function unixPathFlaw(path: string): string | undefined {
  if (!isAbsolute(path)) return `'${escapeText(path)}' is not absolute; a socket's path begins with /`;
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(path)) return "a control character in the path of a socket";
  const bytes = Buffer.byteLength(path);
  if (bytes <= UNIX_PATH_MAX_BYTES) return undefined;
  return `the path of a Unix socket has at most ${UNIX_PATH_MAX_BYTES} bytes, this one has ${bytes}: choose a shorter folder`;
}

/**
 * The binding of a login over this socket: which file system and which file in it (docs/protocol.md,
 * section 1). Both ends look it up at their own path, so a socket put in the way has another.
 *
 * @throws {@link FileProblem}
 */
export function unixBinding(path: string): ChannelBinding {
  return bindingOf(socketStats(path));
}

/**
 * As {@link unixBinding}, for whoever connects: the socket and every folder above it must belong to root, to
 * this user or to one of `owners`, and nobody else may write in those folders. Without that, who owns a
 * folder could put a socket of their own there and pass the login on.
 *
 * To be asked before connecting and again after: the same bytes mean that the same socket was there.
 *
 * @param owners - user ids
 * @throws {@link FileProblem}
 */
export function trustedUnixBinding(path: string, owners: readonly number[]): ChannelBinding {
  const stats = socketStats(path);
  const flaw = ownerFlaw({ uid: Number(stats.uid) }, trustedOwners(owners));
  const mend =
    "name the daemon's user with --owner, or put the socket into a folder that only root and that user can write";
  if (flaw !== undefined) throw new FileProblem("unsafe", path, `the socket ${flaw}`, { mend });
  const problem = checkFolders(path, owners);
  if (problem !== undefined) {
    const detail = `the socket cannot be trusted: ${problem.message}`;
    throw new FileProblem(problem.kind, path, detail, { mend, cause: problem });
  }
  return bindingOf(stats);
}

function socketStats(path: string): BigIntStats {
  try {
    const stats = lstatSync(path, { bigint: true });
    if (stats.isSocket()) return stats;
  } catch (error) {
    const code = systemCode(error);
    const kind = code === "ENOENT" ? "not_found" : "unreadable";
    const detail =
      code === "ENOENT" ? "no daemon listens here: there is no such socket" : `cannot be looked at (${code})`;
    throw new FileProblem(kind, path, detail, { cause: error });
  }
  throw new FileProblem("unsafe", path, "a socket was expected here");
}

function bindingOf({ dev, ino }: BigIntStats): ChannelBinding {
  return { word: "unix", bytes: joinBytes([uint64Bytes(dev), uint64Bytes(ino)]) };
}
