import { createHash } from "node:crypto";
import { lstatSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { basename, dirname, join } from "node:path";
import { FileProblem, shellWord } from "../../files/file-problem.ts";
import type { Log } from "../log/log.ts";
import { type InUse, listenAt, type SocketFile } from "./socket-file.ts";
import { SocketWatch } from "./socket-watch.ts";
import { removeSocket } from "./unix.ts";

/** A file that one daemon alone writes. */
export interface LockedFile {
  readonly path: string;
  /** the option that names it */
  readonly option: "audit" | "status_file";
  /** whether the daemon serves without it, where its folder is missing or lets nobody write */
  readonly isOptional: boolean;
}

/** A name in a folder has at most 255 bytes, and something random is put behind that of the lock while it is made. */
const NAME_MAX_BYTES = 200;

/**
 * Keeps other daemons from the files that this one writes. A lock is a Unix socket beside the file, with `.lock` behind its name. The
 * daemon listens on it, under socket activation too: as long as somebody answers there, no other daemon starts on the file. The
 * kernel closes the socket of a daemon that was killed, so that a lock that is left holds nobody up.
 */
export class FileLocks {
  readonly #held: readonly Lock[];
  readonly #log: Log;

  private constructor(held: readonly Lock[], log: Log) {
    this.#held = held;
    this.#log = log;
  }

  /** @throws FileProblem where another daemon holds one of them; none of them is held then */
  static async take(files: readonly LockedFile[], log: Log): Promise<FileLocks> {
    const held: Lock[] = [];
    try {
      for (const file of files) {
        const lock = await lockOf(file, log);
        if (lock !== undefined) held.push(lock);
      }
      return new FileLocks(held, log);
    } catch (error) {
      await new FileLocks(held, log).release();
      throw error;
    }
  }

  async release(): Promise<void> {
    for (const { file, watch } of this.#held) {
      watch.close();
      removeSocket(file, this.#log);
    }
    await Promise.all(this.#held.map(({ server }) => new Promise((resolve) => server.close(resolve))));
  }
}

interface Lock {
  readonly server: Server;
  readonly file: SocketFile;
  readonly watch: SocketWatch;
}

async function lockOf({ path, option, isOptional }: LockedFile, log: Log): Promise<Lock | undefined> {
  if (isOptional && lstatSync(dirname(path), { throwIfNoEntry: false }) === undefined) return undefined;
  const inUse: InUse = {
    detail: `another daemon runs that writes ${shellWord(path)}`,
    mend: `stop that daemon first, or name another file in '${option}' of this one's configuration`,
  };
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.destroy();
  });
  let file: SocketFile;
  try {
    file = await listenAt(server, lockPath(path), 0o600, inUse);
  } catch (error) {
    // Nobody else of this user can write there either; the status file says it when it is written.
    if (isOptional && error instanceof FileProblem && error.kind === "unwritable") return undefined;
    throw error;
  }
  server.on("error", (error) => log.error("a lock could not answer", { path: file.path, error }));
  // The lock keeps no program running.
  server.unref();
  return { server, file, watch: new SocketWatch(file, `the lock of '${option}'`, log) };
}

/** Where the lock of a file is. A name that is too long is told by its hash. */
function lockPath(path: string): string {
  const name = basename(path);
  const isShort = Buffer.byteLength(name) <= NAME_MAX_BYTES;
  const shown = isShort ? name : createHash("sha256").update(name).digest("hex").slice(0, 32);
  return join(dirname(path), `${shown}.lock`);
}
