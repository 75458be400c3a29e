import { escapeText } from "../../base/escape.ts";
import { fingerprint, formatPublicKey, type PublicKeyLine } from "../../certs/public-key.ts";
import { FileProblem, shellWord } from "../../files/file-problem.ts";
import { Failure, usage } from "../io/failure.ts";
import { jsonText } from "../print/json.ts";
import { IDENTITY, JSON_FLAG } from "../settings/options.ts";
import { readPublicHalf } from "../settings/read-key.ts";
import { readSettings, type Settings } from "../settings/settings.ts";
import { defineCommand } from "../words/command.ts";

/** What the policy takes as the name of an identity, and of a role. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

export default defineCommand({
  examples: [
    ["rpcctl enrol", "for the keeper of the policy: the lines that let your key in"],
    ["rpcctl enrol --role operator", "with a role of that policy: without a role a login can do nothing"],
    ["rpcctl enrol --name alice --identity ./key.pub", "under this name, for this key"],
  ],
  options: {
    name: { kind: "text", value: "NAME", describe: "the identity's name in the policy" },
    role: {
      kind: "texts",
      value: "ROLE",
      describe: "a role of the policy that the identity is to hold; may stand several times",
    },
    ...IDENTITY,
    ...JSON_FLAG,
  },
  notes: "It changes no policy: which roles an identity holds is for the keeper of the policy to decide.",

  run: async ({ name: given, role: roles, json, ...options }, io) => {
    const { key, comment } = publicHalf(await readSettings(options, io));
    const name = given ?? nameOf(comment);
    for (const [word, what] of [[name, "name"], ...roles.map((role) => [role, "role"] as const)] as const)
      if (!NAME.test(word))
        throw usage(`'${word}' is no ${what}: a letter, then up to 63 letters, digits, _ or - were expected`);
    // A comment is free text: what could not stand in the file is left out of it.
    const line = formatPublicKey(key, escapeText(comment) === comment ? comment : "");
    if (json) io.out(jsonText({ name, key: line, fingerprint: fingerprint(key), roles }));
    else io.out(policyLines(name, line, roles));
    return "ok";
  },
});

function publicHalf(settings: Settings): PublicKeyLine {
  const { identity: path, hasOwnIdentity } = settings;
  try {
    return readPublicHalf(path);
  } catch (error) {
    if (!(error instanceof FileProblem) || error.kind !== "not_found") throw error;
    const make = hasOwnIdentity ? "rpcctl key new" : `rpcctl key new ${shellWord(path)}`;
    throw new Failure("not_found", error.message, {
      hints: [
        `${make} makes a key; then run rpcctl enrol again`,
        "--identity FILE names another key, FILE.pub is enough",
      ],
      cause: error,
    });
  }
}

function policyLines(name: string, key: string, roles: readonly string[]): string {
  const choice =
    roles.length > 0
      ? []
      : [
          "# Choose the roles: without one the login is good, and every call is denied.",
          "# Name roles of the policy, like [operator, viewer]; or run: rpcctl enrol --role ROLE",
        ];
  return [
    "# In a policy that has identities already, only the lines below go under them.",
    "identities:",
    `  ${name}:`,
    `    keys: [${JSON.stringify(key)}]`,
    ...choice.map((line) => `    ${line}`),
    `    roles: [${roles.join(", ")}]`,
  ].join("\n");
}

/** `alice` of `alice@host`, as far as that can be a name. */
function nameOf(comment: string): string {
  const name = (comment.split("@", 1)[0] ?? "").replaceAll(/[^A-Za-z0-9_-]/g, "-").slice(0, 64);
  return NAME.test(name) ? name : "me";
}
