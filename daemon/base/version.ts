import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_FOLDER } from "./package-folder.ts";

/** The version of this package. */
export function packageVersion(): string {
  const found: { readonly version?: unknown } = JSON.parse(
    readFileSync(join(PACKAGE_FOLDER, "package.json"), "utf8"),
  );
  return String(found.version);
}
