import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { checkFolders } from "../../files/check-folders.ts";
import { FileProblem } from "../../files/file-problem.ts";
import { checkWriters } from "../../files/secure-file.ts";
import { SYSTEM_UNIT } from "../../files/system-paths.ts";
import { writeFileAtomically } from "../../files/write-file.ts";
import { PACKAGE_FOLDER } from "../base/package-folder.ts";
import { fillSystemFolder, missingInSystemFolder, SYSTEM_PLACES } from "./system-folder.ts";
import { POLKIT_RULE, polkitRule, UNIT_PATHS, type UnitFile, unitFiles } from "./unit-files.ts";

/** What `rpcd install-units` was asked for. */
export interface Installation {
  /** `/`, or the folder of an image or a test: the running system is left alone then */
  readonly root: string;
  /** services that the daemon's user may restart; nothing keeps the rule that is there */
  readonly allowRestart: readonly string[] | undefined;
}

/** What the unit hides from the service, or gives it an empty one of. */
const HIDDEN = ["/home/", "/root/", "/run/user/", "/tmp/", "/var/tmp/"];

/** What the unit starts. */
const PROGRAM = join(PACKAGE_FOLDER, "dist", "daemon", "main.js");

/** A path that stands for itself in a unit: no blanks, specifiers or quotes. */
const UNIT_PATH = /^[\w/.@+-]+$/;

/** Where the tools of systemd lie, whatever PATH whoever runs this has. */
const TOOL_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Puts the units, the user and the folder of the service in place. What is there already of the folder is kept; units are
 * written anew. Doing it twice is doing it once.
 *
 * @returns what was done, a line each
 * @throws FileProblem; a half of it may be done then, and doing it again does the rest
 */
export async function installUnits({ root, allowRestart }: Installation): Promise<readonly string[]> {
  if (root === "/") needRoot();
  const files = wantedFiles(allowRestart);
  needPlaces(root, [...files.map(({ path }) => path), ...SYSTEM_PLACES]);
  // Folders get the mode that they are made with, whatever is the custom of whoever runs this.
  process.umask(0o022);
  const done: string[] = [];
  for (const file of files) if (put(root, file)) done.push(`wrote ${join(root, file.path)}`);
  for (const path of await fillSystemFolder(root)) done.push(`made ${path}`);
  const inRoot = root === "/" ? [] : [`--root=${root}`];
  tool("systemd-sysusers", [...inRoot, join(root, "/etc/sysusers.d/rpcd.conf")]);
  tool("systemd-tmpfiles", [...inRoot, "--create", join(root, "/etc/tmpfiles.d/rpcd.conf")]);
  if (root === "/") tool("systemctl", ["daemon-reload"]);
  return done;
}

/** What {@link installUnits} would write and make. @returns a line each @throws FileProblem */
export function wouldWrite({ root, allowRestart }: Installation): readonly string[] {
  const units = wantedFiles(allowRestart).filter((file) => !isThere(root, file));
  return [
    ...units.map(({ path }) => `would write ${join(root, path)}`),
    ...missingInSystemFolder(root).map((path) => `would make ${path}`),
  ];
}

function wantedFiles(allowRestart: Installation["allowRestart"]): readonly UnitFile[] {
  const node = realpathSync(process.execPath);
  for (const path of [node, PROGRAM]) needReachable(path);
  const flags = process.allowedNodeEnvironmentFlags.has("--disable-sigusr1") ? ["--disable-sigusr1"] : [];
  return [...unitFiles(node, flags), ...(allowRestart === undefined ? [] : [polkitRule(allowRestart)])];
}

/**
 * Stops the service and takes the units away; keys, policy, configuration, logs and the user stay.
 *
 * @returns what was done, a line each
 * @throws FileProblem
 */
export function removeUnits(root: string): readonly string[] {
  if (!existsSync(root)) throw new FileProblem("not_found", root, "there is no such folder");
  needPlaces(root, UNIT_PATHS);
  if (root === "/") {
    needRoot();
    if (existsSync(SYSTEM_UNIT)) tool("systemctl", ["disable", "--now", "rpcd.socket", "rpcd.service"]);
  }
  const there = UNIT_PATHS.map((path) => join(root, path)).filter((path) => existsSync(path));
  for (const path of there) rmSync(path);
  if (root === "/") tool("systemctl", ["daemon-reload"]);
  return there.map((path) => `removed ${path}`);
}

/** @returns whether it was another text, or none, before */
function put(root: string, file: UnitFile): boolean {
  if (isThere(root, file)) return false;
  const { path, text } = file;
  const target = join(root, path);
  const folder = dirname(target);
  // polkitd reads its folder by its own user, and is the one that makes it.
  if (path === POLKIT_RULE && root === "/" && !existsSync(folder)) {
    throw new FileProblem("not_found", folder, "polkit is not installed on this host", {
      mend: "apt install polkitd, or leave --allow-restart out",
    });
  }
  mkdirSync(folder, { mode: 0o755, recursive: true });
  writeFileAtomically(target, Buffer.from(text), 0o644, { replace: true });
  return true;
}

function isThere(root: string, { path, text, isKept }: UnitFile): boolean {
  const target = join(root, path);
  return existsSync(target) && (isKept || readFileSync(target, "utf8") === text);
}

function needRoot(): void {
  if (process.geteuid?.() === 0) return;
  throw new FileProblem("unwritable", "/etc/systemd/system", "only root can put units in place", {
    mend: "sudo rpcd install-units",
  });
}

/**
 * Nobody else than root, or us, may turn what is written or taken away to another place. In an image a link would lead out of it,
 * into the system that this runs on.
 *
 * @throws FileProblem
 */
function needPlaces(root: string, paths: readonly string[]): void {
  for (const path of paths) {
    const target = join(root, path);
    if (root !== "/") needNoLink(root, path);
    // polkitd has its folder for itself on some systems.
    const problem = path === POLKIT_RULE ? undefined : checkFolders(target);
    if (problem !== undefined && problem.kind !== "not_found") throw problem;
  }
}

function needNoLink(root: string, path: string): void {
  let at = root;
  for (const name of dirname(path).split("/").filter(Boolean)) {
    at = join(at, name);
    if (lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink() !== true) continue;
    throw new FileProblem("unsafe", at, "is a link, which would lead out of the image", {
      mend: "put a folder there",
    });
  }
}

/** What the service runs must be where it can see it, and nobody else than root may change it. */
function needReachable(path: string): void {
  if (HIDDEN.some((folder) => path.startsWith(folder))) {
    throw new FileProblem(
      "unsafe",
      path,
      "the service cannot see it there: homes and /tmp are hidden from it",
      {
        mend: "install node, and rpcd by npm install -g, for the whole host (docs/operations.md)",
      },
    );
  }
  if (!UNIT_PATH.test(path))
    throw new FileProblem("unsafe", path, "has characters that mean something else in a unit", {
      mend: "install it where the path has letters, digits and _ . @ + - alone",
    });
  const problem = checkFolders(path);
  if (problem !== undefined) throw problem;
  checkWriters(path, statSync(path));
}

function tool(name: string, args: readonly string[]): void {
  try {
    execFileSync(name, args, {
      env: { PATH: TOOL_PATH },
      stdio: ["ignore", "ignore", "pipe"],
      timeout: 120_000,
    });
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    throw new FileProblem("unwritable", name, `failed${said === "" ? "" : `: ${said}`}`, { cause: error });
  }
}
