import type { Address } from "../link/address.ts";
import type { TlsServer } from "../link/tls.ts";
import type { Listener, ListenerEvents } from "./listener.ts";
import { listenTcp } from "./tcp-listener.ts";
import { listenUnix } from "./unix-listener.ts";

/**
 * Listens on all of the addresses, or on none.
 *
 * @param socketMode - permission bits of Unix sockets
 * @throws FileProblem
 */
export async function listenOn(
  addresses: readonly Address[],
  socketMode: number,
  events: ListenerEvents,
): Promise<readonly Listener[]> {
  const listeners: Listener[] = [];
  try {
    const tls = addresses.some(({ kind }) => kind !== "unix") ? await loadTls() : undefined;
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
