import { showAnswer } from "../../../policy/engine.ts";
import { usage } from "../../io/failure.ts";
import { askDaemon, printAnswer } from "../../policy/answer.ts";
import { readCatalogueFile, readPolicyFile } from "../../policy/file.ts";
import { POLICY_FILE } from "../../policy/options.ts";
import { CONNECTION } from "../../settings/options.ts";
import { defineCommand } from "../../words/command.ts";

export default defineCommand({
  examples: [
    ["rpcctl policy show", "the policy that is in force: roles flattened, a line for each grant"],
    ["rpcctl policy show --file policy.yaml", "the same of a file"],
  ],
  options: { ...POLICY_FILE, ...CONNECTION },

  run: async ({ file, catalogue: methods, ...options }, io) => {
    if (file === undefined) {
      if (methods !== undefined) throw usage("--catalogue belongs to --file: the daemon knows its methods");
      return askDaemon(options, { method: "show" }, io);
    }
    const catalogue = await readCatalogueFile(methods, io);
    const policy = await readPolicyFile({ file, nowMs: Date.now(), timeout: options.timeout }, catalogue, io);
    printAnswer(showAnswer(policy), options.json, io);
    return "ok";
  },
});
