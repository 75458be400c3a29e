import { existsSync, lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { createKeyFiles, loadPrivateKeyFile } from "../../certs/private-key-file.ts";
import { fingerprint } from "../../certs/public-key.ts";
import { SYSTEM_CONFIG } from "../../files/system-paths.ts";
import { writeFileAtomically } from "../../files/write-file.ts";
import { PACKAGE_FOLDER } from "../base/package-folder.ts";
import { EXAMPLE_GRANTS, EXAMPLE_SERVICE } from "./example-service.ts";

const SYSTEM_FOLDER = dirname(SYSTEM_CONFIG);

/** The files of the system's daemon that {@link fillSystemFolder} may make, one for each folder. */
export const SYSTEM_PLACES = ["host_key", "services/example.mjs", "node_modules/rpcd"].map((name) =>
  join(SYSTEM_FOLDER, name),
);

/** The files and links of the folder, in the order in which they are made. */
const CONTENTS = [
  "host_key",
  "host_key.pub",
  "known_daemons",
  "node_modules/rpcd",
  "package.json",
  "services/example.mjs",
  "policy.yaml",
  "rpcd.yaml",
] as const;

const SYSTEM_SOCKET = "unix:/run/rpcd/rpcd.sock";

/**
 * Makes what is missing of the folder of the system's daemon; what is there is kept.
 *
 *     /etc/rpcd/rpcd.yaml  policy.yaml  host_key  host_key.pub  known_daemons  services/example.mjs
 *     /etc/rpcd/package.json  node_modules/rpcd -> this package
 *
 * All of it belongs to root. Modes that the daemon's user needs are given by the tmpfiles snippet, since that user may not be
 * there yet.
 *
 * @param root - in front of the path: `/` but for tests and images
 * @returns the paths of the files that were made
 * @throws FileProblem
 */
export async function fillSystemFolder(root: string): Promise<readonly string[]> {
  const folder = join(root, SYSTEM_FOLDER);
  for (const inner of ["", "services", "node_modules"])
    mkdirSync(join(folder, inner), { mode: 0o755, recursive: true });
  const made: string[] = [];
  const write = (name: string, mode: number, text: string): void => {
    const path = join(folder, name);
    if (existsSync(path)) return;
    writeFileAtomically(path, Buffer.from(text), mode, { replace: false });
    made.push(path);
  };
  const hostKey = join(folder, "host_key");
  if (!existsSync(hostKey)) {
    await createKeyFiles(hostKey, `rpcd@${hostname()}`);
    made.push(hostKey, `${hostKey}.pub`);
  }
  const { publicKey } = loadPrivateKeyFile(hostKey).key;
  write("known_daemons", 0o644, `${SYSTEM_SOCKET} ${fingerprint(publicKey)}\n`);
  const link = join(folder, "node_modules", "rpcd");
  if (leadTo(link, PACKAGE_FOLDER)) made.push(link);
  const manifest = { private: true, type: "module", dependencies: { rpcd: `file:${PACKAGE_FOLDER}` } };
  write("package.json", 0o644, `${JSON.stringify(manifest, undefined, 2)}\n`);
  write("services/example.mjs", 0o644, EXAMPLE_SERVICE);
  write("policy.yaml", 0o600, POLICY);
  write("rpcd.yaml", 0o600, CONFIGURATION);
  return made;
}

/** What {@link fillSystemFolder} would make, as paths. */
export function missingInSystemFolder(root: string): readonly string[] {
  const folder = join(root, SYSTEM_FOLDER);
  const isKeyThere = existsSync(join(folder, "host_key"));
  return CONTENTS.filter((name) => {
    if (name === "host_key.pub") return !isKeyThere;
    const path = join(folder, name);
    return name === "node_modules/rpcd" ? leadsElsewhere(path, PACKAGE_FOLDER) : !existsSync(path);
  }).map((name) => join(folder, name));
}

/** The package may have moved since the link was made. @returns whether it led elsewhere, or nowhere */
function leadTo(link: string, target: string): boolean {
  if (!leadsElsewhere(link, target)) return false;
  rmSync(link, { force: true });
  symlinkSync(target, link, "dir");
  return true;
}

/** What somebody has put there themselves is theirs: `rpcd --check` says whether services find what they import. */
function leadsElsewhere(link: string, target: string): boolean {
  const found = lstatSync(link, { throwIfNoEntry: false });
  return found === undefined || (found.isSymbolicLink() && readlinkSync(link) !== target);
}

const CONFIGURATION = `# Every option and its default: docs/configuration.md. After a change: systemctl reload rpcd, which says what came of it.
# The daemon has no network of its own: each address here is a ListenStream= of rpcd.socket.
listen: ${SYSTEM_SOCKET}
host_key: /run/credentials/rpcd.service/host_key
policy: policy.yaml
services: [services/example.mjs]
audit: /var/log/rpcd/audit.jsonl
# Where the unit looks for it (ExecReload=): it stays there.
status_file: /run/rpcd/daemon/status.json
`;

const POLICY = `# yaml-language-server: $schema=node_modules/rpcd/docs/policy.schema.json
# Who may call what. Everything is denied unless a grant below allows it; order never matters.
# After a change: rpcctl policy lint /etc/rpcd/policy.yaml, then systemctl reload rpcd.
policy: 1

roles:
  caller:

# Whoever is to come in runs \`rpcctl key new\` and \`rpcctl enrol\`, and sends you the lines that it prints.
identities: {}

${EXAMPLE_GRANTS}`;
