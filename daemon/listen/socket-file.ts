import { randomBytes } from "node:crypto";
import {
  type BigIntStats,
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import { createConnection, type Server, type Socket } from "node:net";
import { basename, dirname, join } from "node:path";
import { checkFolders } from "../../files/check-folders.ts";
import { FileProblem, systemCode } from "../../files/file-problem.ts";
import { UNIX_PATH_MAX_BYTES } from "../../link/unix-path.ts";

/** Which file it is, whatever its name: a path that leads to another one leads to another daemon. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** What is said where a daemon listens at the path already. */
export interface InUse {
  readonly detail: string;
  readonly mend: string;
}

/** A Unix socket that listens at a path, and knows whether the path still leads to it. */
export class SocketFile {
  readonly path: string;
  readonly identity: FileIdentity;

  constructor(path: string, identity: FileIdentity) {
    this.path = path;
    this.identity = identity;
  }

  /** Whether clients that connect to the path reach this socket. */
  get isInPlace(): boolean {
    return isAt(this.path, this.identity);
  }

  /**
   * Removes the name at the path, if it is still this socket's. Another file there is left alone.
   *
   * @throws {@link FileProblem} where the folder lets nothing be removed
   */
  remove(): void {
    if (this.isInPlace) takeAway(this.path, this.identity);
  }
}

/**
 * Has a server listen on a path.
 *
 *     the path is free ----------------------------> bind a temporary name --> link it to the path
 *     a socket of ours, and nobody answers --> remove it, then the same
 *     anything else --> refuse: it is not ours to remove
 *
 * libuv unlinks the name that it bound when the server closes, whoever has that name by then. So it binds a name that nobody else uses,
 * and {@link SocketFile.remove} takes away the one at the path. link() never replaces a file, as rename() would: of two daemons that
 * begin at the same moment one gets the path. The socket has its mode before it has its name.
 *
 * @param mode - permission bits of the socket
 * @throws {@link FileProblem}; nothing of it is left then
 */
export async function listenAt(
  server: Server,
  path: string,
  mode: number,
  inUse: InUse = ANOTHER_LISTENS,
): Promise<SocketFile> {
  const problem = checkFolders(path);
  if (problem !== undefined) throw problem;
  await removeStale(path, inUse);
  await removeTemps(path);
  const temp = await bindTemporary(server, path);
  // Nobody takes care of a connection before this has come to its end.
  server.on("connection", hangUp);
  try {
    chmodSync(temp, mode);
    const { dev, ino } = lstatSync(temp, { bigint: true });
    const made = new SocketFile(path, { dev, ino });
    linkTo(path, temp, inUse);
    rmSync(temp, { force: true });
    await settle(made, inUse);
    return made;
  } catch (error) {
    rmSync(temp, { force: true });
    await new Promise((resolve) => server.close(resolve));
    throw error;
  } finally {
    server.off("connection", hangUp);
  }
}

const ANOTHER_LISTENS: InUse = {
  detail: "a daemon is listening there already",
  mend: "stop it first, or configure another path",
};

/** Behind the name of the socket: what {@link takeAway} puts aside, and what is bound until it has its name. */
const ASIDE = /^\.[0-9a-f]{12}$/;
const TEMP = /^\.[0-9a-f]{12}\.new$/;

function random(): string {
  return randomBytes(6).toString("hex");
}

function hangUp(socket: Socket): void {
  socket.destroy();
}

/** Binds a name in the folder of the path. @returns the name, which is a path as well */
async function bindTemporary(server: Server, path: string): Promise<string> {
  const temp = `${path}.${random()}.new`;
  if (Buffer.byteLength(temp) <= UNIX_PATH_MAX_BYTES) {
    await bind(server, temp, path);
    return temp;
  }
  // A path may be as long as the kernel takes it, so that nothing can be added to it. The folder has a short name, too.
  const name = `.${random()}.new`;
  const folder = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await bind(server, `/proc/self/fd/${folder}/${name}`, path);
  } finally {
    closeSync(folder);
  }
  return join(dirname(path), name);
}

function bind(server: Server, at: string, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      const detail = `cannot listen (${systemCode(error) ?? error.message})`;
      reject(new FileProblem("unwritable", path, detail, { cause: error }));
    };
    server.once("error", failed);
    // The socket is made within listen(): until its mode is set nobody else may connect.
    const before = process.umask(0o177);
    server.listen({ path: at }, () => {
      server.off("error", failed);
      resolve();
    });
    process.umask(before);
  });
}

/** @throws {@link FileProblem} if what is there is not a dead socket of ours */
async function removeStale(path: string, inUse: InUse): Promise<void> {
  const fd = openItself(path);
  if (fd === undefined) return;
  // Held open until the end: the number of a file that is gone would go to the next one, another daemon's new socket perhaps.
  try {
    const found = fstatSync(fd, { bigint: true });
    if (!found.isSocket()) {
      throw new FileProblem("exists", path, "something that is no socket is in the way", {
        mend: "move it away, or configure another path",
      });
    }
    if (!isOwn(found)) throw new FileProblem("exists", path, `a socket of user ${found.uid} is in the way`);
    if (await answers(path)) throw new FileProblem("exists", path, inUse.detail, { mend: inUse.mend });
    if (takeAway(path, found)) return;
    throw new FileProblem("exists", path, "another daemon has just begun to listen there", {
      mend: ANOTHER_LISTENS.mend,
    });
  } finally {
    closeSync(fd);
  }
}

