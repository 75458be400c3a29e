import { escapeText } from "../../../base/escape.ts";
import { fingerprint, formatPublicKey } from "../../../certs/public-key.ts";
import { jsonText } from "../../print/json.ts";
import { JSON_FLAG } from "../../settings/options.ts";
import { readPublicHalf } from "../../settings/read-key.ts";
import { readSettings } from "../../settings/settings.ts";
import { defineCommand } from "../../words/command.ts";

export default defineCommand({
  examples: [["rpcctl key show", "the line of your own key, that belongs into a policy"]],
  options: {
    path: {
      kind: "word_maybe",
      describe: "a private key file, or a public one; without it, the key that rpcctl logs in with",
    },
    ...JSON_FLAG,
  },

  run: async ({ path, json }, io) => {
    const { key, comment } = readPublicHalf(path ?? (await readSettings({}, io)).identity);
    const line = formatPublicKey(key, comment);
    io.out(json ? jsonText({ key: line, comment, fingerprint: fingerprint(key) }) : escapeText(line));
    return "ok";
  },
});
