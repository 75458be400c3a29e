import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";

/** What is passed on in the place of a descriptor. */
export type Passed =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  /** what no socket unit of a daemon would pass */
  | { readonly kind: "closed" | "file" | "datagram" | "connected" };

export interface Activation {
  readonly sockets: readonly Passed[];
  /** `LISTEN_FDNAMES`; without it, there is no such variable */
  readonly names?: string;
  /** variables that are another's than they should be */
  readonly env?: Readonly<Record<string, string>>;
  /** It listens, and becomes the daemon only when there is a file `go` in the folder. */
  readonly waits?: boolean;
}

/**
 * Words that open sockets as systemd does (sd_listen_fds(3)) and become the program behind them. A Unix socket is seen at its
 * path only once it listens.
 */
export function activation(what: Activation): (folder: string) => readonly string[] {
  return (folder) => {
    const spec = JSON.stringify({ names: null, env: {}, waits: false, ...what, folder });
    // Nothing but the standard library is imported, and no cache is written.
    return [PYTHON, "-E", "-s", "-S", "-B", "-c", LAUNCHER, spec];
  };
}

/** The system's own starts faster than one that is found by a script. */
export const PYTHON = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

const LAUNCHER = `
import fcntl, json, os, socket, sys, time
what = json.loads(sys.argv[1])

def within(name):
    return os.path.join(what["folder"], name)

def opened(one):
    kind = one["kind"]
    if kind == "closed":
        return None
    if kind == "file":
        return os.open(within("policy.yaml"), os.O_RDONLY)
    if kind == "connected":
        return socket.socketpair()[0].detach()
    if kind == "datagram":
        made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        return made.detach()
    if kind == "unix":
        made = socket.socket(socket.AF_UNIX)
        made.bind(within("hidden"))
        os.chmod(within("hidden"), 0o600)
        made.listen(128)
        os.rename(within("hidden"), within(one["path"]))
        return made.detach()
    made = socket.socket(socket.AF_INET6 if ":" in one["host"] else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((one["host"], one["port"]))
    made.listen(128)
    return made.detach()

held = [opened(one) for one in what["sockets"]]
# Out of the way of the places to which they go; those above close by themselves.
held = [fd if fd is None else fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 200) for fd in held]
os.closerange(3, 200)
for place, fd in enumerate(held, 3):
    if fd is not None:
        os.dup2(fd, place)
while what["waits"] and not os.path.exists(within("go")):
    time.sleep(0.01)
os.environ.update({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(held))})
if what["names"] is not None:
    os.environ["LISTEN_FDNAMES"] = what["names"]
os.environ.update(what["env"])
os.execvp(sys.argv[2], sys.argv[2:])
`;

/** A TCP port on which nobody listens just now. */
export async function freePort(host = "127.0.0.1"): Promise<number> {
  const server = createServer().listen({ host, port: 0 });
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  server.close();
  await once(server, "close");
  return address.port;
}
