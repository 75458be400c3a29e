import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Calls with a new folder of mode 0700, and removes it afterwards. */
export async function inFolder<T>(call: (folder: string) => T | Promise<T>): Promise<T> {
  const { path, remove } = tempFolder();
  try {
    return await call(path);
  } finally {
    remove();
  }
}

/** A new folder of mode 0700; `remove` takes it away with all that is in it. */
export function tempFolder(): { readonly path: string; readonly remove: () => void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "rpcd-")));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
