import { isPlainObject } from "../../../base/plain-object.ts";
import { RpcError } from "../../../client/index.ts";
import { Failure } from "../../io/failure.ts";
import { askDaemon, linesOf } from "../../policy/answer.ts";
import { jsonText } from "../../print/json.ts";
import { CONNECTION } from "../../settings/options.ts";
import { defineCommand } from "../../words/command.ts";

export default defineCommand({
  examples: [["rpcctl policy reload", "put the policy file in force, if it is a good one"]],
  options: CONNECTION,
  notes: "It ends with 5 if the daemon refuses the file; the policy before it stays in force.",

  run: async (options, io) => {
    try {
      return await askDaemon(options, { method: "reload" }, io);
    } catch (error) {
      if (!(error instanceof RpcError) || error.reason !== "rpcd.policy.refused") throw error;
      if (options.json) {
        io.out(jsonText({ refused: error.data }));
        return "refused";
      }
      const problems = isPlainObject(error.data) ? error.data["problems"] : undefined;
      const detail = linesOf(problems)
        .map((problem) => `  ${problem}`)
        .join("\n");
      throw new Failure("refused", error.message, { detail, cause: error });
    }
  },
});
