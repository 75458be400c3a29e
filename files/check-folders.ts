import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { FileProblem, octal, shellWord, systemCode } from "./file-problem.ts";

/** As many symbolic links as Linux follows in one path. */
const MAX_LINKS = 40;

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * Looks at every folder above a path, as the kernel goes through them, and says what is wrong with the first
 * bad one. Whoever may write in one of these folders may put another file, or another folder, in the place of
 * what is checked below it.
 *
 *     /            a folder passes if root or we own it and nobody else may write in it
 *     /tmp         a sticky folder of root passes too: others can add to it and not take away
 *     /tmp/keys    a link passes if root or we own it; what it points to is looked at in the same way,
 *       ↓          from "/" down or from the folder in which the link lies
 *     /srv/keys
 *
 * The last name of the path is not looked at.
 *
 * @param owners - user ids that are trusted beside root and the user of this process
 * @returns the first problem from "/" down, or nothing
 */
export function checkFolders(path: string, owners: readonly number[] = []): FileProblem | undefined {
  const found = walk(namesIn(absolute(path)).slice(0, -1), owners, { toFile: false });
  return found instanceof FileProblem ? found : undefined;
}

/**
 * Follows a path to its end as {@link checkFolders} does, also where the last name is a link, and so are those that it
 * leads to. Each link, and each folder on the way, passes by the same rules.
 *
 * @returns the path of what lies at the end, without a link in it; or the first problem. What lies there is not looked at,
 * and it need not be there
 */
export function followLinks(path: string, owners: readonly number[] = []): string | FileProblem {
  return walk(namesIn(absolute(path)), owners, { toFile: true });
}

/** @param toFile - whether the last name is that of a file: it may be a link, and is no folder */
function walk(
  names: readonly string[],
  owners: readonly number[],
  { toFile }: { readonly toFile: boolean },
): string | FileProblem {
  const allowed = trustedOwners(owners);
  const left = [...names];
  let folder = "/";
  let links = 0;
  // "" is "/" itself: join("/", "") is "/".
  for (let name: string | undefined = ""; name !== undefined; name = left.shift()) {
    if (name === "..") {
      // Not folded beforehand: behind a link, `..` is the folder above the link's end. It was looked at.
      folder = dirname(folder);
      continue;
    }
    const next = join(folder, name);
    const isEnd = toFile && name !== "" && left.length === 0;
    const stat = look(next, (entry) => lstatSync(entry));
    if (stat instanceof FileProblem) return isEnd && stat.kind === "not_found" ? next : stat;
    if (stat.isSymbolicLink()) {
      const target = linkTarget(next, stat, allowed, ++links);
      if (target instanceof FileProblem) return target;
      if (isAbsolute(target)) folder = "/";
      left.unshift(...namesIn(target));
      continue;
    }
    if (isEnd) return next;
    const problem = folderProblem(next, stat, allowed);
    if (problem !== undefined) return problem;
    folder = next;
  }
  return folder;
}

function absolute(path: string): string {
  return isAbsolute(path) ? path : `${process.cwd()}/${path}`;
}

function namesIn(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

function look<T extends Stats | string>(path: string, call: (path: string) => T): T | FileProblem {
  try {
    return call(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT")
      return new FileProblem("not_found", path, "there is no such folder", { cause: error });
    return new FileProblem("unreadable", path, `the folder cannot be looked at (${code})`, { cause: error });
  }
}

function linkTarget(
  path: string,
  stat: Stats,
  allowed: readonly number[],
  count: number,
): string | FileProblem {
  // In /tmp anyone may make a link, and turn it to another place between any two looks at it.
  const flaw = ownerFlaw(stat, allowed);
  if (flaw !== undefined)
    return new FileProblem("unsafe", path, `the link ${flaw}`, { mend: chown(path, "-h ") });
  if (count > MAX_LINKS)
    return new FileProblem("unreadable", path, `more than ${MAX_LINKS} links follow each other`);
  return look(path, (link) => readlinkSync(link));
}

function folderProblem(path: string, stat: Stats, allowed: readonly number[]): FileProblem | undefined {
  if (!stat.isDirectory()) return new FileProblem("unreadable", path, "a folder was expected here");
  const flaw = ownerFlaw(stat, allowed);
  if (flaw !== undefined) return new FileProblem("unsafe", path, `the folder ${flaw}`, { mend: chown(path) });
  if ((stat.mode & WRITABLE_BY_OTHERS) === 0 || (stat.uid === 0 && (stat.mode & STICKY) !== 0))
    return undefined;
  const detail = `the folder has mode ${octal(stat.mode)}, so others than its owner may put files into it`;
  return new FileProblem("unsafe", path, detail, { mend: `chmod go-w ${shellWord(path)}` });
}

/** Root, the user of this process, and those named. */
export function trustedOwners(others: readonly number[]): number[] {
  return [...new Set([0, ownUser(), ...others])];
}

/** What is wrong with the owner, as the rest of a sentence, or nothing. */
export function ownerFlaw(stat: Pick<Stats, "uid">, allowed: readonly number[]): string | undefined {
  if (allowed.includes(stat.uid)) return undefined;
  const names = allowed.map((uid) => (uid === 0 ? "root" : `user ${uid}`));
  return `belongs to user ${stat.uid}, not to ${names.join(" or ")}`;
}

/** The command that gives a file to the user of this process. */
export function chown(path: string, options = ""): string {
  return `chown ${options}${ownUser()} ${shellWord(path)}`;
}

function ownUser(): number {
  const user = process.geteuid?.();
  if (user === undefined) throw new Error("this system has no user ids, so no file can be trusted on it");
  return user;
}
