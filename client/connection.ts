import type { Catalogue } from "../base/catalogue.ts";
import type { Clock } from "../base/clock.ts";
import { Fault, type FaultOutcome } from "../base/fault.ts";
import type { Channel } from "../link/channel.ts";
import type { Deadline, Deadlines } from "../link/deadlines.ts";
import type { Link } from "../link/link.ts";
import { OutgoingCalls } from "../session/outgoing-calls.ts";
import { CALL_DEADLINE_MS } from "../wire/limits.ts";
import type { WelcomeBody } from "../wire/login-message.ts";
import { encodeMessage, type Message, type ProgressMessage, readMessage } from "../wire/message.ts";
import { WireReference } from "../wire/reference.ts";
import type { Request } from "./call-options.ts";
import { readCatalogue } from "./catalogue.ts";
import { Holder } from "./holder.ts";
import { Lender } from "./lender.ts";
import { hasLive, lendArguments } from "./live-arguments.ts";
import { type Credentials, type LoggedIn, Login } from "./login.ts";
import { Pings } from "./pings.ts";
import { errorOfConnection, errorOfRecord, lateError, RpcError } from "./rpc-error.ts";
import { callWithin, within } from "./within.ts";

/** A call that was begun. */
export interface Begun {
  readonly id: number | Promise<number>;
  readonly request: Request;
}

/** A call that is not answered yet. */
interface Pending extends Begun {
  readonly id: number;
  readonly frame: Uint8Array;
  readonly request: Request;
  /** What its caller got for it: another call can hang on it. */
  promise: Promise<unknown> | undefined;
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
  readonly #deadlines: Deadlines;
  readonly #calls = new OutgoingCalls<Pending>();
  readonly #pings: Pings;
  readonly #lender: Lender;
  readonly #holder: Holder;
  #catalogue: Promise<Catalogue> | undefined;
  /** Calls that pass something by reference, and wait to know what the daemon takes. */
  readonly #lending = new Map<Promise<unknown>, Begun>();
  /** Calls that wait until one of those in flight is answered, oldest first. */
  readonly #waiting = new Set<Pending>();
  #ended: RpcError | undefined;

