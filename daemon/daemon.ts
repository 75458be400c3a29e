import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { systemClock } from "../base/clock.ts";
import { fingerprint } from "../base/public-key.ts";
import type { Channel } from "../link/channel.ts";
import { Deadlines } from "../link/deadlines.ts";
import type { TlsServer } from "../link/tls.ts";
import type { Policy } from "../policy/index.ts";
import { BOOT_ID_BYTES } from "../wire/login-message.ts";
import { Admission } from "./admission.ts";
import { AuditWriter } from "./audit-writer.ts";
import { CallTally } from "./call-tally.ts";
import type { Config } from "./config.ts";
import { type Arrived, Connection } from "./connection.ts";
import type { Core } from "./core.ts";
import { DeniedCalls } from "./denied-calls.ts";
import { connectionsMax, readOwnLimits } from "./descriptors.ts";
import { Dispatch } from "./dispatch.ts";
import { Gate } from "./gate.ts";
import { GrantMeters } from "./grant-meters.ts";
import type { Herald } from "./herald.ts";
import type { InheritedSocket } from "./inherited-sockets.ts";
import { listenOn, loadTls } from "./listen.ts";
import { type Listener, secured } from "./listener.ts";
import { Loads } from "./load.ts";
import type { ProcessLog } from "./log.ts";
import { PolicyKeeper, type Reread } from "./policy-keeper.ts";
import { type Prepared, readConfig, reportOf } from "./prepare.ts";
import { Reception } from "./reception.ts";
import { RunningConfig } from "./running-config.ts";
import { SessionTables } from "./session-table.ts";
import { ShadowReports } from "./shadow-reports.ts";
import { LOCAL } from "./source.ts";
import type { Changing } from "./status-file.ts";
import { Strangers } from "./strangers.ts";
import { Turn } from "./turn.ts";
import { VerifyQueue } from "./verify-queue.ts";

/** How often what is open is held against the clock, in milliseconds. */
const SWEEP_MS = 500;

/** What a daemon that is a process of its own has around it; one within a program has none of it. */
interface Surroundings {
  readonly inherited?: readonly InheritedSocket[];
  readonly herald?: Herald | undefined;
}

/**
 * A daemon that listens.
 *
 *     start --> serving --drain--> draining --(last call done, or the time is over)--> stopped
 *                  +-----------------------stop------------------------------------------^
 */
export class Daemon {
  readonly #core: Core;
  readonly #connections = new Set<Connection>();
  readonly #reception: Reception;
  readonly #admission: Admission;
  readonly #running: RunningConfig;
  readonly #herald: Herald | undefined;
  /** Options that have changed and wait for the next start. */
  #waiting: readonly string[] = [];
  #listeners: readonly Listener[] = [];
  #tls: Promise<TlsServer> | undefined;
  #stopping: Promise<void> | undefined;
  #emptied: () => void = () => undefined;
  /** What has come to the end of its time ends within a second. */
  readonly #sweep: NodeJS.Timeout;

