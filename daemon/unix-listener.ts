import { randomBytes } from "node:crypto";
import { chmodSync, lstatSync, readdirSync, renameSync, rmSync, type Stats, unlinkSync } from "node:fs";
import { createConnection, createServer, type Server } from "node:net";
import { basename, dirname, join } from "node:path";
import { checkFolders } from "../certs/check-folders.ts";
import { FileProblem, systemCode } from "../certs/file-problem.ts";
import { addressText } from "../link/address.ts";
import type { TlsServer } from "../link/tls.ts";
import { unixBinding } from "../link/unix-path.ts";
import { type Listener, type ListenerEvents, secured } from "./listener.ts";
import { LOCAL } from "./source.ts";

/**
 * Listens on a Unix socket.
 *
 * @param mode - permission bits of the socket
 * @param tls - puts TLS over what is accepted; without it the kernel alone keeps others out
 * @throws {@link FileProblem}
 */
export async function listenUnix(
  path: string,
  mode: number,
  tls: TlsServer | undefined,
  events: ListenerEvents,
): Promise<Listener> {
  const server = createServer();
  await bindUnix(server, path, mode);
  return acceptUnix(server, path, tls, events);
}

/**
 * Accepts from a server that listens already.
 *
 * @param path - where clients find the socket
 * @throws {@link FileProblem} if there is no socket, or others could put one in its place
 */
export function acceptUnix(
  server: Server,
  path: string,
  tls: TlsServer | undefined,
  events: ListenerEvents,
): Listener {
  const problem = checkFolders(path);
  if (problem !== undefined) throw problem;
  server.on("error", (error) => events.failed(error));
  // Looked up once, at the configured path: a socket that is put there later is not this daemon's.
  const binding = unixBinding(path);
  server.on("connection", (socket) => {
    // From birth: a peer that resets before anything else is done must not end the process.
    socket.on("error", () => undefined);
    events.arrived(
      tls === undefined
        ? {
            raw: socket,
            source: LOCAL,
            address: undefined,
            open: (done) => done({ socket, binding, via: "unix" }),
          }
        : secured(tls, socket, { source: LOCAL, address: undefined, via: "tls" }),
    );
  });
  return {
    address: addressText({ kind: tls === undefined ? "unix" : "unix+tls", path }),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/**
 * Has a server listen on a path.
 *
 *     the path is free ----------------------------------------> listen
 *     a socket of ours, and nobody answers --> remove it ------> listen
 *     anything else --> refuse: it is not ours to remove
 *
 * @param mode - permission bits of the socket
 * @throws {@link FileProblem}
 */
export async function bindUnix(server: Server, path: string, mode: number): Promise<void> {
  const problem = checkFolders(path);
  if (problem !== undefined) throw problem;
  await removeStale(path);
  await removeAsides(path);
  await bind(server, path);
  chmodSync(path, mode);
}

function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      const detail = `cannot listen (${systemCode(error) ?? error.message})`;
      reject(new FileProblem("unwritable", path, detail, { cause: error }));
    });
    // The socket is made within listen(): until its mode is set nobody else may connect.
    const before = process.umask(0o177);
    server.listen({ path }, () => resolve());
    process.umask(before);
  });
}

/** @throws {@link FileProblem} if what is there is not a dead socket of ours */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new FileProblem("exists", path, "something that is no socket is in the way", {
      mend: "move it away, or configure another path",
    });
  }
  if (found.uid !== process.geteuid?.()) {
    throw new FileProblem("exists", path, `a socket of user ${found.uid} is in the way`);
  }
  if (await answers(path)) {
    throw new FileProblem("exists", path, "a daemon is listening there already", {
      mend: "stop it first, or configure another path",
    });
  }
  takeAway(path, found);
}

/**
 * Removes the dead socket, and no other: of two daemons that find it dead at the same time only one can
 * rename it, and the other, which then has the first one's new socket in its hands, puts it back.
 */
function takeAway(path: string, dead: Stats): void {
  const aside = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    throw new FileProblem("exists", path, `the dead socket there is gone (${systemCode(error)}); try again`, {
      cause: error,
    });
  }
  const taken = lstatSync(aside, { throwIfNoEntry: false });
  // Another daemon has found it dead there, and taken it away.
  if (taken === undefined) return;
  if (taken.dev === dead.dev && taken.ino === dead.ino) {
    unlinkSync(aside);
    return;
  }
  renameSync(aside, path);
  throw new FileProblem("exists", path, "another daemon has just begun to listen there");
}

/** Behind the name of the socket: what {@link takeAway} puts aside. */
const ASIDE = /^\.[0-9a-f]{12}$/;

/** Removes what daemons that were killed while they took a dead socket away have left beside it. */
async function removeAsides(path: string): Promise<void> {
  const [folder, name] = [dirname(path), basename(path)];
  for (const entry of readdirSync(folder)) {
    if (!entry.startsWith(name) || !ASIDE.test(entry.slice(name.length))) continue;
    const aside = join(folder, entry);
    const found = lstatSync(aside, { throwIfNoEntry: false });
    if (found?.isSocket() !== true || found.uid !== process.geteuid?.()) continue;
    // A live one is another daemon's, on its way back.
    if (!(await answers(aside))) rmSync(aside, { force: true });
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", (error) => {
      const code = systemCode(error);
      if (code === "ECONNREFUSED" || code === "ENOENT") resolve(false);
      else
        reject(
          new FileProblem("exists", path, `the socket there cannot be tried (${code})`, { cause: error }),
        );
    });
  });
}