  private constructor(login: Login, { welcome, hostKeys }: LoggedIn) {
    this.welcome = welcome;
    this.hostKeys = hostKeys;
    this.#link = login.link;
    this.#deadlines = login.deadlines;
    const send = (frame: Uint8Array): void => this.#link.send(frame);
    this.#pings = new Pings(login.clock, login.deadlines, (message) => this.#send(message));
    this.#lender = new Lender({
      send,
      isChoked: () => this.#link.isChoked,
      within: (call, run) => callWithin(this, call, run),
    });
    this.#holder = new Holder({
      send,
      call: (request) => this.call(request),
      catalogue: () => this.catalogue(),
    });
    this.closed = new Promise((resolve) => {
      login.handOver(
        (frame) => this.#receive(readMessage(frame), frame.length),
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

  /** What is under way and in use: a test counts what is left. */
  get counts(): Readonly<Record<"calls" | "lent" | "held", number>> {
    return { calls: this.#calls.size + this.#waiting.size, lent: this.#lender.size, held: this.#holder.size };
  }

  /**
   * Makes a call. The arguments are read before this returns, unless something is passed by reference: then they are read
   * once it is known what the daemon takes. What is changed later is not sent.
   *
   * @throws RpcError
   */
  call(request: Request): Promise<unknown> {
    if (!hasLive(request)) return this.#begin(request, []).promise;
    const begun = this.#lend(request);
    const promise = begun.then((one) => one.promise);
    const id = begun.then((one) => one.id);
    // Whoever hangs on it hears of its failure by its own.
    id.catch(() => undefined);
    this.#lending.set(promise, { id, request });
    promise.catch(() => undefined).finally(() => this.#lending.delete(promise));
    return promise;
  }

  /** The call that has given this promise, if it is not answered; its id comes in time, where it is not sent yet. */
  callOf(promise: Promise<unknown>): Begun | undefined {
    const lending = this.#lending.get(promise);
    if (lending !== undefined) return lending;
    for (const pending of this.#waiting) if (pending.promise === promise) return pending;
    return this.#calls.find((pending) => pending.promise === promise);
  }

  /** Under which name the catalogue has the methods of what a call returns. */
  interfaceOf(request: Request): Promise<string | undefined> {
    return this.#holder.interfaceOf(request);
  }

  /** What this client may call; asked for once, with the first argument that is passed by reference. */
  catalogue(): Promise<Catalogue> {
    if (this.#catalogue === undefined) {
      this.#catalogue = readCatalogue(this, {});
      this.#catalogue.catch(() => {
        this.#catalogue = undefined;
      });
    }
    return this.#catalogue;
  }

  /** How long the daemon takes to answer, in milliseconds. @throws RpcError */
  ping(timeoutMs = CALL_DEADLINE_MS): Promise<number> {
    if (this.#ended !== undefined) return Promise.reject(notStarted(this.#ended));
    return this.#pings.ping(timeoutMs);
  }

  async #lend(request: Request): Promise<{ readonly id: number; readonly promise: Promise<unknown> }> {
    const catalogue = await this.catalogue();
    const { target, interfaceName } = request;
    const inside = target === 0 ? "" : `${await interfaceName?.()}.`;
    const method = inside + (request.method || "call");
    const lent: number[] = [];
    try {
      const args = lendArguments(
        { ...request, method },
        catalogue,
        (thing) => {
          const reference = this.#lender.lend(thing);
          lent.push(reference.id);
          return reference;
        },
        (value) => this.#holder.givenBack(value),
      );
      const begun = this.#begin({ ...request, ...args }, lent);
      return { id: begun.id, promise: begun.promise };
    } catch (error) {
      this.#over(lent);
      throw error;
    }
  }

  #over(lent: readonly number[]): void {
    for (const id of lent) this.#lender.end(id);
  }

  /** @param lent - what is passed by reference with it, which is over when the call is */
  #begin(
    request: Request,
    lent: readonly number[],
  ): { readonly id: number; readonly promise: Promise<unknown> } {
    const { timeoutMs = CALL_DEADLINE_MS, signal } = request.options;
    const id = this.#calls.issue();
    let begun: Pending | undefined;
    const promise = new Promise<unknown>((resolve, reject) => {
      const refuse = (error: RpcError): void => {
        this.#over(lent);
        reject(error);
      };
      if (this.#ended !== undefined) return refuse(notStarted(this.#ended));
      if (signal?.aborted) return refuse(cancelled(signal, "not_started"));
      // Also where it is not a number: the time that the caller has left is over.
      if (!(timeoutMs > 0)) return refuse(lateError(timeoutMs, "not_started"));
      const frame = this.#encodeCall(id, request, timeoutMs);
      if (frame instanceof RpcError) return refuse(frame);
      const pending: Pending = {
        id,
        frame,
        request,
        promise: undefined,
        settle: (result) => {
          this.#deadlines.stop(deadline);
          signal?.removeEventListener("abort", abort);
          if (result instanceof RpcError) refuse(result);
          else if (result.value instanceof WireReference)
            resolve(this.#received(result.value, request, lent));
          else {
            if (lent.length > 0) this.#over(lent);
            resolve(result.value);
          }
        },
      };
      begun = pending;
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
    if (begun !== undefined) begun.promise = promise;
    return { id, promise };
  }

  #received(reference: WireReference, request: Request, lent: readonly number[]): unknown {
    if (reference.kind !== "yours") return this.#holder.take(reference, request, () => this.#over(lent));
    const original = this.#lender.original(reference.id);
    this.#over(lent);
    return original;
  }

  /** Closes the connection; what is under way is rejected. */
  close(): Promise<void> {
    this.#ended ??= new RpcError("unavailable", "the connection was closed here", { origin: "channel" });
    this.#link.end();
    return this.closed;
  }

  #encodeCall(
    id: number,
    { target, method, positional, named }: Request,
    timeoutMs: number,
  ): Uint8Array | RpcError {
    try {
      // The daemon's own default needs no words.
      const deadlineMs =
        timeoutMs === CALL_DEADLINE_MS ? undefined : Math.min(Math.ceil(timeoutMs), Number.MAX_SAFE_INTEGER);
      const inside = within(this);
      const frame = encodeMessage({
        kind: "call",
        id,
        target,
        method,
        positional,
        named,
        deadlineMs,
        ...(inside === undefined ? {} : { within: inside }),
      });
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
    const pending = this.#calls.takeAnswered(id);
    if (pending !== undefined) pending.settle(result);
    // Nobody waits for it any longer, and the daemon keeps it until it is told.
    else if (
      !(result instanceof RpcError) &&
      result.value instanceof WireReference &&
      result.value.kind !== "yours"
    )
      this.#holder.refuse(result.value);
    this.#sendWaiting();
  }

  #progress({ id, done, total, note }: ProgressMessage): void {
    const hear = this.#calls.peek(id)?.request.options.onProgress;
    // By itself: what it throws is no failure of the connection.
    if (hear !== undefined) queueMicrotask(() => hear({ done, total, note }));
  }

  #receive(message: Message, bytes: number): void {
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
        this.#pings.answered(message.number);
        return;
      case "item":
      case "end":
      case "gone":
        this.#holder.receive(message, bytes);
        return;
      case "credit":
      case "release":
        this.#lender.receive(message);
        return;
      case "progress":
        this.#progress(message);
        return;
      case "goaway":
        this.#ended ??= new RpcError("unavailable", "the daemon takes no new calls", { origin: "channel" });
        for (const pending of this.#waiting) pending.settle(notStarted(this.#ended));
        this.#waiting.clear();
        return;
      case "call":
        this.#lender.call(message, bytes);
        return;
      case "cancel":
        this.#lender.cancel(message.id);
        return;
      default:
        unreachable(message);
    }
  }

  #send(message: Message): void {
    this.#link.send(encodeMessage(message));
  }

  #end(error: unknown): void {
    const isIdle = this.#calls.size === 0 && this.#waiting.size === 0 && this.#pings.size === 0;
    this.#lender.lost();
    // It was closed here, or the daemon had said good-bye, and nobody waits for anything.
    if (error === undefined && this.#ended !== undefined && isIdle) {
      this.#holder.lost(this.#ended);
      return;
    }
    // An orderly end has no error of its own: what was said before it, here or by the daemon, is why.
    const why = error ?? (this.#ended === undefined ? undefined : new Error(this.#ended.message));
    const lost = errorOfConnection(why, "unknown");
    this.#ended ??= lost;
    for (const pending of this.#calls.takeAll()) pending.settle(lost);
    this.#pings.lost(lost);
    this.#holder.lost(lost);
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
