import assert from "node:assert/strict";
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createConnection, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text as allText } from "node:stream/consumers";
import { describe } from "node:test";
import { fileURLToPath } from "node:url";
import type { PrivateKey, PublicKey } from "../../certs/ed25519.ts";
import { createKeyFiles, loadPrivateKeyFile } from "../../certs/private-key-file.ts";
import { fingerprint, formatPublicKey } from "../../certs/public-key.ts";
import { type ConnectOptions, connect } from "../../client/index.ts";
import type { Rpc } from "../../client/rpc.ts";
import { BOUND_MS, until } from "./failure.ts";
import { tempFolder } from "./temp-folder.ts";

/** The root of the package: the tests lie in its dist/test/ROOM. */
export const PACKAGE = fileURLToPath(new URL("../../..", import.meta.url));
export const RPCD = join(PACKAGE, "dist/daemon/main.js");
export const RPCCTL = join(PACKAGE, "dist/rpcctl/main.js");
/** The flags that stand in the first line of both programs. */
export const NODE_FLAGS = ["--disallow-code-generation-from-strings", "--disable-proto=delete"];

/** What a test's daemon is to be; the rest is as `rpcd init` would have it. */
export interface DaemonSetup {
  /** the text of a service module; without one, the methods of {@link SERVICE} */
  readonly service?: string;
  /** the part of the policy from `grants:` on */
  readonly grants?: string;
  /** lines under `identities:` beside the tester's */
  readonly identities?: string;
  /** where it listens, as the configuration takes it; without it, on one address of each kind */
  readonly listen?: string;
  /** lines of the configuration beside those that the test needs */
  readonly config?: string;
  /** words in front of node's: what limits the process, or passes sockets on to it, and becomes it */
  readonly launch?: (folder: string) => readonly string[];
  /** variables beside the test's own */
  readonly env?: Readonly<Record<string, string>>;
  /** where its standard output goes; without it, to the test, which waits for its first words there */
  readonly stdout?: number;
}

/** How a daemon ended that would not start. */
export interface Refusal {
  readonly code: number | null;
  readonly said: string;
  /** what is in its folder then */
  readonly left: readonly string[];
}

export const SERVICE = `
import { existsSync } from "node:fs";
import { defineService, method, param, RpcFault, z } from "rpcd/service";
const any = z.any();
let running = 0;
const gates = new Map();
/** One look at a file for all that wait for it. */
const gate = (file) => {
  if (!gates.has(file)) gates.set(file, new Promise((resolve) => { const look = setInterval(() => { if (existsSync(file)) { clearInterval(look); gates.delete(file); resolve(); } }, 5); }));
  return gates.get(file);
};
let kept = null;
let large = 0;
export default defineService({
  add: method({ doc: "Adds.", params: [param("a", z.int()), param("b", z.int())], returns: z.int(), effect: "read", idempotent: true, run: ({ a, b }) => a + b }),
  echo: method({ params: [param("value", any)], run: ({ value }) => value }),
  // Gives back what it was given by the call before: kept, not copied.
  before: method({ params: [param("value", any)], run: ({ value }) => { const last = kept; kept = value; return last; } }),
  large: method({ params: [], run: () => { large++; return "x".repeat(1_000_000); } }),
  madeLarge: method({ params: [], run: () => large }),
  deadline: method({ params: [], run: (_args, ctx) => ctx.deadlineMs - Date.now() }),
  nothing: method({ params: [], run: () => {} }),
  // Runs until it is stopped, and counts how many do.
  hang: method({ params: [], run: (_args, ctx) => { running++; return new Promise((_resolve, reject) => ctx.signal.addEventListener("abort", () => { running--; reject(ctx.signal.reason); })); } }),
  // Runs for so long, whatever happens to its caller.
  stubborn: method({ params: [param("ms", z.int())], run: ({ ms }) => { running++; return new Promise((resolve) => setTimeout(() => { running--; resolve(ms); }, ms)); } }),
  // Runs until there is a file of this name, whatever happens to its caller.
  held: method({ params: [param("file", z.string())], run: async ({ file }) => { running++; await gate(file); running--; return file; } }),
  running: method({ params: [], run: () => running }),
  fail: method({ params: [], run: () => { throw new Error("the secret reason"); } }),
  fault: method({ params: [param("reason", z.string())], errors: { full: z.object({ free: z.int() }) }, run: ({ reason }) => { throw new RpcFault("failed_precondition", "the disk is full", { reason, data: { free: 0 } }); } }),
  liar: method({ params: [], returns: z.int(), run: () => "no number" }),
  wrong: method({ params: [param("kind", z.string())], run: ({ kind }) => ({ error: () => new Error("x"), map: () => new Map(), fn: () => () => 1, big: () => 2n ** 65n, cycle: () => { const c = []; c.push(c); return c; }, half: () => "\\ud800", proxy: () => new Proxy({}, {}), huge: () => "x".repeat(2 ** 21) })[kind]() }),
  secret: method({ params: [param("a", any)], run: () => "never" }),
});
`;

