import type { Clock } from "../base/clock.ts";
import { Fault, type FaultOutcome } from "../base/fault.ts";
import type { Channel } from "../link/channel.ts";
import type { Deadline, Deadlines } from "../link/deadlines.ts";
import type { Link } from "../link/link.ts";
import { OutgoingCalls } from "../session/outgoing-calls.ts";
import { CALL_DEADLINE_MS, SESSION_FRAME_MAX_BYTES, SESSION_UNREAD_MAX_BYTES } from "../wire/limits.ts";
import type { WelcomeBody } from "../wire/login-message.ts";
import { encodeMessage, type Message, readMessage } from "../wire/message.ts";
import { type Credentials, Login } from "./login.ts";
import { errorOfConnection, errorOfRecord, lateError, RpcError } from "./rpc-error.ts";

export interface CallOptions {
  /** How long to wait, in milliseconds; 30 s where nothing is said. The daemon is told, and stops then too. */
  readonly timeoutMs?: number | undefined;
  /** Cancels the call, at the daemon too. */
  readonly signal?: AbortSignal | undefined;
}

/** A call that is not answered yet. */
interface Pending {
  settle(result: Extract<Message, { kind: "value" }> | RpcError): void;
}

/**
 * One connection from the caller's side: the login, then calls and their answers. Everything that goes wrong
 * with the connection ends it, and rejects what was under way.
 */
export class Connection {
  readonly welcome: WelcomeBody;
  /** Settles when the connection is gone; never rejects. */
  readonly closed: Promise<void>;
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #calls = new OutgoingCalls<Pending>();
  readonly #pings = new Map<number, (error?: RpcError) => void>();
  /** Calls that wait until one of those in flight is answered, oldest first. */
  readonly #waiting: (() => void)[] = [];
  #lastPing = 0;
  #ended: RpcError | undefined;

  private constructor(login: Login, welcome: WelcomeBody) {
    this.welcome = welcome;
    this.#link = login.link;
    this.#clock = login.clock;
    this.#deadlines = login.deadlines;
    this.closed = new Promise((resolve) => {
      login.handOver(
        (frame) => this.#receive(readMessage(frame)),
        (error) => {
          this.#end(error);
          resolve();
        },
      );
    });
    this.#link.limitTo({ frameBytes: SESSION_FRAME_MAX_BYTES, unreadBytes: SESSION_UNREAD_MAX_BYTES });
  }

  /**
   * Logs in over a connected channel, which it owns from here on.
   *
   * @param timeoutMs - for the whole login
   * @throws RpcError; the channel is closed then
   */
  static async open(
    channel: Channel,
    credentials: Credentials,
    timeoutMs: number,
    clock: Clock,
  ): Promise<Connection> {
    const login = new Login(channel, credentials, clock);
    const welcome = await login.run(timeoutMs);
    return new Connection(login, welcome);
  }

