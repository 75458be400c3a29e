import { isDeepStrictEqual } from "node:util";
import type { Log } from "../log/log.ts";
import type { Config } from "./config.ts";

/** What a reload may change. The rest is opened, loaded or listened on at the start, and stays as it is until the next. */
const RELOADED = [
  "logLevel",
  "auditReserve",
  "loginTimeoutMs",
  "admission",
  "connectionsPerPrincipal",
  "heldMax",
  "liveness",
  "deniedCalls",
  "referenceIdleMs",
  "drainTimeoutMs",
] as const satisfies readonly (keyof Config)[];

/** The configuration that is in force. */
export class RunningConfig {
  readonly #log: Log;
  readonly #changed: (config: Config) => void;
  #current: Config;
  #waiting: readonly string[] = [];

  /** @param changed - hands on what others keep of it */
  constructor(config: Config, log: Log, changed: (config: Config) => void) {
    this.#current = config;
    this.#log = log;
    this.#changed = changed;
  }

  get current(): Config {
    return this.#current;
  }

  /** Options that were changed, and wait for the next start. */
  get waiting(): readonly string[] {
    return this.#waiting;
  }

  /** Takes over what a reload may change. */
  follow(next: Config): void {
    this.#current = { ...this.#current, ...Object.fromEntries(RELOADED.map((key) => [key, next[key]])) };
    this.#waiting = Object.entries(next)
      .filter(([key, value]) => !isDeepStrictEqual(Reflect.get(this.#current, key), value))
      .map(([key]) => optionName(key));
    this.#changed(this.#current);
    if (this.#waiting.length > 0)
      this.#log.warn("changed in the configuration, and in force from the next start on", {
        options: this.#waiting.join(", "),
      });
  }
}

/** `hostKey` is `host_key` in the file. */
function optionName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
