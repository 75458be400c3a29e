import { lstatSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { checkFolders } from "../../files/check-folders.ts";
import { addressText } from "../../link/address.ts";
import type { TlsServer } from "../../link/tls.ts";
import { unixBinding } from "../../link/unix-path.ts";
import { LOCAL } from "../base/source.ts";
import type { Log } from "../log/log.ts";
import { type Listener, type ListenerEvents, secured } from "./listener.ts";
import { listenAt, SocketFile } from "./socket-file.ts";
import { SocketWatch } from "./socket-watch.ts";

/** How a Unix socket is served. */
interface UnixSetup {
  /** where clients find the socket */
  readonly path: string;
  /** puts TLS over what is accepted; without it the kernel alone keeps others out */
  readonly tls: TlsServer | undefined;
  readonly log: Log;
}

/**
 * Listens on a Unix socket.
 *
 * @param mode - permission bits of the socket
 * @throws FileProblem
 */
export async function listenUnix(setup: UnixSetup, mode: number, events: ListenerEvents): Promise<Listener> {
  const server = createServer();
  const file = await listenAt(server, setup.path, mode);
  const listener = accept(server, file, setup, events);
  return {
    address: listener.address,
    close: () => {
      removeSocket(file, setup.log);
      return listener.close();
    },
  };
}

/**
 * Accepts from a server that listens already: its socket is another's to remove.
 *
 * @throws FileProblem if there is no socket, or others could put one in its place
 */
export function acceptUnix(server: Server, setup: UnixSetup, events: ListenerEvents): Listener {
  const problem = checkFolders(setup.path);
  if (problem !== undefined) throw problem;
  // It says that there is no socket, where there is none.
  unixBinding(setup.path);
  const { dev, ino } = lstatSync(setup.path, { bigint: true });
  return accept(server, new SocketFile(setup.path, { dev, ino }), setup, events);
}

/** Removes a socket at the end. Stopping goes on where that fails: the next start removes it. */
export function removeSocket(file: SocketFile, log: Log): void {
  try {
    file.remove();
  } catch (error) {
    log.warn("a socket could not be removed; the next start removes it", { path: file.path, error });
  }
}

function accept(
  server: Server,
  file: SocketFile,
  { path, tls, log }: UnixSetup,
  events: ListenerEvents,
): Listener {
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
  const watch = new SocketWatch(file, "a socket of the daemon", log);
  return {
    address: addressText({ kind: tls === undefined ? "unix" : "unix+tls", path }),
    close: () => {
      watch.close();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
