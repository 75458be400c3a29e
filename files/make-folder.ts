import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { FileProblem, systemCode } from "./file-problem.ts";

/**
 * Makes a folder, for this user alone, and those above it that are missing. One that is there stays as it is.
 *
 * Each folder is made by a call of its own: node's recursive way goes round for ever where a file system says of
 * a new entry that its folder is not there, as /proc does.
 *
 * @throws {@link FileProblem} `unwritable`
 */
export function makeFolder(folder: string): void {
  const missing: string[] = [];
  for (let at = folder; !isFolder(at); at = dirname(at)) {
    missing.push(at);
    if (dirname(at) === at) break;
  }
  for (const path of missing.toReversed()) {
    try {
      mkdirSync(path, { mode: 0o700 });
    } catch (error) {
      // Another process may have made it meanwhile.
      if (systemCode(error) === "EEXIST" && isFolder(path)) continue;
      const detail = `the folder cannot be made (${systemCode(error)})`;
      throw new FileProblem("unwritable", path, detail, { cause: error });
    }
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // Not there, or not to be looked at: making it will say which.
    return false;
  }
}
