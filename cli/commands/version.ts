import { defineCommand } from "../command.ts";
import { jsonText } from "../json.ts";
import { JSON_FLAG } from "../options.ts";
import { packageVersion } from "../package-version.ts";

export default defineCommand({
  examples: [["rpcctl version", "of rpcctl"]],
  options: JSON_FLAG,

  run: async ({ json }, io) => {
    const version = packageVersion();
    io.out(json ? jsonText({ version }) : `rpcctl ${version}`);
    return "ok";
  },
});
