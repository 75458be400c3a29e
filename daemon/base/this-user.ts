import { homedir, userInfo } from "node:os";
import { FileProblem, systemCode } from "../../files/file-problem.ts";

/*
 * The user that this process runs as. A user id need not have an entry in the user database (containers, `setpriv --reuid`), and a
 * service manager need not set HOME.
 */

/** The name of this user as the policy can write it. */
export function userName(): string {
  const name =
    userEntry(() => userInfo().username)
      ?.replaceAll(/[^A-Za-z0-9_-]/g, "-")
      .slice(0, 64) ?? "";
  return /^[A-Za-z]/.test(name) ? name : "me";
}

/** The home folder of this user. @throws FileProblem if there is none: what it would be for has to be named then */
export function homeFolder(): string {
  const home = userEntry(homedir) ?? "";
  if (home.startsWith("/")) return home;
  throw new FileProblem(
    "not_found",
    "~",
    "HOME is no absolute path, and this user has no home folder in /etc/passwd",
    {
      mend: "set HOME, or name the folder: rpcd init DIR, then rpcd --config DIR/rpcd.yaml",
    },
  );
}

/** @returns nothing where the user database has no entry for this user */
function userEntry(read: () => string): string | undefined {
  try {
    return read();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}