export const GRANTS = `
grants:
  all-but-secret:
    to: caller
    call: ["**"]
    except: secret
    args: any
`;

/** Every kind of listener; each test's daemon has one of each. */
export const KINDS = ["unix", "unix+tls", "tls"] as const;
export type ListenerKind = (typeof KINDS)[number];

const TRANSPORTS = process.env["RPCD_TRANSPORTS"] ?? "unix";

/**
 * The kinds that whole suites run over. `npm test` takes one, since above the socket all kinds have the same code; `.ci/run` takes all
 * of them (RPCD_TRANSPORTS, one of them or `all`).
 */
export const OVER = KINDS.filter((kind) => TRANSPORTS === "all" || TRANSPORTS === kind);

/** A suite for each kind of listener, beside each other: what they do most is to wait. */
export function overEach(what: string, suite: (over: ListenerKind) => void): void {
  describe(what, { concurrency: OVER.length }, () => {
    for (const over of OVER) describe(`over ${over}`, { concurrency: false }, () => suite(over));
  });
}

/** Lines of a configuration under which a test may open as many connections as it likes. */
export const WIDE_OPEN = `max_startups: "10000:30:10000"
max_startups_local: "10000:30:10000"
max_startups_per_source: 10000
max_connections_per_principal: 10000
denied_calls_burst: 1000000
`;

/** A real daemon in a process of its own, with one client key. */
export class TestDaemon {
  readonly folder: string;
  readonly address: string;
  readonly socket: string;
  readonly identity: PrivateKey;
  readonly hostKey: string;
  readonly #remove: () => void;
  readonly #lines: string[] = [];
  readonly #line = new EventEmitter();
  readonly #setup: DaemonSetup;
  #process: ChildProcess;
  #exit: Promise<number | null>;
  #isStopping = false;

  private constructor(folder: string, remove: () => void, hostKey: string, setup: DaemonSetup) {
    this.folder = folder;
    this.#setup = setup;
    this.socket = join(folder, "rpcd.sock");
    this.address = `unix:${this.socket}`;
    this.identity = loadPrivateKeyFile(join(folder, "client_key")).key;
    this.hostKey = hostKey;
    this.#remove = remove;
    this.#process = run(folder, setup);
    this.#exit = Promise.resolve(null);
  }

  static async start(setup: DaemonSetup = {}): Promise<TestDaemon> {
    const { path, remove } = tempFolder();
    const hostKey = await writeState(path, setup);
    const daemon = new TestDaemon(path, remove, hostKey, setup);
    await daemon.#ready();
    return daemon;
  }

  /** Starts one, uses it, and has it end in good order; where the use fails, at once. */
  static async during(setup: DaemonSetup, use: (daemon: TestDaemon) => Promise<void>): Promise<void> {
    const daemon = await TestDaemon.start(setup);
    try {
      await use(daemon);
    } catch (error) {
      daemon.signal("SIGKILL");
      await daemon.stop();
      throw error;
    }
    assert.equal(await daemon.stop(), 0);
  }

  /** Starts one that is to refuse to start. */
  static async refused(setup: DaemonSetup): Promise<Refusal> {
    const { path, remove } = tempFolder();
    await writeState(path, setup);
    const child = run(path, setup);
    const [[code], out, err] = await Promise.all([
      once(child, "exit"),
      allText(child.stdout ?? assert.fail("no pipe")),
      allText(child.stderr ?? assert.fail("no pipe")),
    ]);
    const left = readdirSync(path);
    remove();
    return { code: code as number | null, said: out + err, left };
  }

  get pid(): number {
    return this.#process.pid ?? assert.fail("no process");
  }

  /** Its address of that kind. */
  at(kind: ListenerKind): string {
    if (kind === "unix") return this.address;
    if (kind === "unix+tls") return `unix+tls:${join(this.folder, "tls.sock")}`;
    const listening = this.#lines.findLast((line) => line.includes('"address":"tls://'));
    return String(JSON.parse(listening ?? assert.fail("no TLS port"))["address"]);
  }

  /** The lines of its log so far. */
  get log(): readonly string[] {
    return this.#lines;
  }

