import { type Address, addressText } from "../link/address.ts";
import type { TlsServer } from "../link/tls.ts";
import type { Inheritance } from "./inheritance.ts";
import type { Listener, ListenerEvents } from "./listener.ts";
import { acceptTcp, listenTcp } from "./tcp-listener.ts";
import { acceptUnix, listenUnix } from "./unix-listener.ts";

/** Where to listen, and how. */
export interface Places {
  readonly addresses: readonly Address[];
  /** permission bits of Unix sockets that are made */
  readonly socketMode: number;
  /** Where there is one, all addresses are in it, and nothing else is listened on. */
  readonly inheritance: Inheritance | undefined;
  readonly tls: TlsServer | undefined;
}

/**
 * Listens on all of the addresses, or on none.
 *
 * @throws FileProblem
 */
export async function listenOn(
  { addresses, socketMode, inheritance, tls }: Places,
  events: ListenerEvents,
): Promise<readonly Listener[]> {
  if (inheritance !== undefined)
    return addresses.map((address) => acceptFrom(inheritance, address, tls, events));
  const listeners: Listener[] = [];
  try {
    for (const address of addresses) listeners.push(await listen(address, socketMode, tls, events));
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
  const needed = needTls(tls, address);
  return address.kind === "tls"
    ? listenTcp(address, needed, events)
    : listenUnix(address.path, socketMode, needed, events);
}

/** As {@link listen}, from what somebody else listens on. */
function acceptFrom(
  inheritance: Inheritance,
  address: Address,
  tls: TlsServer | undefined,
  events: ListenerEvents,
): Listener {
  const place = { option: "listen", text: addressText(address) } as const;
  if (address.kind === "tls") {
    const { host, port } = address;
    const server = inheritance.claim({ ...place, kind: "tcp", host, port });
    return acceptTcp(server, address, needTls(tls, address), events);
  }
  const { path } = address;
  const server = inheritance.claim({ ...place, kind: "unix", path });
  return acceptUnix(server, path, address.kind === "unix" ? undefined : needTls(tls, address), events);
}

function needTls(tls: TlsServer | undefined, { kind }: Address): TlsServer {
  if (tls === undefined) throw new Error(`no TLS for ${kind}`);
  return tls;
}
