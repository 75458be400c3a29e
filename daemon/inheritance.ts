import { isIP, type Server } from "node:net";
import { basename } from "node:path";
import { FileProblem } from "../certs/file-problem.ts";
import { type InheritedServer, type InheritedSocket, serveInherited } from "./inherited-sockets.ts";

/** Where something of the configuration wants to listen. */
export type Place = (
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
) & {
  /** the option, and the address as it stands there */
  readonly option: "listen" | "metrics";
  readonly text: string;
};

/**
 * The sockets that systemd has opened, each for one place of the configuration. Every place must be among them, and they must
 * all be claimed: an address that nobody reaches, or a socket that nobody answers, would be found out much later.
 */
export class Inheritance {
  readonly #servers: readonly InheritedServer[];
  readonly #free: Set<InheritedServer>;

  private constructor(servers: readonly InheritedServer[]) {
    this.#servers = servers;
    this.#free = new Set(servers);
  }

  /**
   * Takes them up. From here to the last claim nothing may wait: what is accepted before its place is known is lost.
   *
   * @throws {@link FileProblem}; nothing is left open then
   */
  static async open(sockets: readonly InheritedSocket[]): Promise<Inheritance> {
    const servers: InheritedServer[] = [];
    try {
      for (const socket of sockets) servers.push(await serveInherited(socket));
      return new Inheritance(servers);
    } catch (error) {
      await closeAll(servers);
      throw error;
    }
  }

  /**
   * The server of a place. A TCP socket says where it listens. A Unix socket does not say it across the border of a private
   * network: it is known by being the only one, or by its name (`FileDescriptorName=`), the last part of the path. One that was
   * taken for another is of no use to anybody: the login is bound to the file at the path.
   *
   * @throws {@link FileProblem} where it was not passed
   */
  claim(place: Place): Server {
    const fitting = [...this.#free].filter((server) => fits(place, server));
    const [found] =
      place.kind === "tcp" || fitting.length === 1
        ? fitting
        : fitting.filter(({ name }) => name === basename(place.path));
    if (found === undefined) throw notPassed(place, fitting.length);
    this.#free.delete(found);
    return found.server;
  }

  /** Says that all claims are made. @throws {@link FileProblem} for a socket that nothing claims */
  settle(): void {
    const [left] = this.#free;
    if (left === undefined) return;
    const { fd, name } = left;
    const detail = `systemd passes descriptor ${fd} ('${name}'), and 'listen' has no such address`;
    throw new FileProblem("exists", placeOf(left), detail, {
      mend: "name it in 'listen', or take its ListenStream= out of the socket unit",
    });
  }

  /** Closes all of them. */
  close(): Promise<void> {
    return closeAll(this.#servers);
  }
}

async function closeAll(servers: readonly InheritedServer[]): Promise<void> {
  await Promise.all(servers.map(({ server }) => new Promise((resolve) => server.close(resolve))));
}

function fits(place: Place, { tcp }: InheritedServer): boolean {
  if (place.kind === "unix") return tcp === undefined;
  if (tcp === undefined || tcp.port !== place.port) return false;
  // A host name may stand for any address of this host.
  return isIP(place.host) === 0 || canonicalHost(place.host) === canonicalHost(tcp.address);
}

/** IPv6 has many texts for one address: the URL parser knows the one. */
function canonicalHost(host: string): string {
  return isIP(host) === 6 ? new URL(`tcp://[${host}]`).hostname : host;
}

function placeOf({ tcp, name }: InheritedServer): string {
  return tcp === undefined ? name : socketText({ host: tcp.address, port: tcp.port });
}

/** As a socket unit has it. */
function socketText({ host, port }: { readonly host: string; readonly port: number }): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

function notPassed(place: Place, candidates: number): FileProblem {
  const { option, text } = place;
  if (place.kind === "unix" && candidates > 1) {
    const name = basename(place.path);
    const detail = `systemd passes ${candidates} Unix sockets, and none is named '${name}'`;
    return new FileProblem("unsafe", text, detail, {
      mend: `FileDescriptorName=${name} in the socket unit of ${place.path}`,
    });
  }
  const stream = place.kind === "unix" ? place.path : socketText(place);
  return new FileProblem("unsafe", text, `'${option}' has this address, and systemd passes no such socket`, {
    mend: `ListenStream=${stream} in the socket unit (systemctl edit rpcd.socket), or take it out of '${option}'`,
  });
}
