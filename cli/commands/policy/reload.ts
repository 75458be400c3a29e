import { escapeText } from "../../../base/escape.ts";
import { isPlainObject } from "../../../base/plain-object.ts";
import { RpcError } from "../../../client/index.ts";
import { defineCommand } from "../../command.ts";
import { Failure } from "../../failure.ts";
import { jsonText } from "../../json.ts";
import { CONNECTION } from "../../options.ts";
import { askDaemon } from "../../policy-answer.ts";

export default defineCommand({
  examples: [["rpcctl policy reload", "put the policy file in force, if it is a good one"]],
  options: CONNECTION,
  notes: "It ends with 2 where the daemon refuses the file; the policy before it stays in force.",

  run: async (options, io) => {
    try {
      return await askDaemon(options, { method: "reload" }, io);
    } catch (error) {
      if (!(error instanceof RpcError) || error.reason !== "rpcd.policy.refused") throw error;
      if (options.json) {
        io.out(jsonText({ refused: error.data }));
        return "refused";
      }
      const detail = problemsOf(error.data)
        .map((problem) => `  ${escapeText(problem)}`)
        .join("\n");
      throw new Failure("refused", error.message, { detail, cause: error });
    }
  },
});

function problemsOf(data: unknown): string[] {
  const problems = isPlainObject(data) ? data["problems"] : undefined;
  return Array.isArray(problems) ? problems.map(String) : [];
}
