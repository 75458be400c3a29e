import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** By the package's own name: the build puts this into more than one folder. */
const PACKAGE = "rpcd/package.json";

/** The folder of this package. */
export function packageFolder(): string {
  return dirname(createRequire(import.meta.url).resolve(PACKAGE));
}

/** The version of rpcctl. */
export function packageVersion(): string {
  const found: unknown = JSON.parse(readFileSync(join(packageFolder(), "package.json"), "utf8"));
  if (typeof found !== "object" || found === null || !("version" in found)) {
    throw new Error("the package says no version");
  }
  return String(found.version);
}
