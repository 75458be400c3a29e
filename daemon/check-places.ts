import { lstatSync } from "node:fs";
import { dirname } from "node:path";
import { checkFolders } from "../certs/check-folders.ts";
import { FileProblem } from "../certs/file-problem.ts";
import type { Config } from "./config.ts";

/**
 * What is wrong with the places in which a daemon would make something: its sockets and its audit log. Nothing
 * is made here; whether a daemon listens already is found out when it does.
 */
export function checkPlaces(config: Config, configPath: string): readonly FileProblem[] {
  const used = new Map([[configPath, "the configuration"]]);
  const problems: FileProblem[] = [];
  const take = (path: string, what: string): void => {
    const other = used.get(path);
    if (other !== undefined)
      problems.push(new FileProblem("exists", path, `is named twice: as ${other} and as ${what}`));
    else used.set(path, what);
  };
  take(config.policy, "the policy");
  take(config.hostKey, "the host key");
  // It is written over at each start.
  take(config.statusFile, "the status file");
  for (const path of config.otherHostKeys) take(path, "another host key");
  for (const path of config.services) take(path, "a service");
  const sockets = config.listen.flatMap((address) => (address.kind === "tls" ? [] : [address.path]));
  if (config.metrics?.kind === "unix") sockets.push(config.metrics.path);
  for (const path of [config.audit, ...sockets]) {
    const isAudit = path === config.audit;
    take(path, isAudit ? "the audit log" : "a socket");
    const problem = checkFolders(path) ?? wrongKind(path, isAudit);
    if (problem !== undefined) problems.push(problem);
  }
  return problems;
}

function wrongKind(path: string, isAudit: boolean): FileProblem | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || (isAudit ? found.isFile() : found.isSocket())) return undefined;
  const what = isAudit
    ? "a plain file for the audit log was expected here"
    : "something that is no socket is in the way";
  const mend = `name another path, in ${dirname(path)} or elsewhere`;
  return new FileProblem("exists", path, what, { mend });
}
