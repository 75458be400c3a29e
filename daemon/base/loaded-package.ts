import { lstatSync } from "node:fs";
import { join } from "node:path";
import { systemCode } from "../../files/file-problem.ts";
import { PACKAGE_FOLDER } from "./package-folder.ts";

/** The file of the thread that checks policies. */
export const POLICY_THREAD = join(PACKAGE_FOLDER, "dist/daemon/policy/thread.js");

/** An upgrade replaces both: the one names the version, the other is what a reload would load anew. */
const FILES = [join(PACKAGE_FOLDER, "package.json"), POLICY_THREAD];

/** The files of the package as this process has loaded them. */
const LOADED = FILES.map(stamp);

/**
 * Whether the files of the package are others than those that this process runs. What would be loaded from them now is of another
 * version, and need not understand this one.
 */
export function isPackageReplaced(): boolean {
  return FILES.some((path, i) => stamp(path) !== LOADED[i]);
}

/** The time of the last change of the inode cannot be set: npm gives all files the same time of modification. */
function stamp(path: string): string {
  try {
    const { dev, ino, ctimeNs, size } = lstatSync(path, { bigint: true });
    return `${dev}:${ino}:${ctimeNs}:${size}`;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return "missing";
  }
}
