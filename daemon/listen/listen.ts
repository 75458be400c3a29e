import type { Server } from "node:net";
import type { Address } from "../../link/address.ts";
import type { TlsServer } from "../../link/tls.ts";
import type { Log } from "../log/log.ts";
import type { Listener, ListenerEvents } from "./listener.ts";
import { acceptTcp, listenTcp } from "./tcp.ts";
import { acceptUnix, listenUnix } from "./unix.ts";

/** Where to listen, and how. */
export interface Places {
  readonly addresses: readonly Address[];
  /** permission bits of Unix sockets that are made */
  readonly socketMode: number;
  /** what listens on an address already; nothing where it is to be listened on */
  readonly serverOf: ((address: Address) => Server) | undefined;
  readonly tls: TlsServer | undefined;
  readonly log: Log;
}

/**
 * Listens on all of the addresses, or on none.
 *
 * @throws FileProblem
 */
export async function listenOn(places: Places, events: ListenerEvents): Promise<readonly Listener[]> {
  const { addresses, serverOf } = places;
  if (serverOf !== undefined)
    return addresses.map((address) => acceptFrom(serverOf(address), address, places, events));
  const listeners: Listener[] = [];
  try {
    for (const address of addresses) listeners.push(await listen(address, places, events));
    return listeners;
  } catch (error) {
    await Promise.all(listeners.map((listener) => listener.close()));
    throw error;
  }
}

/** TLS, where one of the addresses needs it. */
export async function tlsFor(addresses: readonly Address[]): Promise<TlsServer | undefined> {
  return addresses.some(({ kind }) => kind !== "unix") ? loadTls() : undefined;
}

/** node:tls takes 15 ms and several megabytes to load: only where it is used. */
export async function loadTls(): Promise<TlsServer> {
  const { TlsServer } = await import("../../link/tls.ts");
  return new TlsServer();
}

async function listen(
  address: Address,
  { socketMode, tls, log }: Places,
  events: ListenerEvents,
): Promise<Listener> {
  if (address.kind === "unix")
    return listenUnix({ path: address.path, tls: undefined, log }, socketMode, events);
  const needed = needTls(tls, address);
  return address.kind === "tls"
    ? listenTcp(address, needed, events)
    : listenUnix({ path: address.path, tls: needed, log }, socketMode, events);
}

/** As {@link listen}, from a server that listens already. */
function acceptFrom(
  server: Server,
  address: Address,
  { tls, log }: Places,
  events: ListenerEvents,
): Listener {
  if (address.kind === "tls") return acceptTcp(server, address, needTls(tls, address), events);
  const needed = address.kind === "unix" ? undefined : needTls(tls, address);
  return acceptUnix(server, { path: address.path, tls: needed, log }, events);
}

function needTls(tls: TlsServer | undefined, { kind }: Address): TlsServer {
  if (tls === undefined) throw new Error(`no TLS for ${kind}`);
  return tls;
}
