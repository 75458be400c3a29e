import { lstatSync } from "node:fs";
import { dirname } from "node:path";
import { escapeText } from "../../base/escape.ts";
import { checkFolders } from "../../files/check-folders.ts";
import { FileProblem } from "../../files/file-problem.ts";
import type { Config } from "../config/config.ts";

/**
 * What is wrong with the places in which a daemon would make something: its sockets, audit log and status file. Nothing
 * is made here; whether a daemon listens already is found out when it does.
 */
export function checkPlaces(
  config: Config,
  configPath: string,
): { readonly problems: readonly FileProblem[]; readonly remarks: readonly string[] } {
  const used = new Map([[configPath, "the configuration"]]);
  const problems: FileProblem[] = [];
  const remarks: string[] = [];
  const take = (path: string, what: string): void => {
    const other = used.get(path);
    if (other !== undefined)
      problems.push(new FileProblem("exists", path, `is named twice: as ${other} and as ${what}`));
    else used.set(path, what);
  };
  take(config.policy, "the policy");
  take(config.hostKey, "the host key");
  for (const path of config.otherHostKeys) take(path, "another host key");
  for (const path of config.services) take(path, "a service");
  const sockets = config.listen.flatMap((address) => (address.kind === "tls" ? [] : [address.path]));
  if (config.metrics?.kind === "unix") sockets.push(config.metrics.path);
  const made = [
    { path: config.audit, what: "the audit log", isFile: true },
    // It is written over at each start, and each reload.
    { path: config.statusFile, what: "the status file", isFile: true },
    ...sockets.map((path) => ({ path, what: "a socket", isFile: false })),
  ];
  for (const place of made) {
    take(place.path, place.what);
    const problem = checkFolders(place.path) ?? wrongKind(place);
    // Without its folder there is no status file, and the daemon serves: systemd makes the folder when it starts the service.
    if (place.path === config.statusFile && problem?.kind === "not_found")
      remarks.push(
        `note: status_file: there is no folder for ${escapeText(place.path)}: rpcd reload and rpcctl doctor will not find the daemon`,
      );
    else if (problem !== undefined) problems.push(problem);
  }
  return { problems, remarks };
}

interface Made {
  readonly path: string;
  readonly what: string;
  readonly isFile: boolean;
}

function wrongKind({ path, what: name, isFile }: Made): FileProblem | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || (isFile ? found.isFile() : found.isSocket())) return undefined;
  const what = isFile
    ? `a plain file for ${name} was expected here`
    : "something that is no socket is in the way";
  const mend = `name another path, in ${dirname(path)} or elsewhere`;
  return new FileProblem("exists", path, what, { mend });
}
