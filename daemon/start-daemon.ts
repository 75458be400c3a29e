import { resolve } from "node:path";
import type { Duplex } from "node:stream";
import type { Service } from "../service/engine.ts";
import { Daemon } from "./daemon.ts";
import { processLog } from "./log/process-log.ts";
import { prepare, readConfig } from "./start/prepare.ts";

/** A daemon within another program. */
export interface EmbeddedDaemon {
  /** where it listens, with the ports that it got */
  readonly addresses: readonly string[];
  /**
   * Serves a client at the other end of any stream: a pipe, a broker's channel, a forwarded port. TLS is spoken
   * over it (the client's side is `connectOver`), and the policy's word for it is `stream`. The stream belongs to
   * the daemon from here on.
   */
  serve(stream: Duplex): Promise<void>;
  /** Reads the policy file again. @returns whether it is in force now; if not, the log says why */
  reload(): Promise<boolean>;
  /** Accepts no more, lets what runs finish within `drain_timeout_ms`, then ends. */
  drain(): Promise<void>;
  /** Ends at once; what runs is answered `unavailable`, outcome `unknown`. */
  stop(): Promise<void>;
}

/**
 * Starts a daemon in this process, by a configuration file as `rpcd --config` takes it: with the same checks, the
 * same audit log, and its log on standard output. Signals, and what is thrown and not caught, are the program's.
 *
 * @param services - of the program itself, beside those that the configuration names
 * @throws NotReady with everything that is wrong, FileProblem
 */
export async function startDaemon(
  config: string,
  services: readonly Service[] = [],
): Promise<EmbeddedDaemon> {
  const path = resolve(config);
  const { value } = readConfig(path);
  const log = processLog(value.logLevel, value.logFormat);
  const prepared = await prepare(value, path, services);
  for (const remark of prepared.remarks) log.warn(remark);
  return Daemon.start(value, prepared.value, log);
}
