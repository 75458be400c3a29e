import { assertNever } from "../../base/assert-never.ts";
import type { Clock } from "../../base/clock.ts";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { Channel } from "../../link/channel.ts";
import { SESSION_UNREAD_MAX_BYTES } from "../../link/limits.ts";
import type { Link } from "../../link/link.ts";
import { Outbox } from "../../session/outbox.ts";
import { CALL_DEADLINE_MS, SESSION_FRAME_MAX_BYTES } from "../../wire/limits.ts";
import type { WelcomeBody } from "../../wire/login-message.ts";
import { type Received, readMessage } from "../../wire/read-message.ts";
import type { WireReference } from "../../wire/reference.ts";
import { Account } from "../calls/account.ts";
import { type Begun, Calls, notStarted } from "../calls/calls.ts";
import { checkCallOptions, checkTimeout } from "../calls/check-options.ts";
import { withGivenTrace } from "../calls/given-trace.ts";
import type { Request } from "../calls/options.ts";
import { Patience } from "../calls/patience.ts";
import { callWithin, currentTrace, within } from "../calls/within.ts";
import { type CatalogueOptions, readCatalogue } from "../catalogue/catalogue.ts";
import { errorOfConnection, errorOfRecord, RpcError, type ToldCall } from "../errors/rpc-error.ts";
import { told } from "../errors/told.ts";
import { Exports } from "../references/exports.ts";
import { Imports } from "../references/imports.ts";
import { expectErrors, exportArguments, hasLive } from "../references/live-arguments.ts";
import { type Credentials, type LoggedIn, Login } from "./login.ts";
import { Pings } from "./pings.ts";
import { watchLiveness } from "./watch-liveness.ts";

/** A call whose id is known, or will be, once it is known what the daemon takes. */
export interface Beginning {
  readonly id: number | Promise<number>;
  readonly request: Request;
}

/**
 * One connection from the caller's side: the login, then calls and their answers. Everything that goes wrong
 * with the connection ends it, and rejects what was under way.
 */
export class Connection {
  readonly welcome: WelcomeBody;
  /** fingerprints; the one of this login is the first */
  readonly hostKeyFingerprints: readonly string[];
  /** Settles when the connection is gone; never rejects. */
  readonly closed: Promise<void>;
  /** What a call needs before it goes out is waited for with it. */
  readonly patience: Patience;
  readonly #link: Link;
  readonly #outbox: Outbox;
  readonly #calls: Calls;
  readonly #pings: Pings;
  readonly #exports: Exports;
  readonly #imports: Imports;
  #catalogue: Promise<Catalogue> | undefined;
  /** Calls that pass something by reference, and wait to know what the daemon takes. */
  readonly #exporting = new Map<Promise<unknown>, Beginning>();
  /** What is known of the catalogue without asking: for words about a call that was not sent. */
  #known: Catalogue | undefined;
  readonly #account = new Account();
  #ended: RpcError | undefined;