  /** The next line of its log with this text. It fails where none comes within a bound, with the last lines that came. */
  nextLine(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const settle = (then: () => void): void => {
        clearTimeout(late);
        this.#line.off("line", look);
        then();
      };
      const look = (line: string): void => {
        if (line.includes(text)) settle(() => resolve(line));
      };
      const late = setTimeout(() => {
        const last = this.#lines.slice(-10).join("\n");
        settle(() =>
          reject(new Error(`no line with '${text}' within ${BOUND_MS / 1000} s; the last:\n${last}`)),
        );
      }, BOUND_MS);
      this.#line.on("line", look);
    });
  }

  /**
   * Puts another policy in the place of the one that it has, which it does not read by itself.
   *
   * @param grants - the part from `grants:` on
   */
  writePolicy(grants: string, identities: string = this.#setup.identities ?? ""): void {
    const { publicKey } = this.identity;
    writeFileSync(join(this.folder, "policy.yaml"), policyText(publicKey, grants, identities), {
      mode: 0o600,
    });
  }

  /** Has it read its policy by a signal. @returns whether it is in force now */
  async reload(): Promise<boolean> {
    const said = this.nextLine("the policy ");
    this.signal("SIGHUP");
    return (await said).includes("the policy was reloaded");
  }

  /** The lines of its audit log so far. */
  get audit(): readonly Readonly<Record<string, unknown>>[] {
    const text = readFileSync(join(this.folder, "audit.jsonl"), "utf8");
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  }

  connect(options: Partial<ConnectOptions> = {}, kind: ListenerKind = "unix"): Promise<Rpc> {
    return connect(this.at(kind), {
      identity: this.identity,
      hostKeyFingerprints: [this.hostKey],
      ...options,
    });
  }

  /** Starts it again, after it has ended, on the folder as it is now. */
  async restart(): Promise<void> {
    this.#process = run(this.folder, this.#setup);
    this.#isStopping = false;
    await this.#ready();
  }

  /** Nobody reads its log any longer. */
  closeLog(): void {
    this.#process.stdout?.destroy();
  }

  signal(signal: NodeJS.Signals): void {
    if (signal === "SIGTERM" || signal === "SIGINT") this.#isStopping = true;
    this.#process.kill(signal);
  }

  /** Its exit code, once it has ended. */
  exited(): Promise<number | null> {
    return this.#exit;
  }

  /** What the method `held` waits for, and how to have it end. */
  gate(name = "gate"): { readonly file: string; open(): void } {
    const file = join(this.folder, name);
    return { file, open: () => writeFileSync(file, "") };
  }

  /** Stops it with SIGTERM and removes its folder. @returns the exit code */
  async stop(): Promise<number | null> {
    // One that ends already is waited for: a signal while node is taken down would end it in place of that.
    const { exitCode, signalCode } = this.#process;
    if (exitCode === null && signalCode === null && !this.#isStopping) this.signal("SIGTERM");
    const code = await this.#exit;
    this.#remove();
    return code;
  }

  async #ready(): Promise<void> {
    const { stdout, stderr } = this.#process;
    if (stderr === null) throw new Error("the daemon has no pipes");
    this.#exit = once(this.#process, "exit").then(([code]) => code as number | null);
    createInterface({ input: stderr }).on("line", (line) => this.#lines.push(line));
    const ready = new Promise<boolean>((resolve) => {
      void this.#exit.then(() => resolve(false));
      if (stdout === null) void until(() => isListening(this.socket)).then(() => resolve(true));
      else
        createInterface({ input: stdout }).on("line", (line) => {
          this.#lines.push(line);
          this.#line.emit("line", line);
          if (line.includes('"msg":"ready"')) resolve(true);
        });
    });
    assert.equal(await ready, true, `the daemon did not start: ${this.#lines.join("\n")}`);
  }
}

/** A connected socket to a server on a TCP port. */
export async function dialled(server: Server): Promise<Socket> {
  const address = server.address();
  if (address === null || typeof address === "string") return assert.fail("no port");
  const socket = createConnection({ host: "127.0.0.1", port: address.port });
  await once(socket, "connect");
  return socket;
}

/** Whether somebody accepts connections there. */
function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}

function run(folder: string, { launch, env, stdout }: RunSetup): ChildProcess {
  const rpcd = [process.execPath, ...NODE_FLAGS, RPCD, "--config", join(folder, "rpcd.yaml")];
  const [program = "", ...words] = [...(launch?.(folder) ?? []), ...rpcd];
  const stdio: StdioOptions = ["ignore", stdout ?? "pipe", "pipe"];
  return spawn(program, words, { stdio, env: { ...process.env, ...env } });
}

type RunSetup = Pick<DaemonSetup, "launch" | "env" | "stdout">;

const LISTEN = "[unix:rpcd.sock, unix+tls:tls.sock, 'tls://127.0.0.1:0']";

/** @returns the fingerprint of the host key */
async function writeState(
  folder: string,
  { service = SERVICE, grants = GRANTS, identities = "", config = "", listen = LISTEN }: DaemonSetup,
): Promise<string> {
  const hostKey = await createKeyFiles(join(folder, "host_key"), "host");
  const client = await createKeyFiles(join(folder, "client_key"), "client");
  mkdirSync(join(folder, "node_modules"), { mode: 0o700 });
  symlinkSync(PACKAGE, join(folder, "node_modules", "rpcd"));
  const write = (name: string, text: string): void =>
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  write("service.mjs", service);
  write("policy.yaml", policyText(client, grants, identities));
  write(
    "rpcd.yaml",
    `services: [service.mjs]\nlog_format: json\nlog_level: debug\nlisten: ${listen}\n${config}`,
  );
  return fingerprint(hostKey);
}

function policyText(client: PublicKey, grants: string, identities: string): string {
  const tester = `  tester:\n    keys: ["${formatPublicKey(client)}"]\n    roles: [caller]\n`;
  return `policy: 1\nroles:\n  caller:\n  admin:\nidentities:\n${tester}${identities}${grants}`;
}
