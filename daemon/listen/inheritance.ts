import { lstatSync } from "node:fs";
import { isIP, type Server } from "node:net";
import { basename } from "node:path";
import { escapeText } from "../../base/escape.ts";
import { FileProblem } from "../../files/file-problem.ts";
import { addressText } from "../../link/address.ts";
import { type InheritedServer, type InheritedSocket, serveInherited } from "./inherited-sockets.ts";

/** Where something of the configuration wants to listen. */
export type ListenerPlace = (
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
) & {
  /** the option that has it */
  readonly option: "listen" | "metrics";
  /** the address as a text: two places have two */
  readonly text: string;
};

/**
 * The sockets that systemd has opened, each for one place of the configuration. Every place must be among them, and each must
 * be a place: an address that nobody reaches, or a socket that nobody answers, would be found out much later.
 */
export class Inheritance {
  readonly #servers: ReadonlyMap<string, Server>;

  private constructor(servers: ReadonlyMap<string, Server>) {
    this.#servers = servers;
  }

  /**
   * Takes them up. Whoever opens it asks for all servers before it waits for anything: what is accepted before somebody listens to
   * `connection` is lost.
   *
   * @throws {@link FileProblem}; nothing is left open then
   */
  static async open(
    sockets: readonly InheritedSocket[],
    places: readonly ListenerPlace[],
  ): Promise<Inheritance> {
    const servers: InheritedServer[] = [];
    try {
      for (const socket of sockets) servers.push(await serveInherited(socket));
      return new Inheritance(pair(places, servers));
    } catch (error) {
      await Promise.all(servers.map(({ server }) => closed(server)));
      throw error;
    }
  }

  /** The server of one of the places that it was opened for. */
  serverOf({ text }: Pick<ListenerPlace, "text">): Server {
    const server = this.#servers.get(text);
    if (server === undefined) throw new Error(`no place is ${text}`);
    return server;
  }

  /** Closes all of them. */
  async close(): Promise<void> {
    await Promise.all([...this.#servers.values()].map(closed));
  }
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/**
 * Which socket is which place. A TCP socket says where it listens. A Unix socket does not say it across the border of a private
 * network: it is known by being the only one, or by its name (`FileDescriptorName=`), the last part of the path. One that was
 * taken for another is of no use to anybody: the login is bound to the file at the path. Those that say most go first, whatever
 * their order in the file: a host name takes what no address has taken.
 */
function pair(
  places: readonly ListenerPlace[],
  servers: readonly InheritedServer[],
): ReadonlyMap<string, Server> {
  const free = new Set(servers);
  // With one of each there is nothing to be mistaken for another.
  const needsName =
    servers.filter(({ tcp }) => tcp === undefined).length > 1 ||
    places.filter(({ kind }) => kind === "unix").length > 1;
  const pairs = new Map<string, Server>();
  for (const place of places.toSorted((one, other) => vagueness(one) - vagueness(other))) {
    const fitting = [...free].filter((server) => fits(place, server));
    const [found, another] =
      place.kind === "unix" && needsName
        ? fitting.filter(({ name }) => name === basename(place.path))
        : fitting;
    if (found === undefined) throw notPassed(place, needsName);
    if (place.kind === "unix") {
      if (another !== undefined) throw ambiguous(place, another.name);
      needSocketAt(place.path);
    }
    free.delete(found);
    pairs.set(place.text, found.server);
  }
  const [left] = free;
  if (left !== undefined) throw unclaimed(left);
  return pairs;
}

const LOOPBACK = /^(?:127\.|::1$)/;

function vagueness(place: ListenerPlace): number {
  return place.kind === "tcp" && isIP(place.host) === 0 ? 1 : 0;
}

function fits(place: ListenerPlace, { tcp }: InheritedServer): boolean {
  if (place.kind === "unix") return tcp === undefined;
  if (tcp === undefined || tcp.port !== place.port) return false;
  if (isIP(place.host) !== 0) return canonicalHost(place.host) === canonicalHost(tcp.address);
  // A host name may stand for any address of this host, but for the one that says: from this host only.
  return place.host.toLowerCase() !== "localhost" || LOOPBACK.test(tcp.address);
}

/** IPv6 has many texts for one address: the URL parser knows the one. */
function canonicalHost(host: string): string {
  return isIP(host) === 6 ? new URL(`tcp://[${host}]`).hostname : host;
}

/** Clients look for it there, and the login is bound to what they find. @throws {@link FileProblem} */
function needSocketAt(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true) return;
  throw new FileProblem("not_found", path, "systemd passes a Unix socket, and there is none at this path", {
    mend: "have the configuration and the ListenStream= of the socket unit name the same path",
  });
}

function notPassed({ option, text, ...where }: ListenerPlace, needsName: boolean): FileProblem {
  const says = `'${option}' has this address, and systemd passes no`;
  const mend = (lines: string): { readonly mend: string } => ({
    mend: escapeText(
      `${lines} in the socket unit (systemctl edit rpcd.socket), or take it out of '${option}'`,
    ),
  });
  if (where.kind === "tcp")
    return new FileProblem("unsafe", text, `${says} such socket`, mend(`ListenStream=${socketText(where)}`));
  const name = basename(where.path);
  const named = needsName ? ` named '${escapeText(name)}'` : "";
  const lines = `ListenStream=${where.path}${needsName ? ` and FileDescriptorName=${name}` : ""}`;
  return new FileProblem("unsafe", text, `${says} Unix socket${named}`, mend(lines));
}

function ambiguous({ text }: ListenerPlace, name: string): FileProblem {
  return new FileProblem("unsafe", text, `systemd passes several Unix sockets named '${name}'`, {
    mend: "give each socket unit a FileDescriptorName= of its own, the last part of its path",
  });
}

function unclaimed({ fd, name, tcp }: InheritedServer): FileProblem {
  const place = tcp === undefined ? name : addressText({ kind: "tls", host: tcp.address, port: tcp.port });
  const detail = `systemd passes descriptor ${fd} ('${name}'), and neither 'listen' nor 'metrics' has such an address`;
  return new FileProblem("exists", place, detail, {
    mend: "name it in one of them, or take its ListenStream= out of the socket unit",
  });
}

/** As a socket unit has it. */
function socketText({ host, port }: { readonly host: string; readonly port: number }): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}
