import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { systemClock } from "../base/clock.ts";
import { fingerprint } from "../base/public-key.ts";
import type { Channel } from "../link/channel.ts";
import { Deadlines } from "../link/deadlines.ts";
import type { TlsServer } from "../link/tls.ts";
import { BOOT_ID_BYTES } from "../wire/login-message.ts";
import { Admission } from "./admission.ts";
import { AuditWriter } from "./audit-writer.ts";
import { CallTally } from "./call-tally.ts";
import type { Config } from "./config.ts";
import { type Arrived, Connection } from "./connection.ts";
import { Connections } from "./connections.ts";
import type { Core } from "./core.ts";
import { DeniedCalls } from "./denied-calls.ts";
import { Dispatch } from "./dispatch.ts";
import { Gate } from "./gate.ts";
import { GrantMeters } from "./grant-meters.ts";
import { listenOn, loadTls } from "./listen.ts";
import { type Listener, secured } from "./listener.ts";
import { Loads } from "./load.ts";
import type { Log } from "./log.ts";
import { LoopLag } from "./loop-lag.ts";
import { Measures } from "./measures.ts";
import { Overview } from "./overview.ts";
import { PolicyKeeper } from "./policy-keeper.ts";
import type { Prepared } from "./prepare.ts";
import { Reception } from "./reception.ts";
import { SessionTables } from "./session-table.ts";
import { ShadowReports } from "./shadow-reports.ts";
import { LOCAL } from "./source.ts";
import { Strangers } from "./strangers.ts";
import { Turn } from "./turn.ts";
import { VerifyQueue } from "./verify-queue.ts";

/** How often what is open is held against the clock, in milliseconds. */
const SWEEP_MS = 500;

/**
 * A daemon that listens.
 *
 *     start --> serving --drain--> draining --(last call done, or the time is over)--> stopped
 *                  +-----------------------stop------------------------------------------^
 */
export class Daemon {
  readonly #core: Core;
  readonly #connections: Connections;
  readonly #overview: Overview;
  readonly #reception: Reception;
  #listeners: readonly Listener[] = [];
  #metrics: Listener | undefined;
  #tls: Promise<TlsServer> | undefined;
  #stopping: Promise<void> | undefined;
  /** What has come to the end of its time ends within a second. */
  readonly #sweep: NodeJS.Timeout;

  private constructor(core: Core, connections: Connections, admission: Admission, overview: Overview) {
    this.#core = core;
    this.#connections = connections;
    this.#overview = overview;
    this.#sweep = setInterval(
      () => connections.recheck(core.keeper.policy, core.clock.wallMs()),
      SWEEP_MS,
    ).unref();
    this.#reception = new Reception(core, admission, (channel, arrived) => this.#connected(channel, arrived));
  }

  /**
   * Opens the audit log, then the listeners; when it returns, clients can log in.
   *
   * @throws FileProblem; nothing is left open then
   */
  static async start(
    config: Config,
    { hostKey, otherHostKeys, policy, policyWarnings, registry }: Prepared,
    log: Log,
  ): Promise<Daemon> {
    const clock = systemClock;
    const deadlines = new Deadlines(clock);
    const measures = new Measures();
    const connections = new Connections();
    const admission = new Admission(config.admission);
    const audit = new AuditWriter(config.audit, log, clock);
    const tally = new CallTally(audit, clock, deadlines);
    const deniedCalls = new DeniedCalls(config.deniedCalls, clock);
    const shadow = new ShadowReports(audit, log);
    const buckets = { refused: deniedCalls, open: new DeniedCalls(config.deniedCalls, clock), tally, shadow };
    const keeper = new PolicyKeeper(policy, policyWarnings, {
      path: config.policy,
      catalogue: registry.catalogue,
      clock,
      log,
      audit,
      shadowCounts: shadow.counts,
      swapped: (next) => connections.recheck(next, clock.wallMs()),
    });
    const strangers = new Strangers({ audit, log, clock, deadlines, measures });
    const loads = new Loads(config.connectionsPerPrincipal);
    const verifications = new VerifyQueue();
    const overview = new Overview({
      clock,
      keeper,
      audit,
      measures,
      connections,
      admission,
      loads,
      verifications,
      lag: new LoopLag(),
    });
    const core: Core = {
      config,
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
      turn: new Turn(new Gate(audit, clock, log, buckets, measures), clock),
      dispatch: new Dispatch(clock, deadlines, log),
      verifications,
      loads,
      deniedCalls,
      strangers,
      tally,
      measures,
      operator: overview,
      refusalsWaiting: 0,
    };
    const daemon = new Daemon(core, connections, admission, overview);
    try {
      daemon.#metrics = await serveMetrics(core, overview);
      daemon.#listeners = await listenOn(config.listen, config.socketMode, {
        arrived: (arrival) => daemon.#reception.receive(arrival),
        failed: (error) => log.error("a connection could not be accepted", { error }),
      });
    } catch (error) {
      await daemon.#metrics?.close();
      clearInterval(daemon.#sweep);
      overview.close();
      audit.close();
      throw error;
    }
    for (const { address } of daemon.#listeners) log.info("listening", { address });
    if (daemon.#metrics !== undefined) log.info("serving metrics", { address: daemon.#metrics.address });
    log.info("ready", {
      host_key: fingerprint(hostKey.publicKey),
      methods: registry.catalogue.size,
      policy: policy.hash,
    });
    return daemon;
  }

  /** What is open, and what runs: a test counts what is left. */
  get counts(): Readonly<
    Record<"connections" | "places" | "deadlines" | "principals" | "bytes", number> & Connections["counts"]
  > {
    return {
      ...this.#connections.counts,
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
    this.#stopping ??= this.#drain();
    return this.#stopping;
  }

  /** Stops at once: what runs is answered `unavailable`, outcome `unknown`. */
  stop(): Promise<void> {
    const stopped = this.drain();
    this.#connections.close("done");
    return stopped;
  }

  async #drain(): Promise<void> {
    this.#core.log.info("stopping", { connections: this.#connections.size });
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
    this.#core.strangers.close();
    this.#core.tally.close();
    this.#core.audit.close();
    this.#core.log.info("stopped");
  }

  #connected(channel: Channel, arrived: Arrived): void {
    const connection = new Connection(this.#core, channel, arrived, () => this.#connections.gone(connection));
    this.#connections.add(connection);
  }
}

/** node:http and prom-client take some 70 ms and nine megabytes to load: only where they are used. */
async function serveMetrics(core: Core, overview: Overview): Promise<Listener | undefined> {
  const { metrics, socketMode } = core.config;
  if (metrics === undefined) return undefined;
  const { listenForMetrics } = await import("./listen-metrics.ts");
  return listenForMetrics(metrics, socketMode, overview, core);
}
