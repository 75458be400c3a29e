import { lstatSync } from "node:fs";
import { isIP } from "node:net";
import { basename } from "node:path";
import { escapeText } from "../base/escape.ts";
import { FileProblem } from "../certs/file-problem.ts";
import { type Address, addressText } from "../link/address.ts";
import type { TlsServer } from "../link/tls.ts";
import { type InheritedServer, type InheritedSocket, serveInherited } from "./inherited-sockets.ts";
import type { Listener, ListenerEvents } from "./listener.ts";
import { acceptTcp } from "./tcp-listener.ts";
import { acceptUnix } from "./unix-listener.ts";

/**
 * Listens on sockets that systemd has opened. Every address of the configuration must be among them, and they must all
 * be there: an address that nobody reaches, or a socket that nobody answers, would be found out much later.
 *
 * @throws FileProblem; nothing is left open then
 */
export async function listenInherited(
  addresses: readonly Address[],
  inherited: readonly InheritedSocket[],
  tls: TlsServer | undefined,
  events: ListenerEvents,
): Promise<readonly Listener[]> {
  const servers: InheritedServer[] = [];
  try {
    for (const socket of inherited) servers.push(await serveInherited(socket));
    const pairs = pair(addresses, servers);
    return pairs.map(([address, { server }]) => {
      if (address.kind !== "tls") needSocketAt(address.path);
      if (address.kind === "unix") return acceptUnix(server, address.path, undefined, events);
      if (tls === undefined) throw new Error(`no TLS for ${address.kind}`);
      return address.kind === "tls"
        ? acceptTcp(server, address, tls, events)
        : acceptUnix(server, address.path, tls, events);
    });
  } catch (error) {
    await Promise.all(servers.map(({ server }) => new Promise((resolve) => server.close(resolve))));
    throw error;
  }
}

type Pair = readonly [Address, InheritedServer];

/**
 * Which socket is which address. A TCP socket says where it listens. A Unix socket does not say it across the border of
 * a private network: it is known by being the only one, or by its name (`FileDescriptorName=`), the last part of the path.
 * One that was taken for another is of no use to anybody: the login is bound to the file at the path. Those that say most go
 * first, whatever their order in the file: a host name takes what no address has taken.
 */
function pair(addresses: readonly Address[], servers: readonly InheritedServer[]): readonly Pair[] {
  const free = new Set(servers);
  // With one of each there is nothing to be mistaken for another.
  const needsName =
    servers.filter(({ tcp }) => tcp === undefined).length > 1 ||
    addresses.filter(({ kind }) => kind !== "tls").length > 1;
  const pairs = addresses
    .toSorted((one, other) => vagueness(one) - vagueness(other))
    .map((address): Pair => {
      const fitting = [...free].filter((server) => fits(address, server));
      const named =
        address.kind !== "tls" && needsName
          ? fitting.filter(({ name }) => name === basename(address.path))
          : fitting;
      const [found, another] = named;
      if (found === undefined) throw notPassed(address, needsName);
      if (address.kind !== "tls" && another !== undefined) throw ambiguous(address, another.name);
      free.delete(found);
      return [address, found];
    });
  const [left] = free;
  if (left === undefined) return pairs;
  throw new FileProblem(
    "exists",
    placeOf(left),
    `systemd passes descriptor ${left.fd} ('${left.name}'), and 'listen' has no such address`,
    {
      mend: "name it in 'listen', or take its ListenStream= out of the socket unit",
    },
  );
}

function vagueness(address: Address): number {
  return address.kind === "tls" && isIP(address.host) === 0 ? 1 : 0;
}

function fits(address: Address, { tcp }: InheritedServer): boolean {
  if (address.kind !== "tls") return tcp === undefined;
  if (tcp === undefined || tcp.port !== address.port) return false;
  // A host name may stand for any address of this host.
  return isIP(address.host) === 0 || sameHost(address.host, tcp.address);
}

/** IPv6 has many texts for one address: the URL parser knows the one. */
function sameHost(one: string, other: string): boolean {
  return canonicalHost(one) === canonicalHost(other);
}

function canonicalHost(host: string): string {
  return isIP(host) === 6 ? new URL(`tcp://[${host}]`).hostname : host;
}

function placeOf({ tcp, name }: InheritedServer): string {
  return tcp === undefined ? name : addressText({ kind: "tls", host: tcp.address, port: tcp.port });
}

function notPassed(address: Address, needsName: boolean): FileProblem {
  if (address.kind === "tls") {
    const { host, port } = address;
    return new FileProblem(
      "unsafe",
      addressText(address),
      "'listen' has this address, and systemd passes no such socket",
      { mend: mendOf(`ListenStream=${isIP(host) === 6 ? `[${host}]` : host}:${port}`) },
    );
  }
  const { path } = address;
  const name = basename(path);
  return new FileProblem(
    "unsafe",
    addressText(address),
    `'listen' has this address, and systemd passes no Unix socket${needsName ? ` named '${escapeText(name)}'` : ""}`,
    { mend: mendOf(`ListenStream=${path}${needsName ? ` and FileDescriptorName=${name}` : ""}`) },
  );
}

/** Clients look for it there, and the login is bound to what they find. @throws {@link FileProblem} */
function needSocketAt(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true) return;
  throw new FileProblem("not_found", path, "systemd passes a Unix socket, and there is none at this path", {
    mend: "have 'listen' and the ListenStream= of the socket unit name the same path",
  });
}

function mendOf(lines: string): string {
  return escapeText(`${lines} in the socket unit (systemctl edit rpcd.socket), or take it out of 'listen'`);
}

function ambiguous(address: Address, name: string): FileProblem {
  return new FileProblem(
    "unsafe",
    addressText(address),
    `systemd passes several Unix sockets named '${name}'`,
    {
      mend: "give each socket unit a FileDescriptorName= of its own, the last part of its path",
    },
  );
}
