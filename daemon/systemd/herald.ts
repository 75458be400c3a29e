import { escapeText } from "../../base/escape.ts";
import type { ServiceManager } from "./service-manager.ts";
import type { Changing, StatusFile } from "./status-file.ts";

/** Tells those around a daemon, who speak no protocol, how it is: systemd, and whoever reads the status file. */
export class Herald {
  readonly #file: StatusFile;
  readonly #manager: ServiceManager | undefined;
  #isReady = false;

  constructor(file: StatusFile, manager: ServiceManager | undefined) {
    this.#file = file;
    this.#manager = manager;
  }

  /** Clients can log in; or, if they could already, something has changed. */
  serving(changing: Changing): void {
    this.#file.write(changing);
    const text = statusWords(changing);
    if (this.#isReady) this.#manager?.status(text);
    else this.#manager?.ready(text);
    this.#isReady = true;
  }

  /** Files are read again: whoever asks for it from now on asks for another time. */
  reading(changing: Changing): void {
    this.#file.write(changing);
  }

  /** No more is accepted. @param drainMs - as long may calls go on */
  stopping(changing: Changing, drainMs: number): void {
    this.#file.write(changing);
    this.#manager?.stopping(drainMs);
  }

  close(): void {
    this.#manager?.close();
  }
}

/** More than anybody reads of it; an argument of a program has a bound too. */
const STATUS_MAX_CHARS = 1_024;

/** One line for `systemctl status`. */
function statusWords({ listen, policy, generation, refused }: Changing): string {
  const serving = `serving on ${listen.join(", ")}; ${policy.slice(0, "sha256:".length + 16)}, generation ${generation}`;
  const [first] = refused ?? [];
  const text = first === undefined ? serving : `${serving}; LAST RELOAD REFUSED: ${first}`;
  return escapeText(text).slice(0, STATUS_MAX_CHARS);
}
