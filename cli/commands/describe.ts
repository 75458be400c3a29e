import { defineCommand } from "../command.ts";
import { readCatalogue, withRpc } from "../connection.ts";
import { printMethod } from "../method-text.ts";
import { CONNECTION } from "../options.ts";

export default defineCommand({
  examples: [["rpcctl describe add", "what add takes, returns and does"]],
  options: {
    method: { kind: "word", describe: "the method's whole name" },
    ...CONNECTION,
  },

  run: ({ method, ...options }, io) =>
    withRpc(options, io, async (session) =>
      printMethod(await readCatalogue(session, io), method, options.json, io),
    ),
});
