import { readFileSync } from "node:fs";
import { defineCommand } from "../command.ts";
import { jsonText } from "../json.ts";
import { JSON_FLAG } from "../options.ts";

/** As seen from the folder in which the build puts this: dist/cli/commands. */
const PACKAGE = new URL("../../../package.json", import.meta.url);

export default defineCommand({
  examples: [["rpcctl version", "of rpcctl"]],
  options: JSON_FLAG,

  run: async ({ json }, io) => {
    const found: unknown = JSON.parse(readFileSync(PACKAGE, "utf8"));
    if (typeof found !== "object" || found === null || !("version" in found)) {
      throw new Error("the package says no version");
    }
    const version = String(found.version);
    io.out(json ? jsonText({ version }) : `rpcctl ${version}`);
    return "ok";
  },
});
