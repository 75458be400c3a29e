import { isDeepStrictEqual } from "node:util";
import type { Config } from "./config.ts";

/** What a reload may change. The rest is opened, loaded or listened on at the start, and stays as it is until the next. */
const RELOADED = [
  "logLevel",
  "loginTimeoutMs",
  "admission",
  "connectionsPerPrincipal",
  "deniedCalls",
  "referenceIdleMs",
  "drainTimeoutMs",
] as const satisfies readonly (keyof Config)[];

/** The configuration that is in force. */
export class RunningConfig {
  #current: Config;

  constructor(config: Config) {
    this.#current = config;
  }

  get current(): Config {
    return this.#current;
  }

  /** Takes over what a reload may change. @returns the options that have changed and wait for the next start */
  follow(next: Config): readonly string[] {
    const running = this.#current;
    this.#current = { ...running, ...Object.fromEntries(RELOADED.map((key) => [key, next[key]])) };
    return Object.entries(next)
      .filter(([key, value]) => !isDeepStrictEqual(Reflect.get(this.#current, key), value))
      .map(([key]) => optionName(key));
  }
}

/** `hostKey` is `host_key` in the file. */
function optionName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
