import { mkdtempSync, readFileSync, realpathSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A file of this package's sources: the compiled bench lies two folders deep, in dist or elsewhere. */
export function sourcePath(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

/** A compiled file, from the same build as this one. */
export function builtPath(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

/**
 * The words behind Node's name that start a program of this package, of this build or another: the flags that stand in its first line,
 * and its path.
 */
export function programWords(path: string): readonly string[] {
  const [line = ""] = readFileSync(path, "utf8").split("\n", 1);
  return [...(line.match(/ --\S+/g) ?? []).map((flag) => flag.trim()), path];
}

/** statfs(2): a file system that is memory. */
const TMPFS_MAGIC = 0x01021994;

/**
 * A new folder for sockets and state, with a short path, on a disk where there is one: an audit log in memory
 * would cost less than it does.
 */
export function benchFolder(): {
  readonly path: string;
  readonly onDisk: boolean;
  readonly remove: () => void;
} {
  const parent = [tmpdir(), "/var/tmp"].find(isDisk) ?? tmpdir();
  const path = realpathSync(mkdtempSync(join(parent, "rpcd-bench-")));
  return { path, onDisk: isDisk(path), remove: () => rmSync(path, { recursive: true, force: true }) };
}

function isDisk(folder: string): boolean {
  return statfsSync(folder).type !== TMPFS_MAGIC;
}
