import { setTimeout as sleep } from "node:timers/promises";
import { type Rpc, RpcError } from "../../client/index.ts";
import { openRpc } from "../connect/connection.ts";
import { faultWords } from "../connect/fault-words.ts";
import type { Ending } from "../io/exit.ts";
import type { Io, Screen } from "../io/io.ts";
import { CTRL_C } from "../io/open-screen.ts";
import type { Settings } from "../settings/settings.ts";
import { durationText } from "./amounts.ts";
import { ask, type Reading } from "./ask.ts";
import { Denied } from "./denied.ts";
import { picture } from "./picture.ts";
import { isRestarted } from "./rates.ts";

/** How often it is tried to reach a daemon again that was lost, in milliseconds. */
const AGAIN_MS = 2_000;
/** The picture is drawn anew at least so often, in milliseconds: the age of the figures grows. */
const REDRAW_MS = 1_000;
/** Each page is a call, and a line of the daemon's audit log: what does not fit on a screen is not worth many. */
const PAGES_MAX = 8;
/** So long it is said that the daemon was started again, in seconds of its life. */
const RESTART_TOLD_S = 60;

/**
 * Shows a daemon until somebody has seen enough of it.
 *
 *     connect ─▶ ask ─▶ draw ─▶ wait ─┐      one question of each kind at a time: what a slow daemon
 *        ▲        ▲───────────────────┘      has not answered is waited for, and its age is drawn
 *        └─ lost ─┘
 */
export class LiveTop {
  readonly #settings: Settings;
  readonly #io: Io;
  readonly #intervalMs: number;
  /** Aborted when it is enough, for whatever reason. */
  readonly #over = new AbortController();
  #ending: Ending = "ok";
  #screen: Screen | undefined;
  #now: Reading | undefined;
  #before: Reading | undefined;
  #isRestarted = false;
  /** What is wrong at the moment. */
  #trouble: string | undefined;
  /** What was to be said on standard error while the screen was there. */
  readonly #said: string[] = [];

  constructor(settings: Settings, io: Io, intervalMs: number) {
    this.#settings = settings;
    this.#io = io;
    this.#intervalMs = intervalMs;
  }

  /**
   * @param rpc - the first connection; it is closed in the end, as those after it
   * @throws Failure, FileProblem, RpcError
   */
  async run(rpc: Rpc, takeScreen: NonNullable<Io["takeScreen"]>): Promise<Ending> {
    const interrupted = (): void => this.#over.abort(this.#io.signal.reason);
    this.#io.signal.addEventListener("abort", interrupted, { once: true });
    if (this.#io.signal.aborted) interrupted();
    const draw = (): void => this.#draw();
    let redraw: NodeJS.Timeout | undefined;
    try {
      this.#screen = await takeScreen({ onKey: (key) => this.#pressed(key), onResize: draw });
      redraw = setInterval(draw, REDRAW_MS);
      await this.#follow(rpc);
    } catch (error) {
      if (!this.#over.signal.aborted) throw error;
    } finally {
      clearInterval(redraw);
      this.#screen?.close();
      await rpc.close();
      this.#io.signal.removeEventListener("abort", interrupted);
      for (const text of this.#said) this.#io.err(text);
    }
    this.#io.signal.throwIfAborted();
    if (this.#ending === "interrupted") this.#io.err("interrupted");
    return this.#ending;
  }

  #pressed(key: string): void {
    if (this.#over.signal.aborted) return;
    if (key === CTRL_C) this.#ending = "interrupted";
    else if (key !== "q" && key !== "Q") return;
    // At once: a daemon that hangs has a while to close its end of the connection.
    this.#screen?.close();
    this.#over.abort(new Error("ended"));
  }

  /** From one connection to the next. @throws whatever ends it */
  async #follow(first: Rpc): Promise<never> {
    const { signal } = this.#over;
    for (let rpc = first; ; rpc = await this.#reconnected()) {
      // Ends a ping too, which knows no signal.
      const close = (): void => void rpc.close();
      signal.addEventListener("abort", close, { once: true });
      try {
        await this.#watch(rpc);
      } finally {
        signal.removeEventListener("abort", close);
        await rpc.close();
      }
    }
  }

  /** Until the connection is lost. @throws whatever else ends it */
  async #watch(rpc: Rpc): Promise<void> {
    const { signal } = this.#over;
    const { timeoutMs } = this.#settings;
    const call = (method: string, ...args: readonly string[]): Promise<unknown> =>
      rpc.call(method, args, {}, { timeoutMs, signal });
    const denied = new Denied();
    for (;;) {
      const from = performance.now();
      try {
        const options = { pagesMax: PAGES_MAX, without: denied.methods };
        const reading = await ask(call, options, () => performance.now());
        denied.learn(reading);
        this.#take(reading);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof RpcError)) throw error;
        if (isLost(error)) return this.#lost(error);
        this.#trouble = `NO FIGURES: ${faultWords(error).word}: ${error.text}`;
        // A daemon that is slow answers this; one that cannot be reached any more does not.
        if (error.code === "deadline_exceeded") {
          const isThere = await rpc.ping(timeoutMs).then(
            () => true,
            () => false,
          );
          if (!isThere) return this.#lost(error);
        }
      }
      this.#draw();
      await sleep(Math.max(0, from + this.#intervalMs - performance.now()), undefined, { signal });
    }
  }

  #take(reading: Reading): void {
    const last = this.#now;
    const isRestart = last !== undefined && isRestarted(last.stats, reading.stats);
    if (isRestart) this.#isRestarted = true;
    this.#before = isRestart ? undefined : last;
    this.#now = reading;
    this.#trouble = undefined;
  }

  #lost(error: RpcError): void {
    this.#trouble = `CONNECTION LOST: ${error.text}; it is tried again every ${AGAIN_MS / 1000} s`;
    this.#draw();
  }

  /** Tries until the daemon is there again. @throws what is no question of time: a host key, a login that is refused */
  async #reconnected(): Promise<Rpc> {
    const { signal } = this.#over;
    // Nobody is asked anything on the screen, and nothing is printed on it.
    const io: Io = { ...this.#io, signal, isTerminal: false, err: (text) => void this.#said.push(text) };
    for (;;) {
      await sleep(AGAIN_MS, undefined, { signal });
      try {
        return await openRpc(this.#settings, io);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof RpcError) || !isPassing(error)) throw error;
        this.#lost(error);
      }
    }
  }

  #draw(): void {
    if (this.#screen === undefined) return;
    const { rows, columns } = this.#screen;
    const ageMs = this.#now === undefined ? 0 : performance.now() - this.#now.atMs;
    const uptime = this.#now?.stats.uptime_s ?? 0;
    const restart =
      this.#isRestarted && uptime < RESTART_TOLD_S
        ? `THE DAEMON WAS STARTED AGAIN ${durationText(uptime)} before: counted anew`
        : undefined;
    const view = {
      address: this.#settings.address,
      now: this.#now,
      before: this.#before,
      staleMs: ageMs > this.#intervalMs + REDRAW_MS ? ageMs : undefined,
      notes: [this.#trouble, restart].filter((note) => note !== undefined),
    };
    this.#screen.draw(picture(view, { rows, columns }));
  }
}

function isLost({ code, origin }: RpcError): boolean {
  return code === "unavailable" && origin === "channel";
}

/** Whether a daemon that was there may be there again. */
function isPassing({ code }: RpcError): boolean {
  return code === "unavailable" || code === "deadline_exceeded" || code === "resource_exhausted";
}