  private constructor(login: Login, { welcome, hostKeyFingerprints }: LoggedIn) {
    this.welcome = welcome;
    this.hostKeyFingerprints = hostKeyFingerprints;
    this.#link = login.link;
    this.#link.limitTo({
      frameBytes: SESSION_FRAME_MAX_BYTES,
      unreadBytes: SESSION_UNREAD_MAX_BYTES,
      account: this.#account,
    });
    const outbox = new Outbox(login.link, welcome.limits.frameBytes);
    this.#outbox = outbox;
    this.patience = new Patience(login.clock, login.deadlines);
    this.#pings = new Pings(login.clock, login.deadlines, outbox);
    this.#exports = new Exports({
      outbox,
      within: (call, run) => callWithin(this, call, run),
      account: this.#account,
      pause: () => this.#link.pause(),
      resume: () => this.#link.resume(),
    });
    this.#imports = new Imports({
      outbox,
      call: (request) => this.call(request),
      catalogue: () => this.catalogue(),
      account: this.#account,
    });
    this.#calls = new Calls({
      outbox,
      deadlines: login.deadlines,
      callsInFlight: welcome.limits.callsInFlight,
      within: () => within(this),
      isOpen: (call) => this.#exports.isWaiting(call),
      trace: currentTrace,
      told: (id, request, cause) => this.#told(id, request, cause),
      parameterName: (method, position) => this.#known?.get(method)?.params[position]?.name,
      received: (reference, request, over) => this.#received(reference, request, over),
      unwanted: (reference) => {
        if (reference.kind !== "yours") this.#imports.refuse(reference);
      },
    });
    const endWatch = watchLiveness(login.link, login.clock, {
      // Nobody waits for this answer: number 0 is no ping of the caller's.
      ask: () => outbox.tell({ kind: "ping", number: 0 }),
      dead: (error) => this.#link.destroy(error),
    });
    this.closed = new Promise((resolve) => {
      login.handOver({
        frame: (frame) => this.#receive(readMessage(frame), frame.length),
        flowing: () => this.#exports.flow(),
        closed: (error) => {
          endWatch();
          this.#end(error);
          resolve();
        },
      });
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
  get counts(): Readonly<Record<"calls" | "exported" | "imported" | "bytes", number>> {
    return {
      calls: this.#calls.size,
      exported: this.#exports.size,
      imported: this.#imports.size,
      bytes: this.#account.cost,
    };
  }

  /**
   * Makes a call. The arguments are read before this returns, unless something is passed by reference: then they are read
   * once it is known what the daemon takes. What is changed later is not sent.
   *
   * @throws RpcError; TypeError for an option that is none
   */
  call(request: Request): Promise<unknown> {
    try {
      checkCallOptions(request.options);
    } catch (error) {
      return Promise.reject(error);
    }
    const read = withGivenTrace(request);
    return read instanceof RpcError
      ? told(Promise.reject(read), () => this.#told(0, request, undefined))
      : this.#begin(read);
  }

  #begin(request: Request): Promise<unknown> {
    if (!hasLive(request)) return this.#calls.begin(request).promise;
    const failures: unknown[] = [];
    const begun = this.#lend(request, failures);
    const answer = begun.then((one) => one.promise);
    const promise = told(answer, () => this.#told(0, request, causeOf(failures)));
    const id = begun.then((one) => one.id);
    // Whoever hangs on it hears of its failure by its own.
    id.catch(() => undefined);
    this.#exporting.set(promise, { id, request });
    // Nothing hangs on the promise of the caller but the caller: V8 could not tell who awaits it.
    answer.catch(() => undefined).finally(() => this.#exporting.delete(promise));
    return promise;
  }

  /** The call that has given this promise, if it is not answered; its id comes in time, where it is not sent yet. */
  callOf(promise: Promise<unknown>): Beginning | undefined {
    return this.#exporting.get(promise) ?? this.#calls.find(promise);
  }

  /** Under which name the catalogue has the methods of what a call returns. */
  interfaceOf(request: Request): Promise<string | undefined> {
    return this.#imports.interfaceOf(request);
  }

  /** What this client may call; asked for once, with the first argument that is passed by reference. */
  catalogue(): Promise<Catalogue> {
    return this.#catalogue ?? this.readCatalogue({});
  }

  /** Asks anew, or reads it out of a cache; what comes is what is known from here on. */
  readCatalogue(options: CatalogueOptions): Promise<Catalogue> {
    const reading = readCatalogue(this, options);
    this.#catalogue = reading;
    reading
      .then((catalogue) => {
        this.#known = catalogue;
      })
      .catch(() => {
        if (this.#catalogue === reading) this.#catalogue = undefined;
      });
    return reading;
  }

  /** How long the daemon takes to answer, in milliseconds. @throws RpcError */
  ping(timeoutMs = CALL_DEADLINE_MS): Promise<number> {
    try {
      checkTimeout(timeoutMs);
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#ended !== undefined) return Promise.reject(notStarted(this.#ended));
    return this.#pings.ping(timeoutMs);
  }

  /** @param failures - gets what fails of what is passed */
  async #lend(request: Request, failures: unknown[]): Promise<Begun> {
    expectErrors(request);
    const { value: taker, left } = await this.patience.await(() => this.#taker(request), request.options);
    const exported: number[] = [];
    const over = (): void => {
      for (const id of exported) this.#exports.end(id);
    };
    try {
      const args = exportArguments(
        { ...request, method: taker.method },
        taker.catalogue,
        (thing) => {
          const reference = this.#exports.lend(thing, (error) => {
            if (failures.length < FAILURES_KEPT) failures.push(error);
          });
          exported.push(reference.id);
          return reference;
        },
        (value) => this.#imports.givenBack(value),
      );
      return this.#calls.begin({ ...request, ...args, options: left }, over);
    } catch (error) {
      over();
      throw error;
    }
  }

  #told(id: number, { method }: Request, cause: unknown): ToldCall {
    return { method, id: `${this.welcome.connection}-${id}`, cause };
  }

  /** Under which name the catalogue has the method that is called, and a catalogue that has it, if any does. */
  async #taker({
    target,
    method,
    interfaceName,
  }: Request): Promise<{ readonly method: string; readonly catalogue: Catalogue }> {
    const inside = target === 0 ? "" : `${await interfaceName?.()}.`;
    const name = inside + (method || "call");
    const known = await this.catalogue();
    // A new policy may have given it since.
    return { method: name, catalogue: known.has(name) ? known : await this.readCatalogue({}) };
  }

  #received(reference: WireReference, request: Request, over: () => void): unknown {
    if (reference.kind !== "yours") return this.#imports.take(reference, request, over);
    const original = this.#exports.original(reference.id);
    over();
    return original;
  }

  /** Closes the connection; what is under way is rejected. */
  close(): Promise<void> {
    this.#ended ??= new RpcError("unavailable", "the connection was closed here", { origin: "channel" });
    this.#calls.refuse(this.#ended);
    this.#link.end();
    return this.closed;
  }

  #receive(message: Received, bytes: number): void {
    switch (message.kind) {
      case "value":
        this.#calls.answered(message.id, message.value);
        return;
      case "fault":
        this.#calls.answered(message.id, errorOfRecord(message.fault));
        return;
      case "ping":
        this.#outbox.tell({ kind: "pong", number: message.number });
        return;
      case "pong":
        this.#pings.answered(message.number);
        return;
      case "item":
      case "end":
      case "gone":
        this.#imports.receive(message, bytes);
        return;
      case "credit":
      case "release":
        this.#exports.receive(message);
        return;
      case "progress":
        this.#calls.progress(message);
        return;
      case "goaway":
        this.#ended ??= new RpcError("unavailable", "the daemon takes no new calls", { origin: "channel" });
        this.#calls.stop(this.#ended);
        return;
      case "call":
        this.#exports.call(message);
        return;
      case "cancel":
        this.#exports.cancel(message.id);
        return;
      default:
        assertNever(message, "a message");
    }
  }

  #end(error: unknown): void {
    const isIdle = this.#calls.size === 0 && this.#pings.size === 0;
    this.#exports.lost();
    // It was closed here, or the daemon had said good-bye, and nobody waits for anything.
    if (error === undefined && this.#ended !== undefined && isIdle) {
      this.#imports.lost(this.#ended);
      return;
    }
    // An orderly end has no error of its own: what was said before it, here or by the daemon, is why.
    const why = error ?? (this.#ended === undefined ? undefined : new Error(this.#ended.text));
    const lost = errorOfConnection(why, "unknown");
    this.#ended ??= lost;
    this.#calls.lost(lost);
    this.#pings.lost(lost);
    this.#imports.lost(lost);
  }
}

/** So many failures of what was passed with a call are kept for its error. */
const FAILURES_KEPT = 8;

/** Why a call failed, as this side knows it: the errors that callbacks and streams threw are told to nobody else. */
function causeOf(failures: readonly unknown[]): unknown {
  return failures.length > 1
    ? new AggregateError(failures, `${failures.length} callbacks or streams of this call failed`)
    : failures[0];
}
