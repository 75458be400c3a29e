import { escapeText } from "../../../base/escape.ts";
import { fingerprint, formatPublicKey } from "../../../base/public-key.ts";
import { defineCommand } from "../../command.ts";
import { jsonText } from "../../json.ts";
import { JSON_FLAG } from "../../options.ts";
import { readPublicHalf } from "../../read-key.ts";

export default defineCommand({
  examples: [["rpcctl key show ~/.config/rpcctl/id_ed25519", "the line that belongs into a policy"]],
  options: {
    path: { kind: "word", describe: "a private key file, or a public one" },
    ...JSON_FLAG,
  },

  run: async ({ path, json }, io) => {
    const { key, comment } = readPublicHalf(path);
    const line = formatPublicKey(key, comment);
    io.out(json ? jsonText({ key: line, comment, fingerprint: fingerprint(key) }) : escapeText(line));
    return "ok";
  },
});
