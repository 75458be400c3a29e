import { jsonText } from "../print/json.ts";
import { JSON_FLAG } from "../settings/options.ts";
import { packageVersion } from "../settings/package-version.ts";
import { defineCommand } from "../words/command.ts";

export default defineCommand({
  examples: [["rpcctl version", "of rpcctl"]],
  options: JSON_FLAG,

  run: async ({ json }, io) => {
    const version = packageVersion();
    io.out(json ? jsonText({ version }) : `rpcctl ${version}`);
    return "ok";
  },
});
