import { hostname, userInfo } from "node:os";
import { dirname } from "node:path";
import { escapeText } from "../../../base/escape.ts";
import { createKeyFiles } from "../../../certs/private-key-file.ts";
import { fingerprint, formatPublicKey } from "../../../certs/public-key.ts";
import { FileProblem, shellWord, systemCode } from "../../../files/file-problem.ts";
import { makeFolder } from "../../../files/make-folder.ts";
import { Failure } from "../../io/failure.ts";
import type { Io } from "../../io/io.ts";
import { jsonText } from "../../print/json.ts";
import { JSON_FLAG } from "../../settings/options.ts";
import { readSettings } from "../../settings/settings.ts";
import { defineCommand } from "../../words/command.ts";

export default defineCommand({
  examples: [
    ["rpcctl key new", "the key that rpcctl logs in with, in its place: ~/.config/rpcctl/id_ed25519"],
    ["rpcctl key new --comment 'build server' ./key", "with a comment of your own"],
  ],
  options: {
    path: {
      kind: "word_maybe",
      describe:
        "the private key file to make, the public one is PATH.pub; without it, the key that rpcctl logs in with",
    },
    comment: {
      kind: "text",
      value: "TEXT",
      describe: "stands in both files; user@host where nothing is said",
    },
    ...JSON_FLAG,
  },

  run: async ({ path: given, comment = userAtHost(), json }, io) => {
    const path = given ?? (await ownPlace(io));
    const key = await create(path, comment);
    const print = fingerprint(key);
    if (json) io.out(jsonText({ path, fingerprint: print, key: formatPublicKey(key, comment) }));
    else io.out(escapeText(`${print} ${comment}`));
    return "ok";
  },
});

/** Where rpcctl looks for its key; the folder is made. */
async function ownPlace(io: Io): Promise<string> {
  const { identity } = await readSettings({}, io);
  makeFolder(dirname(identity));
  return identity;
}

async function create(path: string, comment: string): ReturnType<typeof createKeyFiles> {
  try {
    return await createKeyFiles(path, comment);
  } catch (error) {
    if (!(error instanceof FileProblem) || error.kind !== "not_found") throw error;
    const hints = [`mkdir -p -m 700 ${shellWord(dirname(path))}`];
    throw new Failure("not_found", error.message, { hints, cause: error });
  }
}

function userAtHost(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch (error) {
    // A user id without an entry in the user database has no name.
    if (systemCode(error) === undefined) throw error;
    return hostname();
  }
}
