import { execFile } from "node:child_process";
import { takeVariables } from "../base/take-variables.ts";
import type { Log } from "../log/log.ts";

/** systemd's own program: Node cannot send the datagrams that it takes. Never looked for along PATH. */
const SYSTEMD_NOTIFY = "/usr/bin/systemd-notify";

/** How long the program may take, in milliseconds: it waits until systemd has read the message. */
const NOTIFY_TIMEOUT_MS = 5_000;

/** A stopping daemon gets so much more than the time that it gives its calls, in milliseconds. */
const STOP_MARGIN_MS = 5_000;

/** What has to be heard and was not is said again after so long, in milliseconds. */
const REPEAT_MS = 1_000;

/** Variables by which systemd speaks to a service. */
const OWN_VARIABLES = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] as const;

/** What a service says to systemd, one `NAME=value` each (sd_notify(3)). */
type StatusWords = readonly string[];

interface Due {
  readonly name: "READY" | "STOPPING";
  readonly words: StatusWords;
}

function readyWords(status: string): StatusWords {
  return ["READY=1", `STATUS=${status}`];
}

/**
 * The side of systemd that watches over a service (sd_notify(3), sd_watchdog_enabled(3)):
 *
 *     start --ready--> serving --(every half of WatchdogSec: alive)--> --stopping--> end
 *
 * The sign of life comes from a timer of the event loop that serves the calls: a loop that is stuck gives none, and
 * systemd starts the daemon again. Messages go out one after the other, and do not pile up where systemd is slow: of each
 * kind at most one waits, the latest.
 */
export class ServiceManager {
  readonly #socket: string;
  readonly #watchdogMs: number | undefined;
  readonly #log: Log;
  #watchdog: NodeJS.Timeout | undefined;
  /** By what they begin with, in the order in which they go out. */
  readonly #waiting = new Map<string, StatusWords>();
  #isSending = false;
  /** What systemd waits for, or ends the daemon without: said until it is heard, or until something else has to be. */
  #due: Due | undefined;
  #repeat: NodeJS.Timeout | undefined;
  #failing = false;

  private constructor(socket: string, watchdogMs: number | undefined, log: Log) {
    this.#socket = socket;
    this.#watchdogMs = watchdogMs;
    this.#log = log;
  }

  /**
   * Reads what systemd has said in the environment, and takes it out of there.
   *
   * @returns nothing where no service manager watches this process
   */
  static take(env: NodeJS.ProcessEnv, pid: number, log: Log): ServiceManager | undefined {
    const [socket, usec, watched] = takeVariables(env, OWN_VARIABLES);
    if (socket === undefined) return undefined;
    if (!/^[/@]/.test(socket)) {
      log.error(
        "NOTIFY_SOCKET is no path of a socket, so systemd is told nothing; let systemd set it, or nobody",
        { socket },
      );
      return undefined;
    }
    return new ServiceManager(socket, watchdogTime(usec, watched, pid, log), log);
  }

  /** Clients can log in. From here on it has to give signs of life. */
  ready(status: string): void {
    this.#sendUntilHeard({ name: "READY", words: readyWords(status) });
    if (this.#watchdogMs === undefined) return;
    this.#watchdog = setInterval(() => this.#send(["WATCHDOG=1"]), this.#watchdogMs / 2).unref();
  }

  /** What `systemctl status` shows. */
  status(text: string): void {
    // Said again it must not bring an older status back.
    if (this.#due?.name === "READY") this.#due = { name: "READY", words: readyWords(text) };
    this.#send([`STATUS=${text}`]);
  }

  /** It accepts no more. @param drainMs - as long may its calls go on */
  stopping(drainMs: number): void {
    const usec = (drainMs + STOP_MARGIN_MS) * 1_000;
    const words = ["STOPPING=1", "STATUS=stopping", `EXTEND_TIMEOUT_USEC=${usec}`];
    this.#sendUntilHeard({ name: "STOPPING", words });
  }

  close(): void {
    this.#due = undefined;
    clearInterval(this.#watchdog);
    clearTimeout(this.#repeat);
  }

  #sendUntilHeard(due: Due): void {
    clearTimeout(this.#repeat);
    this.#due = due;
    this.#send(due.words);
  }

  #send(words: StatusWords): void {
    const [name = ""] = words[0]?.split("=") ?? [];
    this.#waiting.set(name, words);
    if (!this.#isSending) this.#sendNext();
  }

  #sendNext(): void {
    const [next] = this.#waiting;
    this.#isSending = next !== undefined;
    if (next === undefined) return;
    const [name, words] = next;
    this.#waiting.delete(name);
    const options = {
      env: { NOTIFY_SOCKET: this.#socket },
      timeout: NOTIFY_TIMEOUT_MS,
      maxBuffer: 4_096,
      cwd: "/",
    };
    const told = (error: unknown): void => {
      this.#told(name, error);
      if (name === this.#due?.name) this.#wasSaid(error === null);
      this.#sendNext();
    };
    try {
      execFile(SYSTEMD_NOTIFY, [...words], options, told);
    } catch (error) {
      // Some failures of the system are thrown and not handed on: without memory, say. They come later, as the others do.
      setImmediate(told, error);
    }
  }

  /** What was due. */
  #wasSaid(isHeard: boolean): void {
    clearTimeout(this.#repeat);
    if (isHeard) this.#due = undefined;
    else this.#repeat = setTimeout(() => this.#due && this.#send(this.#due.words), REPEAT_MS).unref();
  }

  /** Said once until it is good again: each sign of life would say it otherwise. */
  #told(name: string, error: unknown): void {
    if (error !== null && !this.#failing) this.#log.error("systemd could not be told", { said: name, error });
    this.#failing = error !== null;
  }
}

/** What is shorter makes no sense: a collection of garbage must not look like a stuck loop. */
const WATCHDOG_MIN_MS = 1_000;
/** What a timer of Node can wait; beyond it, it fires at once. */
const WATCHDOG_MAX_MS = 2 ** 31 - 1;

function watchdogTime(
  usec: string | undefined,
  watched: string | undefined,
  pid: number,
  log: Log,
): number | undefined {
  if (usec === undefined || (watched !== undefined && watched !== String(pid))) return undefined;
  const ms = /^[0-9]{1,16}$/.test(usec) ? Number(usec) / 1_000 : Number.NaN;
  if (ms >= WATCHDOG_MIN_MS && ms <= WATCHDOG_MAX_MS) return ms;
  log.error(
    "WATCHDOG_USEC is no time from one second on, in microseconds, so systemd gets no signs of life; set WatchdogSec= in the unit",
    {
      usec,
    },
  );
  return undefined;
}