/**
 * Removes one file, and no other that has come to its path since: it is moved aside, looked at, and put back where it is another.
 *
 * @returns false where it is another
 */
function takeAway(path: string, file: FileIdentity): boolean {
  const aside = `${path}.${random()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    // Another daemon has taken it away. Who gets the path is decided by link().
    if (systemCode(error) === "ENOENT") return true;
    throw new FileProblem("unwritable", path, `the socket there cannot be removed (${systemCode(error)})`, {
      cause: error,
    });
  }
  if (isAt(aside, file)) {
    rmSync(aside, { force: true });
    return true;
  }
  putBack(aside, path);
  return false;
}

/** Where the path has been taken meanwhile it stays aside: whoever took the path finds it there ({@link settle}). */
function putBack(aside: string, path: string): void {
  try {
    linkSync(aside, path);
  } catch (error) {
    // Somebody has the path, or has taken away what was aside.
    if (systemCode(error) === "EEXIST" || systemCode(error) === "ENOENT") return;
    throw error;
  }
  rmSync(aside, { force: true });
}

/** @throws {@link FileProblem} where another was first, or the name that was bound is gone */
function linkTo(path: string, temp: string, inUse: InUse): void {
  try {
    linkSync(temp, path);
  } catch (error) {
    const code = systemCode(error);
    if (code === "EEXIST")
      throw new FileProblem("exists", path, inUse.detail, { mend: inUse.mend, cause: error });
    throw new FileProblem("unwritable", path, `the socket cannot be given its name (${code})`, {
      mend: "try again",
      cause: error,
    });
  }
}

/**
 * Looks for a live socket that was put aside: one that took the path from it did so only because a third had it aside by mistake.
 * It gets its path back. Dead ones are what daemons that were killed have left.
 */
async function settle(made: SocketFile, inUse: InUse): Promise<void> {
  for (const aside of besideOf(made.path, isAside)) {
    if (await answers(aside)) {
      made.remove();
      putBack(aside, made.path);
      throw new FileProblem("exists", made.path, inUse.detail, { mend: inUse.mend });
    }
    rmSync(aside, { force: true });
  }
}

/** Removes what daemons that were killed before their socket had its name have left. */
async function removeTemps(path: string): Promise<void> {
  for (const temp of besideOf(path, isTemp)) if (!(await answers(temp))) rmSync(temp, { force: true });
}

function isTemp(entry: string, name: string): boolean {
  return TEMP.test(entry.startsWith(name) ? entry.slice(name.length) : entry);
}

function isAside(entry: string, name: string): boolean {
  return entry.startsWith(name) && ASIDE.test(entry.slice(name.length));
}

/** Sockets of ours in the folder of the path. */
function besideOf(path: string, isMeant: (entry: string, name: string) => boolean): readonly string[] {
  const [folder, name] = [dirname(path), basename(path)];
  return readdirSync(folder)
    .filter((entry) => isMeant(entry, name))
    .map((entry) => join(folder, entry))
    .filter((entry) => {
      const found = lookAt(entry);
      return found?.isSocket() === true && isOwn(found);
    });
}

function lookAt(path: string): BigIntStats | undefined {
  return lstatSync(path, { throwIfNoEntry: false, bigint: true });
}

/** Whether the path leads to that file. Device and inode are exact: as plain numbers two large ones may be equal. */
function isAt(path: string, { dev, ino }: FileIdentity): boolean {
  const found = lookAt(path);
  return found !== undefined && found.dev === dev && found.ino === ino;
}

function isOwn({ uid }: BigIntStats): boolean {
  return Number(uid) === process.geteuid?.();
}

/** Whether somebody accepts connections there. */
async function answers(path: string): Promise<boolean> {
  // Node 20 cuts a long path, which would then lead to another socket.
  if (Buffer.byteLength(path) <= UNIX_PATH_MAX_BYTES) return accepts(path, path);
  const fd = openItself(path);
  if (fd === undefined) return false;
  try {
    return await accepts(`/proc/self/fd/${fd}`, path);
  } finally {
    closeSync(fd);
  }
}

/** For open(2): the file itself, without opening what it stands for. Node has no name for it. */
const O_PATH = 0o10000000;

/** A descriptor of whatever is at the path, or nothing. */
function openItself(path: string): number | undefined {
  try {
    return openSync(path, O_PATH | constants.O_NOFOLLOW);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw cannotTry(path, error);
  }
}

function accepts(at: string, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path: at });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", (error) => {
      const code = systemCode(error);
      if (code === "ECONNREFUSED" || code === "ENOENT") resolve(false);
      else reject(cannotTry(path, error));
    });
  });
}

function cannotTry(path: string, error: unknown): FileProblem {
  return new FileProblem("exists", path, `the socket there cannot be tried (${systemCode(error)})`, {
    cause: error,
  });
}
