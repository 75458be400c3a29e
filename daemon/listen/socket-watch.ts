import { escapeText } from "../../base/escape.ts";
import type { Log } from "../log/log.ts";
import type { SocketFile } from "./socket-file.ts";

/** How often the path of a socket is looked at, in milliseconds. */
const LOOK_MS = 1_000;

/** Says once when the path of a socket no longer leads to it, and once when it does again. */
export class SocketWatch {
  readonly #file: SocketFile;
  readonly #what: string;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;
  #isInPlace = true;

  /** @param what - the socket, as the subject of a sentence */
  constructor(file: SocketFile, what: string, log: Log) {
    this.#file = file;
    this.#what = what;
    this.#log = log;
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { isInPlace, path } = this.#file;
    if (isInPlace === this.#isInPlace) return;
    this.#isInPlace = isInPlace;
    if (isInPlace) this.#log.info(`${this.#what} is at its path again`, { path: escapeText(path) });
    else
      this.#log.error(
        `${this.#what} is no longer at its path: it was removed, or another file was put there; restart the daemon`,
        { path: escapeText(path) },
      );
  }
}
