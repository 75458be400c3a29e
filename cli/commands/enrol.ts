import { escapeText } from "../../base/escape.ts";
import { fingerprint, formatPublicKey } from "../../base/public-key.ts";
import { defineCommand } from "../command.ts";
import { usage } from "../failure.ts";
import { jsonText } from "../json.ts";
import { IDENTITY, JSON_FLAG } from "../options.ts";
import { readPublicHalf } from "../read-key.ts";
import { readSettings } from "../settings.ts";

/** What the policy takes as the name of an identity. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

export default defineCommand({
  examples: [
    ["rpcctl enrol", "for whoever keeps the policy: the lines that would let your key in"],
    ["rpcctl enrol --name alice --identity ./key", "under this name, for this key"],
  ],
  options: {
    name: { kind: "text", value: "NAME", describe: "the identity's name in the policy" },
    ...IDENTITY,
    ...JSON_FLAG,
  },

  /** Prints lines for a policy file; which roles the identity holds is for its keeper to say. */
  run: async ({ name: given, json, ...options }, io) => {
    const { identity } = await readSettings(options, io);
    const { key, comment } = readPublicHalf(identity);
    const name = given ?? nameOf(comment);
    if (!NAME.test(name)) {
      throw usage(`'${name}' is no name: a letter, then up to 63 letters, digits, _ or - were expected`);
    }
    // A comment is free text: what could not stand in the file is left out of it.
    const line = formatPublicKey(key, escapeText(comment) === comment ? comment : "");
    if (json) io.out(jsonText({ name, key: line, fingerprint: fingerprint(key) }));
    else
      io.out(
        `# In a policy that has identities already, only the lines below go under them.\nidentities:\n  ${name}:\n    keys: [${JSON.stringify(line)}]\n    roles: []`,
      );
    return "ok";
  },
});

/** `alice` of `alice@host`, as far as that can be a name. */
function nameOf(comment: string): string {
  const name = (comment.split("@", 1)[0] ?? "").replaceAll(/[^A-Za-z0-9_-]/g, "-").slice(0, 64);
  return NAME.test(name) ? name : "me";
}
