import type { Duplex } from "node:stream";
import { fingerprint } from "../certs/public-key.ts";
import type { Channel } from "../link/channel.ts";
import type { TlsServer } from "../link/tls.ts";
import { connectionsMax, hasRoomFor, readOwnLimits } from "./base/descriptors.ts";
import { LOCAL } from "./base/source.ts";
import type { Overview } from "./builtin/overview.ts";
import type { Config } from "./config/config.ts";
import type { RunningConfig } from "./config/running-config.ts";
import { FileLocks, type LockedFile } from "./listen/file-locks.ts";
import type { InheritedSocket } from "./listen/inherited-sockets.ts";
import { loadTls } from "./listen/listen.ts";
import { type Listener, secured } from "./listen/listener.ts";
import { Reception } from "./listen/reception.ts";
import type { ProcessLog } from "./log/log.ts";
import { type Arrived, Connection } from "./login/connection.ts";
import type { LoginCore } from "./login/login-core.ts";
import type { Telemetry } from "./run/core.ts";
import type { Connections } from "./session/connections.ts";
import { type Built, buildCore } from "./start/build-core.ts";
import { openDoors } from "./start/open-doors.ts";
import type { Prepared } from "./start/prepare.ts";
import type { Herald } from "./systemd/herald.ts";
import type { Changing } from "./systemd/status-file.ts";

/** How often what is open is held against the clock, in milliseconds. */
const SWEEP_MS = 500;

/** What a daemon that is a process of its own has around it; one within a program has none of it. */
interface DaemonSurroundings {
  readonly inherited?: readonly InheritedSocket[];
  readonly herald?: Herald;
}

/**
 * A daemon that listens.
 *
 *     start --> serving --drain--> draining --(last call done, or the time is over)--> stopped
 *                  +-----------------------stop------------------------------------------^
 */
export class Daemon {
  readonly #core: LoginCore;
  readonly #telemetry: Telemetry;
  readonly #connections: Connections;
  readonly #overview: Overview;
  readonly #running: RunningConfig;
  readonly #reception: Reception;
  readonly #herald: Herald | undefined;
  readonly #locks: FileLocks;
  #listeners: readonly Listener[] = [];
  #metrics: Listener | undefined;
  #tls: Promise<TlsServer> | undefined;
  #stopping: Promise<void> | undefined;
  /** What has come to the end of its time ends within a second. */
  readonly #sweep: NodeJS.Timeout;