  /** @throws RpcError */
  call(
    method: string,
    positional: readonly unknown[],
    named: Readonly<Record<string, unknown>>,
    { timeoutMs = CALL_DEADLINE_MS, signal }: CallOptions = {},
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled(signal, "not_started"));
      const state: { id: number | undefined; settled: boolean } = { id: undefined, settled: false };
      const settle = (result: { readonly value: unknown } | RpcError): void => {
        if (state.settled) return;
        state.settled = true;
        this.#deadlines.stop(deadline);
        signal?.removeEventListener("abort", abort);
        if (result instanceof RpcError) reject(result);
        else resolve(result.value);
        this.#next();
      };
      const giveUp = (reason: string, error: RpcError): void => {
        if (state.id !== undefined && this.#calls.take(state.id) !== undefined) {
          this.#send({ kind: "cancel", id: state.id, reason });
        }
        settle(error);
      };
      const outcome = (): FaultOutcome => (state.id === undefined ? "not_started" : "unknown");
      const abort = (): void => {
        if (signal !== undefined) giveUp("cancelled by the caller", cancelled(signal, outcome()));
      };
      const deadline: Deadline = this.#deadlines.start(timeoutMs, () =>
        giveUp("late", lateError(timeoutMs, outcome())),
      );
      signal?.addEventListener("abort", abort, { once: true });
      const send = (): void => {
        if (state.settled) return;
        if (this.#ended !== undefined) return settle(notStarted(this.#ended));
        const deadlineMs = Math.min(Math.ceil(timeoutMs), Number.MAX_SAFE_INTEGER);
        const message = { kind: "call", target: 0, method, positional, named, deadlineMs } as const;
        const frame = this.#encodeCall({ ...message, id: this.#calls.nextId });
        if (frame instanceof RpcError) return settle(frame);
        state.id = this.#calls.add({ settle });
        this.#link.send(frame);
      };
      if (this.#calls.size < this.welcome.limits.callsInFlight) send();
      else this.#waiting.push(send);
    });
  }

  /** How long the daemon takes to answer, in milliseconds. @throws RpcError */
  ping(timeoutMs = CALL_DEADLINE_MS): Promise<number> {
    if (this.#ended !== undefined) return Promise.reject(notStarted(this.#ended));
    const sentAt = this.#clock.monotonicMs();
    const number = ++this.#lastPing;
    return new Promise((resolve, reject) => {
      const deadline = this.#deadlines.start(timeoutMs, () => {
        this.#pings.get(number)?.(lateError(timeoutMs, "unknown"));
      });
      this.#pings.set(number, (error) => {
        this.#pings.delete(number);
        this.#deadlines.stop(deadline);
        if (error === undefined) resolve(this.#clock.monotonicMs() - sentAt);
        else reject(error);
      });
      this.#send({ kind: "ping", number });
    });
  }

  /** Closes the connection; what is under way is rejected. */
  close(): Promise<void> {
    this.#ended ??= new RpcError("unavailable", "the connection was closed here", { origin: "channel" });
    this.#link.end();
    return this.closed;
  }

  #encodeCall(message: Extract<Message, { kind: "call" }>): Uint8Array | RpcError {
    try {
      const frame = encodeMessage(message);
      const { frameBytes } = this.welcome.limits;
      if (frame.length <= frameBytes) return frame;
      const detail = `the call takes ${frame.length} bytes, the daemon accepts ${frameBytes}`;
      return new RpcError("invalid_argument", detail, { origin: "arguments", outcome: "not_started" });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const detail = `the arguments cannot be sent: ${error.detail}`;
      return new RpcError("invalid_argument", detail, {
        origin: "arguments",
        outcome: "not_started",
        cause: error,
      });
    }
  }

  #receive(message: Message): void {
    switch (message.kind) {
      case "value":
        this.#calls.takeAnswered(message.id)?.settle(message);
        return;
      case "fault":
        this.#calls.takeAnswered(message.id)?.settle(errorOfRecord(message.fault));
        return;
      case "ping":
        this.#send({ kind: "pong", number: message.number });
        return;
      case "pong":
        this.#pings.get(message.number)?.();
        return;
      case "goaway":
        this.#ended ??= new RpcError("unavailable", "the daemon takes no new calls", { origin: "channel" });
        return;
      case "call":
      case "cancel":
        throw new Fault("protocol_error", `a ${message.kind}, but nothing was passed that could be called`);
      default:
        unreachable(message);
    }
  }

  #send(message: Message): void {
    this.#link.send(encodeMessage(message));
  }

  #next(): void {
    while (this.#waiting.length > 0 && this.#calls.size < this.welcome.limits.callsInFlight)
      this.#waiting.shift()?.();
  }

  #end(error: unknown): void {
    // An orderly end has no error of its own: what was said before it, here or by the daemon, is why.
    const why = error ?? (this.#ended === undefined ? undefined : new Error(this.#ended.message));
    const lost = errorOfConnection(why, "unknown");
    this.#ended ??= lost;
    for (const pending of this.#calls.takeAll()) pending.settle(lost);
    for (const settle of this.#pings.values()) settle(lost);
    this.#next();
  }
}

function cancelled(signal: AbortSignal, outcome: FaultOutcome): RpcError {
  return new RpcError("cancelled", "the call was cancelled", { outcome, cause: signal.reason });
}

/** The end of the connection, told to a call that was never sent. */
function notStarted(ended: RpcError): RpcError {
  return new RpcError("unavailable", ended.message, {
    origin: "channel",
    outcome: "not_started",
    cause: ended,
  });
}

function unreachable(message: never): never {
  throw new Error(`a message of no known kind: ${JSON.stringify(message)}`);
}
