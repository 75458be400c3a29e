import type { Address } from "../link/address.ts";
import type { TlsServer } from "../link/tls.ts";
import type { InheritedSocket } from "./inherited-sockets.ts";
import type { Listener, ListenerEvents } from "./listener.ts";
import { listenTcp } from "./tcp-listener.ts";
import { listenUnix } from "./unix-listener.ts";

/** Where to listen, and how. */
export interface Places {
  readonly addresses: readonly Address[];
  /** permission bits of Unix sockets that are made */
  readonly socketMode: number;
  /** Where there are any, nothing else is listened on: each address is one of them. */
  readonly inherited: readonly InheritedSocket[];
}

/**
 * Listens on all of the addresses, or on none.
 *
 * @throws FileProblem
 */
export async function listenOn(
  { addresses, socketMode, inherited }: Places,
  events: ListenerEvents,
): Promise<readonly Listener[]> {
  const tls = addresses.some(({ kind }) => kind !== "unix") ? await loadTls() : undefined;
  if (inherited.length > 0) {
    const { listenInherited } = await import("./listen-inherited.ts");
    return listenInherited(addresses, inherited, tls, events);
  }
  const listeners: Listener[] = [];
  try {
    for (const address of addresses) listeners.push(await listen(address, socketMode, tls, events));
    return listeners;
  } catch (error) {
    await Promise.all(listeners.map((listener) => listener.close()));
    throw error;
  }
}

/** node:tls takes 15 ms and several megabytes to load: only where it is used. */
export async function loadTls(): Promise<TlsServer> {
  const { TlsServer } = await import("../link/tls.ts");
  return new TlsServer();
}

async function listen(
  address: Address,
  socketMode: number,
  tls: TlsServer | undefined,
  events: ListenerEvents,
): Promise<Listener> {
  if (address.kind === "unix") return listenUnix(address.path, socketMode, undefined, events);
  if (tls === undefined) throw new Error(`no TLS for ${address.kind}`);
  return address.kind === "tls"
    ? listenTcp(address, tls, events)
    : listenUnix(address.path, socketMode, tls, events);
}