  private constructor(
    { core, telemetry, connections, admission, overview, running }: Built,
    herald: Herald | undefined,
    locks: FileLocks,
  ) {
    this.#locks = locks;
    this.#core = core;
    this.#telemetry = telemetry;
    this.#connections = connections;
    this.#overview = overview;
    this.#running = running;
    this.#herald = herald;
    this.#sweep = setInterval(
      () => connections.recheck(core.keeper.policy, core.clock.wallMs()),
      SWEEP_MS,
    ).unref();
    const most = connectionsMax(readOwnLimits());
    this.#reception = new Reception(
      core,
      admission,
      (opening, isLocal) => hasRoomFor(connections.size + opening, most, isLocal),
      (channel, arrived) => this.#connected(channel, arrived),
    );
  }

  /**
   * Locks its files, opens the audit log, then the listeners; when it returns, clients can log in.
   *
   * @throws FileProblem; nothing is left open then
   */
  static async start(
    config: Config,
    prepared: Prepared,
    log: ProcessLog,
    { inherited = [], herald }: DaemonSurroundings = {},
  ): Promise<Daemon> {
    // First of all: a daemon that is refused here has touched nothing of the other's.
    const locks = await FileLocks.take(lockedFiles(config, herald !== undefined), log);
    let daemon: Daemon;
    try {
      daemon = new Daemon(
        buildCore(config, prepared, log, {
          begun: () => daemon.#herald?.reading(daemon.#changing()),
          ended: () => daemon.#tell(),
        }),
        herald,
        locks,
      );
    } catch (error) {
      await locks.release();
      throw error;
    }
    try {
      const doors = await openDoors(daemon.#core, daemon.#overview, inherited, {
        arrived: (arrival) => daemon.#reception.receive(arrival),
        failed: (error) => log.error("a connection could not be accepted", { error }),
      });
      daemon.#listeners = doors.listeners;
      daemon.#metrics = doors.metrics;
    } catch (error) {
      clearInterval(daemon.#sweep);
      daemon.#overview.close();
      daemon.#telemetry.audit.close();
      await locks.release();
      throw error;
    }
    for (const { address } of daemon.#listeners) log.info("listening", { address });
    if (daemon.#metrics !== undefined) log.info("serving metrics", { address: daemon.#metrics.address });
    // First: whoever waits for the line may look for the status file then.
    daemon.#tell();
    log.info("ready", {
      host_key: fingerprint(prepared.hostKey.publicKey),
      methods: prepared.registry.catalogue.size,
      policy: prepared.policy.hash,
    });
    return daemon;
  }

  /** What is open, and what runs: a test counts what is left. */
  get counts(): Readonly<
    Record<"connections" | "places" | "deadlines" | "principals" | "bytes" | "works", number> &
      Connections["counts"]
  > {
    return {
      ...this.#connections.counts,
      connections: this.#connections.size,
      places: this.#reception.places,
      deadlines: this.#core.deadlines.pending,
      principals: this.#core.loads.size,
      bytes: this.#core.loads.cost,
      works: this.#core.calls.scheduler.waiting,
    };
  }

  /** Reads its files again. @returns whether they are in force now; if not, the log says why */
  async reload(): Promise<boolean> {
    return (await this.#core.keeper.reload()) === undefined;
  }

  /** The addresses it listens on, with the ports that it got. */
  get addresses(): readonly string[] {
    return this.#listeners.map(({ address }) => address);
  }

  /**
   * Serves a peer at the other end of any stream, which it owns from here on: TLS is spoken over it, and the
   * policy's word for it is `stream`.
   */
  async serve(stream: Duplex): Promise<void> {
    // From birth: it may fail while TLS is loaded.
    stream.on("error", () => undefined);
    this.#tls ??= loadTls();
    const tls = await this.#tls;
    if (this.#stopping === undefined)
      this.#reception.receive(secured(tls, stream, { source: LOCAL, address: undefined, via: "stream" }));
    else stream.destroy();
  }

  /**
   * Accepts no more, lets what runs finish within the configured time, then stops. Asking twice is asking
   * once.
   */
  drain(): Promise<void> {
    if (this.#stopping === undefined) {
      this.#stopping = this.#drain();
      this.#tell();
    }
    return this.#stopping;
  }

  /** Stops at once: what runs is answered `unavailable`, outcome `unknown`. */
  stop(): Promise<void> {
    const stopped = this.drain();
    this.#connections.close("done");
    return stopped;
  }

  /** Says to those around it how it is. */
  #tell(): void {
    if (this.#stopping === undefined) this.#herald?.serving(this.#changing());
    else this.#herald?.stopping(this.#changing(), this.#core.config.drainTimeoutMs);
  }

  #changing(): Changing {
    const { hash, generation, refused, reloadsBegun, reloads } = this.#core.keeper.status;
    return {
      state: this.#stopping === undefined ? "serving" : "stopping",
      listen: this.addresses,
      policy: hash,
      generation,
      reloadsBegun,
      reloads,
      refused: refused?.problems,
      waiting: this.#running.waiting,
    };
  }

  async #drain(): Promise<void> {
    this.#telemetry.log.info("stopping", { connections: this.#connections.size });
    const closed = this.#listeners.map((listener) => listener.close());
    this.#reception.close();
    const late = this.#core.deadlines.start(this.#core.config.drainTimeoutMs, () => {
      this.#connections.close("late");
    });
    this.#connections.drain();
    await Promise.all(closed);
    await this.#connections.allGone();
    this.#core.deadlines.stop(late);
    clearInterval(this.#sweep);
    await this.#metrics?.close();
    this.#overview.close();
    this.#core.keeper.close();
    this.#telemetry.strangers.close();
    this.#telemetry.failures.close();
    this.#telemetry.tally.close();
    this.#telemetry.audit.close();
    this.#herald?.close();
    await this.#locks.release();
    this.#telemetry.log.info("stopped");
  }

  #connected(channel: Channel, arrived: Arrived): void {
    const connection = new Connection(this.#core, channel, arrived, () => this.#connections.gone(connection));
    this.#connections.add(connection);
  }
}

/** What no other daemon may write. @param tells - whether there is a status file */
function lockedFiles({ audit, statusFile }: Config, tells: boolean): readonly LockedFile[] {
  const log: LockedFile = { path: audit, option: "audit", isOptional: false };
  return tells ? [log, { path: statusFile, option: "status_file", isOptional: true }] : [log];
}
