import { escapeText } from "../../../base/escape.ts";
import { fingerprint } from "../../../certs/public-key.ts";
import { jsonText } from "../../print/json.ts";
import { JSON_FLAG } from "../../settings/options.ts";
import { readPublicHalf } from "../../settings/read-key.ts";
import { readSettings } from "../../settings/settings.ts";
import { defineCommand } from "../../words/command.ts";

/** The length that ssh-keygen tells of every Ed25519 key, in bits. */
const KEY_BITS = 256;

export default defineCommand({
  examples: [["rpcctl key fingerprint key.pub", "the line that ssh-keygen -l -f key.pub prints"]],
  options: {
    path: {
      kind: "word_maybe",
      describe: "a private key file, or a public one; without it, the key that rpcctl logs in with",
    },
    ...JSON_FLAG,
  },

  run: async ({ path, json }, io) => {
    const { key, comment } = readPublicHalf(path ?? (await readSettings({}, io)).identity);
    const print = fingerprint(key);
    const shown = comment === "" ? "no comment" : comment;
    io.out(
      json
        ? jsonText({ fingerprint: print, comment })
        : escapeText(`${KEY_BITS} ${print} ${shown} (ED25519)`),
    );
    return "ok";
  },
});
