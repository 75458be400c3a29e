import type { Clock } from "../base/clock.ts";
import { Fault, type FaultOutcome } from "../base/fault.ts";
import type { Channel } from "../link/channel.ts";
import type { Deadline, Deadlines } from "../link/deadlines.ts";
import type { Link } from "../link/link.ts";
import { OutgoingCalls } from "../session/outgoing-calls.ts";
import { CALL_DEADLINE_MS } from "../wire/limits.ts";
import type { WelcomeBody } from "../wire/login-message.ts";
import { encodeMessage, type Message, readMessage } from "../wire/message.ts";
import { type Credentials, type LoggedIn, Login } from "./login.ts";
import { errorOfConnection, errorOfRecord, lateError, RpcError } from "./rpc-error.ts";

export interface CallOptions {
  /** How long to wait, in milliseconds; 30 s where nothing is said. The daemon is told, and stops then too. */
  readonly timeoutMs?: number | undefined;
  /** Cancels the call, at the daemon too. */
  readonly signal?: AbortSignal | undefined;
}

/** A call that is not answered yet. */
interface Pending {
  readonly id: number;
  readonly frame: Uint8Array;
  /** Gives the caller its answer, once; it sends nothing. */
  settle(result: { readonly value: unknown } | RpcError): void;
}

/**
 * One connection from the caller's side: the login, then calls and their answers. Everything that goes wrong
 * with the connection ends it, and rejects what was under way.
 */
export class Connection {
  readonly welcome: WelcomeBody;
  /** fingerprints; the one of this login is the first */
  readonly hostKeys: readonly string[];
  /** Settles when the connection is gone; never rejects. */
  readonly closed: Promise<void>;
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #calls = new OutgoingCalls<Pending>();
  readonly #pings = new Map<number, (error?: RpcError) => void>();
  /** Calls that wait until one of those in flight is answered, oldest first. */
  readonly #waiting = new Set<Pending>();
  #lastPing = 0;
  #ended: RpcError | undefined;

  private constructor(login: Login, { welcome, hostKeys }: LoggedIn) {
    this.welcome = welcome;
    this.hostKeys = hostKeys;
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
    return new Connection(login, await login.run(timeoutMs));
  }

  /**
   * Calls a method. The arguments are read before this returns: what is changed later is not sent.
   *
   * @throws RpcError
   */
  call(
    method: string,
    positional: readonly unknown[],
    named: Readonly<Record<string, unknown>>,
    { timeoutMs = CALL_DEADLINE_MS, signal }: CallOptions = {},
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(notStarted(this.#ended));
      if (signal?.aborted) return reject(cancelled(signal, "not_started"));
      // Also where it is not a number: the time that the caller has left is over.
      if (!(timeoutMs > 0)) return reject(lateError(timeoutMs, "not_started"));
      const id = this.#calls.issue();
      // The daemon's own default needs no words.
      const deadlineMs =
        timeoutMs === CALL_DEADLINE_MS ? undefined : Math.min(Math.ceil(timeoutMs), Number.MAX_SAFE_INTEGER);
      const frame = this.#encodeCall({ kind: "call", id, target: 0, method, positional, named, deadlineMs });
      if (frame instanceof RpcError) return reject(frame);
      const pending: Pending = {
        id,
        frame,
        settle: (result) => {
          this.#deadlines.stop(deadline);
          signal?.removeEventListener("abort", abort);
          if (result instanceof RpcError) reject(result);
          else resolve(result.value);
        },
      };
      const abort = (): void => {
        if (signal !== undefined) {
          this.#giveUp(pending, "cancelled by the caller", (outcome) => cancelled(signal, outcome));
        }
      };
      const deadline: Deadline = this.#deadlines.start(timeoutMs, () => {
        this.#giveUp(pending, "late", (outcome) => lateError(timeoutMs, outcome));
      });
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.add(pending);
      this.#sendWaiting();
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
      return unsendable(`the call takes ${frame.length} bytes, the daemon accepts ${frameBytes}`);
    } catch (error) {
      // Also what a getter among the arguments threw: the caller's, and no affair of the connection.
      const detail = error instanceof Fault ? error.detail : String(error);
      return unsendable(`the arguments cannot be sent: ${detail}`, error);
    }
  }

  /** Sends what waits, oldest first, as far as the daemon takes calls. */
  #sendWaiting(): void {
    for (const pending of this.#waiting) {
      if (this.#calls.size >= this.welcome.limits.callsInFlight) return;
      this.#waiting.delete(pending);
      this.#calls.open(pending.id, pending);
      this.#link.send(pending.frame);
    }
  }

  /** The caller waits no longer: the daemon is told, if it knows of the call. */
  #giveUp(pending: Pending, reason: string, error: (outcome: FaultOutcome) => RpcError): void {
    if (this.#waiting.delete(pending)) {
      pending.settle(error("not_started"));
    } else if (this.#calls.take(pending.id) !== undefined) {
      this.#send({ kind: "cancel", id: pending.id, reason });
      pending.settle(error("unknown"));
      this.#sendWaiting();
    }
  }

  #answered(id: number, result: { readonly value: unknown } | RpcError): void {
    this.#calls.takeAnswered(id)?.settle(result);
    this.#sendWaiting();
  }

  #receive(message: Message): void {
    switch (message.kind) {
      case "value":
        this.#answered(message.id, message);
        return;
      case "fault":
        this.#answered(message.id, errorOfRecord(message.fault));
        return;
      case "ping":
        this.#send({ kind: "pong", number: message.number });
        return;
      case "pong":
        this.#pings.get(message.number)?.();
        return;
      case "goaway":
        this.#ended ??= new RpcError("unavailable", "the daemon takes no new calls", { origin: "channel" });
        for (const pending of this.#waiting) pending.settle(notStarted(this.#ended));
        this.#waiting.clear();
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

  #end(error: unknown): void {
    const isIdle = this.#calls.size === 0 && this.#waiting.size === 0 && this.#pings.size === 0;
    // It was closed here, or the daemon had said good-bye, and nobody waits for anything.
    if (error === undefined && this.#ended !== undefined && isIdle) return;
    // An orderly end has no error of its own: what was said before it, here or by the daemon, is why.
    const why = error ?? (this.#ended === undefined ? undefined : new Error(this.#ended.message));
    const lost = errorOfConnection(why, "unknown");
    this.#ended ??= lost;
    for (const pending of this.#calls.takeAll()) pending.settle(lost);
    for (const settle of this.#pings.values()) settle(lost);
    for (const pending of this.#waiting) pending.settle(notStarted(lost));
    this.#waiting.clear();
  }
}

function unsendable(detail: string, cause?: unknown): RpcError {
  return new RpcError("invalid_argument", detail, { origin: "arguments", outcome: "not_started", cause });
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
