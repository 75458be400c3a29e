import { askDaemon } from "../../policy/answer.ts";
import { CONNECTION } from "../../settings/options.ts";
import { defineCommand } from "../../words/command.ts";

export default defineCommand({
  examples: [["rpcctl policy status", "which policy is in force, and whether the file's is"]],
  options: CONNECTION,
  notes: "It ends with 1 if the last reload was refused: an older policy is in force.",

  run: (options, io) =>
    askDaemon(options, { method: "status" }, io, ({ refused }) => (refused === null ? "ok" : "findings")),
});
