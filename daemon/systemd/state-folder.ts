import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { PublicKey } from "../../certs/ed25519.ts";
import { createKeyFiles } from "../../certs/private-key-file.ts";
import { fingerprint, formatPublicKey } from "../../certs/public-key.ts";
import { checkFolders } from "../../files/check-folders.ts";
import { kindAt } from "../../files/file-kind.ts";
import { FileProblem, systemCode } from "../../files/file-problem.ts";
import { makeFolder } from "../../files/make-folder.ts";
import { writeFileAtomically } from "../../files/write-file.ts";
import { unixPathFlaw } from "../../link/unix-path.ts";
import { PACKAGE_FOLDER } from "../base/package-folder.ts";
import { homeFolder, userName } from "../base/this-user.ts";
import { EXAMPLE_GRANTS, EXAMPLE_SERVICE } from "./example-service.ts";

/** Where the embedded default keeps its state (XDG Base Directory Specification). */
export function defaultStateFolder(env: NodeJS.ProcessEnv): string {
  const base = env["XDG_STATE_HOME"];
  return join(base?.startsWith("/") ? base : join(homeFolder(), ".local", "state"), "rpcd");
}

/**
 * Makes a working state folder: keys, configuration, a small policy, an example service, and what `rpcctl`
 * needs to call it.
 *
 *     DIR/rpcd.yaml  policy.yaml  host_key  host_key.pub  services/example.mjs
 *     DIR/package.json  node_modules/rpcd -> this package
 *     DIR/client/id_ed25519  id_ed25519.pub  known_daemons  rpcctl.yaml
 *
 * It is made under another name and then renamed: a folder that is there is whole.
 *
 * @returns the absolute path of the folder
 * @throws {@link FileProblem} if the folder is there already, or its place is not safe
 */
export async function makeStateFolder(folder: string): Promise<string> {
  const target = resolve(folder);
  const flaw = unixPathFlaw(join(target, "rpcd.sock"));
  if (flaw !== undefined) throw new FileProblem("unwritable", target, `too deep for a socket: ${flaw}`);
  refuseIfUsed(target);
  const parent = dirname(target);
  makeFolder(parent);
  const problem = checkFolders(target);
  if (problem !== undefined) throw problem;
  const making = `${target}.${randomBytes(8).toString("hex")}`;
  try {
    mkdirSync(making, { mode: 0o700 });
    await fill(making, target);
    renameSync(making, target);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    if (error instanceof FileProblem) throw error;
    throw new FileProblem("unwritable", target, `cannot be made (${systemCode(error)})`, { cause: error });
  }
  return target;
}

function refuseIfUsed(target: string): void {
  try {
    if (readdirSync(target).length === 0) return;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    const kind = kindAt(target);
    if (kind !== undefined && kind !== "a folder")
      throw new FileProblem("exists", target, `a new or empty folder was expected, but this is ${kind}`, {
        mend: "name another folder",
        cause: error,
      });
    throw new FileProblem("unreadable", target, `cannot be looked at (${systemCode(error)})`, {
      cause: error,
    });
  }
  throw new FileProblem("exists", target, "is there already and not empty; nothing was changed", {
    mend: "name another folder, or start the daemon that is there: rpcd --config DIR/rpcd.yaml",
  });
}

async function fill(folder: string, target: string): Promise<void> {
  const user = userName();
  for (const inner of ["services", "node_modules", "client"]) mkdirSync(join(folder, inner), { mode: 0o700 });
  const hostKey = await createKeyFiles(join(folder, "host_key"), `rpcd@${hostname()}`);
  const clientKey = await createKeyFiles(join(folder, "client", "id_ed25519"), `${user}@${hostname()}`);
  symlinkSync(PACKAGE_FOLDER, join(folder, "node_modules", "rpcd"), "dir");
  const address = `unix:${join(target, "rpcd.sock")}`;
  const write = (path: string, text: string): void =>
    writeFileAtomically(join(folder, path), Buffer.from(text), 0o600, { replace: false });
  // npm takes away what no package.json names: with it, other packages can be installed beside the link.
  const manifest = { private: true, type: "module", dependencies: { rpcd: `file:${PACKAGE_FOLDER}` } };
  write("package.json", `${JSON.stringify(manifest, undefined, 2)}\n`);
  write("services/example.mjs", EXAMPLE_SERVICE);
  write("policy.yaml", policyText(user, clientKey));
  write("rpcd.yaml", CONFIGURATION);
  write("client/known_daemons", `${address} ${fingerprint(hostKey)}\n`);
  write("client/rpcctl.yaml", clientConfiguration(address, "id_ed25519", "known_daemons"));
}

/** The configuration of `rpcctl` for this daemon; paths that are not absolute begin at the file's folder. */
export function clientConfiguration(address: string, identity: string, knownDaemons: string): string {
  return `# What rpcctl uses where neither an option nor RPCCTL_… says otherwise.
address: ${JSON.stringify(address)}
identity: ${JSON.stringify(identity)}
known_daemons: ${JSON.stringify(knownDaemons)}
`;
}

const CONFIGURATION = `# Every option and its default: docs/configuration.md. Paths begin at this file's folder.
listen: unix:rpcd.sock
host_key: host_key
policy: policy.yaml
services: [services/example.mjs]
audit: audit.jsonl
`;

function policyText(user: string, key: PublicKey): string {
  return `# yaml-language-server: $schema=node_modules/rpcd/docs/policy.schema.json
# Who may call what. Everything is denied unless a grant below allows it; order never matters.
# After a change: rpcctl policy lint policy.yaml, then rpcd reload --config rpcd.yaml, which has the daemon read it again.
policy: 1

roles:
  caller:

identities:
  ${user}:
    keys: [${JSON.stringify(formatPublicKey(key, user))}]
    roles: [caller]

${EXAMPLE_GRANTS}`;
}
