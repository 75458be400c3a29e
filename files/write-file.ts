import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { FileProblem, systemCode } from "./file-problem.ts";

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY;

/**
 * Writes a file so that whoever reads it, also after a crash, finds all of it or nothing of it:
 *
 *     temp file beside it, 0600 → write → chmod → fsync → rename, or link and unlink → fsync of the folder
 *
 * The mode is what was asked for, whatever the umask. When it throws, the temp file is gone and the path is as
 * it was; only a failure of the very last step after a replacement leaves the new content in place.
 *
 * @param replace - whether a file that is there already gives way; without it, it is kept and this throws
 * @param soleWriter - whether nobody else writes this file. Its temp file has one name then: what a process that was killed
 *   left of it is taken away by the next one, and does not pile up
 * @throws {@link FileProblem} `exists`, `not_found` (the folder) or `unwritable`
 */
export function writeFileAtomically(
  path: string,
  bytes: Uint8Array,
  mode: number,
  { replace, soleWriter = false }: { readonly replace: boolean; readonly soleWriter?: boolean },
): void {
  const name = soleWriter ? `.${basename(path)}.tmp` : `.rpcd-${randomBytes(8).toString("hex")}.tmp`;
  const temp = join(dirname(path), name);
  const made: string[] = [];
  try {
    if (soleWriter) rmSync(temp, { force: true });
    // 0600 until all is written: a descriptor opened in between would outlive the chmod.
    const fd = openSync(temp, NEW_FILE, 0o600);
    made.push(temp);
    fill(fd, bytes, mode);
    if (replace) {
      renameSync(temp, path);
      made.pop();
    } else {
      // rename() would overwrite; link() never does, and asking first would leave a moment between.
      linkSync(temp, path);
      made.push(path);
      unlinkSync(temp);
      made.shift();
    }
    syncFolder(path);
  } catch (error) {
    const left = removeAll(made);
    throw writeProblem(path, left.length === 0 ? error : new AggregateError([error, ...left]), error);
  }
}

/** Removes a file and makes that last. @throws {@link FileProblem} `not_found` or `unwritable` */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
    syncFolder(path);
  } catch (error) {
    throw writeProblem(path, error, error);
  }
}

function fill(fd: number, bytes: Uint8Array, mode: number): void {
  try {
    for (let at = 0; at < bytes.length; at += writeSync(fd, bytes, at));
    fchmodSync(fd, mode);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Without it a crash may forget the name while it keeps the content. */
function syncFolder(path: string): void {
  const fd = openSync(dirname(path), FOLDER);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function removeAll(paths: readonly string[]): unknown[] {
  return paths.flatMap((path) => {
    try {
      unlinkSync(path);
      return [];
    } catch (error) {
      return [error];
    }
  });
}

function writeProblem(path: string, cause: unknown, first: unknown): FileProblem {
  const code = systemCode(first);
  if (code === "EEXIST") {
    return new FileProblem("exists", path, "there is a file of that name already; it was not touched", {
      mend: "choose another name, or move the file away",
      cause,
    });
  }
  if (code === "ENOENT") return new FileProblem("not_found", path, "there is no such folder", { cause });
  const rest = cause instanceof AggregateError ? "; what was begun could not be removed" : "";
  return new FileProblem("unwritable", path, `writing failed (${code ?? String(first)})${rest}`, { cause });
}
