import { randomBytes } from "node:crypto";
import { systemClock } from "../base/clock.ts";
import { fingerprint } from "../base/public-key.ts";
import type { Channel } from "../link/channel.ts";
import { Deadlines } from "../link/deadlines.ts";
import { BOOT_ID_BYTES } from "../wire/login-message.ts";
import { AuditWriter } from "./audit-writer.ts";
import type { Config } from "./config.ts";
import { Connection } from "./connection.ts";
import type { Core } from "./core.ts";
import { Dispatch } from "./dispatch.ts";
import { Gate } from "./gate.ts";
import type { Log } from "./log.ts";
import type { Prepared } from "./prepare.ts";
import { SessionTables } from "./session-table.ts";
import { Turn } from "./turn.ts";
import { type Listener, listenUnix } from "./unix-listener.ts";

/**
 * A daemon that listens.
 *
 *     start --> serving --drain--> draining --(last call done, or the time is over)--> stopped
 *                  +-----------------------stop------------------------------------------^
 */
export class Daemon {
  readonly #core: Core;
  readonly #connections = new Set<Connection>();
  readonly #listeners: Listener[] = [];
  #stopping: Promise<void> | undefined;
  #emptied: () => void = () => undefined;

  private constructor(core: Core) {
    this.#core = core;
  }

  /**
   * Opens the audit log, then the listeners; when it returns, clients can log in.
   *
   * @throws FileProblem; nothing is left open then
   */
  static async start(config: Config, { hostKey, policy, registry }: Prepared, log: Log): Promise<Daemon> {
    const clock = systemClock;
    const deadlines = new Deadlines(clock);
    const audit = new AuditWriter(config.audit, log);
    const core: Core = {
      config,
      clock,
      deadlines,
      log,
      audit,
      hostKey,
      bootId: randomBytes(BOOT_ID_BYTES),
      policy,
      tables: new SessionTables(registry),
      turn: new Turn(new Gate(audit, clock, log)),
      dispatch: new Dispatch(clock, deadlines, log),
      refusalsWaiting: 0,
    };
    const daemon = new Daemon(core);
    try {
      for (const path of config.listen) {
        const listener = await listenUnix(path, config.socketMode, {
          accept: (channel) => daemon.#accept(channel),
          failed: (error) => log.error("a connection could not be accepted", { error }),
        });
        daemon.#listeners.push(listener);
        log.info("listening", { address: listener.address });
      }
    } catch (error) {
      await Promise.all(daemon.#listeners.map((listener) => listener.close()));
      audit.close();
      throw error;
    }
    log.info("ready", {
      host_key: fingerprint(hostKey.publicKey),
      methods: registry.catalogue.size,
      policy: policy.hash,
    });
    return daemon;
  }

  /** Connections that are open, and deadlines that run: a test counts what is left. */
  get counts(): { readonly connections: number; readonly deadlines: number } {
    return { connections: this.#connections.size, deadlines: this.#core.deadlines.pending };
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
    for (const connection of this.#connections) connection.close("done");
    return stopped;
  }

  async #drain(): Promise<void> {
    this.#core.log.info("stopping", { connections: this.#connections.size });
    const closed = this.#listeners.map((listener) => listener.close());
    const late = this.#core.deadlines.start(this.#core.config.drainTimeoutMs, () => {
      for (const connection of this.#connections) connection.close("late");
    });
    for (const connection of this.#connections) connection.drain();
    await Promise.all(closed);
    await this.#allGone();
    this.#core.deadlines.stop(late);
    this.#core.audit.close();
    this.#core.log.info("stopped");
  }

  #accept(channel: Channel): void {
    const connection = new Connection(this.#core, channel, () => {
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
