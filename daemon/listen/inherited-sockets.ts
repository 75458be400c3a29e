import { fstatSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { escapeShort } from "../../base/escape.ts";
import { FileProblem, systemCode } from "../../files/file-problem.ts";
import { takeVariables } from "../base/take-variables.ts";
import { BACKLOG } from "./listener.ts";

/** The first descriptor that is passed on (sd_listen_fds(3)). */
const FIRST_FD = 3;

/** More than any unit passes. */
const SOCKETS_MAX = 64;

const NAME_MAX_CHARS = 255;

/** Variables by which systemd tells of them. */
const OWN_VARIABLES = ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"] as const;

/** A descriptor on which somebody else listens already. */
export interface InheritedSocket {
  readonly fd: number;
  /** `FileDescriptorName=` of the socket unit; its own name where nothing is said */
  readonly name: string;
}

/**
 * The sockets that systemd has opened for this process (socket activation, sd_listen_fds(3)), and takes the variables
 * that tell of them out of the environment.
 *
 * @returns nothing where this process was not started in that way
 * @throws {@link FileProblem} for variables that no systemd would set
 */
export function takeInheritedSockets(env: NodeJS.ProcessEnv, pid: number): readonly InheritedSocket[] {
  const [fds, forPid, names] = takeVariables(env, OWN_VARIABLES);
  // Those of a process above this one, which forgot to take them out.
  if (fds === undefined || forPid !== String(pid)) return [];
  const count = /^[0-9]{1,4}$/.test(fds) ? Number(fds) : Number.NaN;
  if (!(count <= SOCKETS_MAX))
    throw bad("LISTEN_FDS", `a number up to ${SOCKETS_MAX} was expected, not '${escapeShort(fds, 40)}'`);
  const given = names === undefined ? [] : names.split(":");
  if (names !== undefined && given.length !== count)
    throw bad("LISTEN_FDNAMES", `${count} names were expected, not ${given.length}`);
  return Array.from({ length: count }, (_, i) => ({
    fd: FIRST_FD + i,
    name: escapeShort(given[i] ?? "unknown", NAME_MAX_CHARS),
  }));
}

/** A server on an inherited socket; it accepts nothing before somebody listens to its `connection`. */
export interface InheritedServer extends InheritedSocket {
  readonly server: Server;
  /** where a TCP socket listens; a Unix socket does not say */
  readonly tcp: { readonly address: string; readonly port: number } | undefined;
}

/** Takes up what was inherited. @throws {@link FileProblem} for a descriptor that is no listening stream socket */
export function serveInherited({ fd, name }: InheritedSocket): Promise<InheritedServer> {
  const wrong = (why: string, cause?: unknown): FileProblem =>
    new FileProblem("unsafe", `descriptor ${fd} ('${name}')`, why, {
      mend: "pass only ListenStream= sockets with Accept=no",
      cause,
    });
  return new Promise((resolve, reject) => {
    try {
      if (!fstatSync(fd).isSocket()) return reject(wrong("a listening socket was expected"));
    } catch (error) {
      return reject(wrong(`it is not open (${systemCode(error)})`, error));
    }
    const server = createServer({ noDelay: true });
    server.once("error", (error) =>
      reject(wrong(`nothing can be accepted from it (${systemCode(error)})`, error)),
    );
    server.listen({ fd, backlog: BACKLOG }, () => {
      server.removeAllListeners("error");
      const bound = server.address();
      const tcp =
        bound === null || typeof bound === "string"
          ? undefined
          : { address: bound.address, port: bound.port };
      resolve({ fd, name, server, tcp });
    });
  });
}

function bad(name: string, detail: string): FileProblem {
  return new FileProblem("malformed", `the environment variable ${name}`, detail, {
    mend: "start rpcd by its units, or without the variables LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES",
  });
}
