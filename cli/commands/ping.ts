import { escapeText } from "../../base/escape.ts";
import { defineCommand } from "../command.ts";
import { withRpc } from "../connection.ts";
import { jsonText } from "../json.ts";
import { CONNECTION } from "../options.ts";

export default defineCommand({
  examples: [["rpcctl ping", "log in, and time one message there and back"]],
  options: CONNECTION,

  run: (options, io) =>
    withRpc(options, io, async ({ rpc, settings }) => {
      const ms = await rpc.ping(settings.timeoutMs);
      const { principal, roles } = rpc;
      const { address } = settings;
      if (options.json) {
        io.out(jsonText({ principal, roles, address, ms }));
      } else {
        const held = roles.length === 0 ? "no roles" : `roles ${roles.join(", ")}`;
        io.out(escapeText(`${principal} (${held}) at ${address}: ${ms.toFixed(2)} ms`));
      }
      return "ok";
    }),
});
