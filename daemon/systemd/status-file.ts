import { type DaemonStatus, daemonStatusText } from "../../base/daemon-status.ts";
import { processStart } from "../../base/process-start.ts";
import { writeFileAtomically } from "../../files/write-file.ts";
import { packageVersion } from "../base/version.ts";
import type { Log } from "../log/log.ts";

/** What changes while a daemon runs. */
export type Changing = Pick<
  DaemonStatus,
  "state" | "listen" | "policy" | "generation" | "reloadsBegun" | "reloads" | "refused" | "waiting"
>;

/**
 * Keeps the status file: written at the start, before and after each reload, and when the daemon begins to stop. It is left behind at the
 * end: what it says of a process that is no more, nobody believes ({@link processStart}).
 */
export class StatusFile {
  readonly #path: string;
  readonly #log: Log;
  readonly #fixed: Omit<DaemonStatus, keyof Changing>;
  #failing = false;

  /** @param config - the path of the configuration */
  constructor(path: string, config: string, log: Log) {
    this.#path = path;
    this.#log = log;
    this.#fixed = {
      pid: process.pid,
      processStart: processStart(process.pid) ?? "unknown",
      version: packageVersion(),
      node: process.version,
      started: new Date().toISOString(),
      config,
    };
  }

  /** Serving goes on where it cannot be written: it only tells. */
  write(changing: Changing): void {
    try {
      const text = daemonStatusText({ ...this.#fixed, ...changing });
      writeFileAtomically(this.#path, Buffer.from(text), 0o600, { replace: true, soleWriter: true });
      this.#failing = false;
    } catch (error) {
      if (!this.#failing)
        this.#log.warn(
          "the status file cannot be written: rpcd reload and rpcctl doctor will not find this daemon",
          {
            path: this.#path,
            error,
          },
        );
      this.#failing = true;
    }
  }
}
