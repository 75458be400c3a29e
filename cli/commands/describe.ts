import { readCatalogue, withRpc } from "../connect/connection.ts";
import { printMethod } from "../methods/text.ts";
import { CONNECTION } from "../settings/options.ts";
import { defineCommand } from "../words/command.ts";

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
