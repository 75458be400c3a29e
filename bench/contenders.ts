import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Child, Children } from "./children.ts";
import type { Answer, Job, Timing } from "./jobs.ts";
import { builtPath, programWords, sourcePath } from "./places.ts";
import { ECHO_BYTES, FLIGHT_DEPTH } from "./plan.ts";
import { makeState } from "./rpcd/state.ts";

export type ContenderName = "floor" | "rpcd" | "pickle" | "rpyc";
export type Transport = "unix" | "tls";

/** A server process, and where it listens. */
export interface Server {
  readonly name: ContenderName;
  readonly process: Child;
  readonly addresses: Readonly<Record<Transport, string | undefined>>;
  /** its files; the socket is in it */
  readonly folder: string;
  /** starts a client process for one of the addresses */
  connect(transport: Transport): Contender;
}

/** A server and a client process for it. */
export class Contender {
  readonly name: ContenderName;
  readonly transport: Transport;
  readonly serverPid: number;
  readonly #client: Child;

  constructor(server: Pick<Server, "name" | "process">, transport: Transport, client: Child) {
    this.name = server.name;
    this.transport = transport;
    this.serverPid = server.process.pid;
    this.#client = client;
  }

  /** Has the client do a job. @throws what the client says went wrong: a wrong answer, say */
  async ask(job: Job): Promise<Timing | undefined> {
    this.#client.write(JSON.stringify(job));
    const answer: Answer = JSON.parse(await this.#client.next());
    if ("failed" in answer) throw new Error(`${this.name} over ${this.transport}: ${answer.failed}`);
    return answer.done === true ? undefined : answer.done;
  }

  end(): Promise<void> {
    return this.#client.end();
  }
}

/** What a server and its clients are started with beside the usual. */
export interface NodeFlags {
  /** for the servers and the clients of rpcd and the floor: --expose-gc, say */
  readonly node?: readonly string[];
}

export async function startFloor(
  children: Children,
  folder: string,
  { node = [] }: NodeFlags = {},
): Promise<Server> {
  const path = join(folder, "floor.sock");
  const server = children.start(process.execPath, [...node, builtPath("bench/floor/server.js"), path], {
    endsBy: "input",
  });
  const addresses = await listening(server);
  return serverOf({ name: "floor", process: server, addresses, folder }, (address) =>
    children.start(process.execPath, [...node, builtPath("bench/floor/client.js"), address], {
      endsBy: "input",
    }),
  );
}

/** @param folder - is made; two daemons do not share one */
export async function startRpcd(
  children: Children,
  folder: string,
  { node = [] }: NodeFlags = {},
): Promise<Server> {
  const { config } = await makeState(children, folder);
  const words = [...node, ...programWords(builtPath("daemon/main.js")), "--config", config];
  const server = children.start(process.execPath, words, { endsBy: "SIGTERM" });
  const addresses = await listening(server);
  return serverOf({ name: "rpcd", process: server, addresses, folder }, (address) =>
    children.start(process.execPath, [...node, builtPath("bench/rpcd/client.js"), address, folder], {
      endsBy: "input",
    }),
  );
}

/** The version of a Python that can run the recipe; nothing where this machine has none. */
export function pythonVersion(): string | undefined {
  const script = "import multiprocessing.connection, platform; print(platform.python_version())";
  const { stdout, status } = spawnSync("python3", ["-c", script], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

export async function startPickle(children: Children, folder: string): Promise<Server> {
  const path = join(folder, "pickle.sock");
  const authkey = randomBytes(32).toString("hex");
  const server = children.start("python3", [sourcePath("bench/pickle/server.py"), path, authkey], {
    endsBy: "SIGTERM",
  });
  const addresses = await listening(server);
  return serverOf({ name: "pickle", process: server, addresses, folder }, () => {
    const words = [path, authkey, String(ECHO_BYTES), String(FLIGHT_DEPTH)];
    return children.start("python3", [sourcePath("bench/pickle/client.py"), ...words], { endsBy: "input" });
  });
}

function serverOf(started: Omit<Server, "connect">, client: (address: string) => Child): Server {
  const server: Server = {
    ...started,
    connect: (transport) => {
      const address = started.addresses[transport];
      if (address === undefined) throw new Error(`${started.name} does not listen on ${transport}`);
      return new Contender(server, transport, client(address));
    },
  };
  return server;
}

/** Reads a server's log until it is ready: where it listens stands there. */
export async function listening(server: Child): Promise<Server["addresses"]> {
  const found: string[] = [];
  for (;;) {
    const line: { readonly msg?: string; readonly address?: string } = JSON.parse(await server.next());
    if (line.msg === "listening" && line.address !== undefined) found.push(line.address);
    if (line.msg !== "ready") continue;
    const at = (scheme: string): string | undefined => found.find((address) => address.startsWith(scheme));
    return { unix: at("unix:"), tls: at("tls:") };
  }
}
