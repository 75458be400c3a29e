import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { defineCommand } from "../command.ts";
import { jsonText } from "../json.ts";
import { JSON_FLAG } from "../options.ts";

/** By the package's own name: the build puts this into more than one folder. */
const PACKAGE = "rpcd/package.json";

export default defineCommand({
  examples: [["rpcctl version", "of rpcctl"]],
  options: JSON_FLAG,

  run: async ({ json }, io) => {
    const found: unknown = JSON.parse(readFileSync(createRequire(import.meta.url).resolve(PACKAGE), "utf8"));
    if (typeof found !== "object" || found === null || !("version" in found)) {
      throw new Error("the package says no version");
    }
    const version = String(found.version);
    io.out(json ? jsonText({ version }) : `rpcctl ${version}`);
    return "ok";
  },
});