  private constructor(core: Core, running: RunningConfig, herald: Herald | undefined) {
    this.#core = core;
    this.#running = running;
    this.#herald = herald;
    this.#admission = new Admission(core.config.admission);
    const most = connectionsMax(readOwnLimits());
    this.#sweep = setInterval(() => this.#recheck(core.keeper.policy), SWEEP_MS).unref();
    this.#reception = new Reception(
      core,
      this.#admission,
      (opening) => this.#connections.size + opening < most,
      (channel, arrived) => this.#connected(channel, arrived),
    );
  }

  /**
   * Opens the audit log, then the listeners; when it returns, clients can log in.
   *
   * @throws FileProblem; nothing is left open then
   */
  static async start(
    config: Config,
    { configPath, hostKey, otherHostKeys, policy, policyWarnings, registry }: Prepared,
    log: ProcessLog,
    { inherited = [], herald }: Surroundings = {},
  ): Promise<Daemon> {
    const clock = systemClock;
    const deadlines = new Deadlines(clock);
    const audit = new AuditWriter(config.audit, log);
    const tally = new CallTally(audit, clock, deadlines);
    const running = new RunningConfig(config);
    const deniedCalls = new DeniedCalls(config.deniedCalls, clock);
    const openCalls = new DeniedCalls(config.deniedCalls, clock);
    const loads = new Loads(config.connectionsPerPrincipal);
    const shadow = new ShadowReports(audit, log);
    const buckets = { refused: deniedCalls, open: openCalls, tally, shadow };
    const keeper = new PolicyKeeper(policy, policyWarnings, {
      path: config.policy,
      catalogue: registry.catalogue,
      clock,
      log,
      audit,
      shadowCounts: shadow.counts,
      swapped: (next) => daemon.#recheck(next),
      reread: (): Reread => {
        try {
          const { value } = readConfig(configPath);
          return { apply: () => daemon.#follow(value, { deniedCalls, openCalls, log }) };
        } catch (error) {
          return { refused: reportOf(error).flatMap((report) => report.split("\n")) };
        }
      },
      reloading: () => daemon.#herald?.reading(daemon.#changing()),
      reloaded: () => daemon.#tell(),
    });
    const strangers = new Strangers({ audit, log, clock, deadlines });
    const core: Core = {
      get config() {
        return running.current;
      },
      clock,
      deadlines,
      log,
      audit,
      hostKey,
      otherHostKeys,
      bootId: randomBytes(BOOT_ID_BYTES),
      keeper,
      meters: new GrantMeters(clock),
      tables: new SessionTables(registry),
      turn: new Turn(new Gate(audit, clock, log, buckets), clock),
      dispatch: new Dispatch(clock, deadlines, log),
      verifications: new VerifyQueue(),
      loads,
      deniedCalls,
      strangers,
      tally,
      refusalsWaiting: 0,
    };
    const daemon = new Daemon(core, running, herald);
    try {
      const places = { addresses: config.listen, socketMode: config.socketMode, inherited };
      daemon.#listeners = await listenOn(places, {
        arrived: (arrival) => daemon.#reception.receive(arrival),
        failed: (error) => log.error("a connection could not be accepted", { error }),
      });
    } catch (error) {
      clearInterval(daemon.#sweep);
      audit.close();
      throw error;
    }
    for (const { address } of daemon.#listeners) log.info("listening", { address });
    // First: whoever waits for the line may look for the status file then.
    daemon.#tell();
    log.info("ready", {
      host_key: fingerprint(hostKey.publicKey),
      methods: registry.catalogue.size,
      policy: policy.hash,
    });
    return daemon;
  }

  /** What is open, and what runs: a test counts what is left. */
  get counts(): Readonly<
    Record<
      "connections" | "places" | "deadlines" | "principals" | "bytes" | keyof Connection["counts"],
      number
    >
  > {
    const counts = { calls: 0, lent: 0, borrowed: 0, callbacks: 0, hanging: 0 };
    for (const connection of this.#connections) {
      const own = connection.counts;
      counts.calls += own.calls;
      counts.lent += own.lent;
      counts.borrowed += own.borrowed;
      counts.callbacks += own.callbacks;
      counts.hanging += own.hanging;
    }
    return {
      ...counts,
      connections: this.#connections.size,
      places: this.#reception.places,
      deadlines: this.#core.deadlines.pending,
      principals: this.#core.loads.size,
      bytes: this.#core.loads.bytes,
    };
  }

  /** Reads the policy file again. @returns whether it is in force now; if not, the log says why */
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
    for (const connection of this.#connections) connection.close("done");
    return stopped;
  }

  /** Takes over what a reload may change of the configuration. */
  #follow(
    next: Config,
    { deniedCalls, openCalls, log }: { deniedCalls: DeniedCalls; openCalls: DeniedCalls; log: ProcessLog },
  ): void {
    this.#waiting = this.#running.follow(next);
    this.#admission.limitTo(next.admission);
    this.#core.loads.limitTo(next.connectionsPerPrincipal);
    for (const calls of [deniedCalls, openCalls]) calls.limitTo(next.deniedCalls);
    log.setLevel(next.logLevel);
    if (this.#waiting.length > 0)
      log.warn("changed in the configuration, and in force from the next start on", {
        options: this.#waiting.join(", "),
      });
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
      waiting: this.#waiting,
    };
  }

  /** Everything that is open, by this policy and this moment. */
  #recheck(policy: Policy): void {
    const nowMs = this.#core.clock.wallMs();
    for (const connection of this.#connections) connection.recheck(policy, nowMs);
  }

  async #drain(): Promise<void> {
    this.#core.log.info("stopping", { connections: this.#connections.size });
    const closed = this.#listeners.map((listener) => listener.close());
    this.#reception.close();
    const late = this.#core.deadlines.start(this.#core.config.drainTimeoutMs, () => {
      for (const connection of this.#connections) connection.close("late");
    });
    for (const connection of this.#connections) connection.drain();
    await Promise.all(closed);
    await this.#allGone();
    this.#core.deadlines.stop(late);
    clearInterval(this.#sweep);
    this.#core.keeper.close();
    this.#core.strangers.close();
    this.#core.tally.close();
    this.#core.audit.close();
    this.#herald?.close();
    this.#core.log.info("stopped");
  }

  #connected(channel: Channel, arrived: Arrived): void {
    const connection = new Connection(this.#core, channel, arrived, () => {
      this.#connections.delete(connection);
      if (this.#connections.size === 0) this.#emptied();
    });
    this.#connections.add(connection);
  }

  #allGone(): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#emptied = resolve;
    });
  }
}
