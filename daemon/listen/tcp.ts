import { type AddressInfo, createServer, type Server } from "node:net";
import { FileProblem, systemCode } from "../../files/file-problem.ts";
import { type Address, addressText } from "../../link/address.ts";
import { KEEP_ALIVE_MS } from "../../link/liveness.ts";
import type { TlsServer } from "../../link/tls.ts";
import { networkSource } from "../base/source.ts";
import { BACKLOG, type Listener, type ListenerEvents, secured } from "./listener.ts";

/**
 * Listens on a TCP port and speaks nothing but TLS there.
 *
 * @throws {@link FileProblem}
 */
export async function listenTcp(
  { host, port }: Extract<Address, { kind: "tls" }>,
  tls: TlsServer,
  events: ListenerEvents,
): Promise<Listener> {
  // A peer that has sent all it will send is gone (link/link.ts); small messages are not held back.
  const server = createServer({ noDelay: true });
  const { port: actual } = await bindTcp(server, { host, port }, addressText({ kind: "tls", host, port }));
  return acceptTcp(server, { kind: "tls", host, port: actual }, tls, events);
}

/** Accepts from a server that listens already. @param address - what the log says of it */
export function acceptTcp(
  server: Server,
  address: Address,
  tls: TlsServer,
  events: ListenerEvents,
): Listener {
  server.on("error", (error) => events.failed(error));
  server.on("connection", (socket) => {
    // From birth: a peer that resets before anything else is done must not end the process.
    socket.on("error", () => undefined);
    // The kernel finds a dead peer before its login, and keeps the entries of address translation on the way alive.
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const peer = socket.remoteAddress;
    events.arrived(secured(tls, socket, { source: networkSource(peer), address: peer, via: "tls" }));
  });
  return {
    address: addressText(address),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/**
 * Has a server listen on a TCP port.
 *
 * @param address - for messages
 * @returns the port that it got
 * @throws {@link FileProblem}
 */
export function bindTcp(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  address: string,
): Promise<Pick<AddressInfo, "port">> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      const code = systemCode(error) ?? error.message;
      reject(
        new FileProblem("unwritable", address, `cannot listen (${code})`, {
          mend: mends.get(code) ?? "see that the address is one of this host's",
          cause: error,
        }),
      );
    });
    server.listen({ host, port, backlog: BACKLOG }, () => {
      const bound = server.address();
      if (bound === null || typeof bound === "string") reject(new Error(`${address}: no port is bound`));
      else resolve({ port: bound.port });
    });
  });
}

const mends: ReadonlyMap<string, string> = new Map([
  ["EADDRINUSE", "another process listens there: stop it, or configure another port"],
  ["EADDRNOTAVAIL", "name an address that this host has, or [::] for all"],
  ["EACCES", "configure a port from 1024 on"],
  ["ENOTFOUND", "no such host: name an address that this host has, or [::] for all"],
]);
