import { Fault, type FaultOutcome } from "../../base/fault.ts";
import type { TraceContext } from "../../base/trace-context.ts";
import type { Deadline, Deadlines } from "../../link/deadlines.ts";
import { OutgoingCalls } from "../../session/calls/outgoing.ts";
import { type Outbox, TooLarge } from "../../session/outbox.ts";
import { CALL_COST, CALL_COST_IN_FLIGHT_MAX, CALL_DEADLINE_MS, NESTED_CALLS_MAX } from "../../wire/limits.ts";
import type { ProgressMessage } from "../../wire/message.ts";
import { Packed } from "../../wire/packed.ts";
import { WireReference } from "../../wire/reference.ts";
import {
  cancelledError,
  errorOfConnection,
  lateError,
  RpcError,
  type ToldCall,
} from "../errors/rpc-error.ts";
import { told } from "../errors/told.ts";
import { onAbort } from "./on-abort.ts";
import type { Request } from "./options.ts";
import { whyOver } from "./patience.ts";
import { tooLarge } from "./too-large.ts";

/** A call that was begun. */
export interface Begun {
  readonly id: number;
  readonly request: Request;
  readonly promise: Promise<unknown>;
}

/** What came of a call. */
type CallAnswer = { readonly value: unknown } | RpcError;

/** What a byte of most messages costs at the most; those that cost more may be refused where they are sent before their time. */
const WORST_COST_PER_BYTE = 48;

const SENT = new Uint8Array(0);

/** A call that is not answered yet. */
interface Pending {
  readonly id: number;
  /** empty once it is sent */
  frame: Uint8Array;
  readonly request: Request;
  /** What its caller got for it: another call can hang on it. */
  promise: Promise<unknown> | undefined;
  /** Gives the caller its answer, once; it sends nothing. @throws Fault `protocol_error` */
  settle(result: CallAnswer): void;
}

/** What the calls of one connection need of it. */
export interface CallsLine {
  readonly outbox: Outbox;
  readonly deadlines: Deadlines;
  /** how many calls the daemon takes at once */
  readonly callsInFlight: number;
  /** The daemon's call because of which calls are made now. */
  within(): number | undefined;
  /** Whether a call of the daemon is not answered yet. */
  isOpen(call: number): boolean;
  /** What a parameter is called, if that is known here. */
  parameterName(method: string, position: number): string | undefined;
  /** What is said of a call that has failed. @param cause - what failed on this side */
  told(id: number, request: Request, cause: unknown): ToldCall;
  /** The trace that calls are made in now, unless they say another. */
  trace(): TraceContext | undefined;
  /** What the caller gets for a reference. @param over - nothing of the call goes on @throws Fault `protocol_error` */
  received(reference: WireReference, request: Request, over: () => void): unknown;
  /** A reference came for a caller that does not wait any longer. @throws Fault `protocol_error` */
  unwanted(reference: WireReference): void;
}

/** The calls of one connection that are not answered: those in flight, and those that wait for their turn. */
export class Calls {
  readonly #line: CallsLine;
  readonly #open = new OutgoingCalls<Pending>();
  /** How many of those are nested: they have slots of their own. */
  #nested = 0;
  /** Calls that wait until one of those in flight is answered, oldest first. */
  readonly #waiting = new Set<Pending>();
  #ended: RpcError | undefined;

  constructor(line: CallsLine) {
    this.#line = line;
  }

  get size(): number {
    return this.#open.size + this.#waiting.size;
  }

  /** The one that has given this promise. */
  find(promise: Promise<unknown>): Begun | undefined {
    for (const pending of this.#waiting) if (pending.promise === promise) return { ...pending, promise };
    const found = this.#open.find((pending) => pending.promise === promise);
    return found === undefined ? undefined : { ...found, promise };
  }

  /** @param over - called once, when nothing of the call goes on: what was passed with it is over */
  begin(request: Request, over?: () => void): Begun {
    const { timeoutMs = CALL_DEADLINE_MS, signal } = request.options;
    const { deadlines } = this.#line;
    const id = this.#open.issue();
    let begun: Pending | undefined;
    const answer = new Promise<unknown>((resolve, reject) => {
      const refuse = (error: RpcError): void => {
        over?.();
        reject(error);
      };
      if (this.#ended !== undefined) return refuse(notStarted(this.#ended));
      const ended = whyOver(request.options);
      if (ended !== undefined) return refuse(ended);
      const within = this.#line.within();
      const isNested = within !== undefined && this.#line.isOpen(within);
      if (isNested && (this.#nested >= NESTED_CALLS_MAX || !this.#mayAllWaitThere()))
        return refuse(nestedTooMany());
      const frame = this.#encode(id, request, timeoutMs, within);
      if (frame instanceof RpcError) return refuse(frame);
      const pending: Pending = {
        id,
        frame,
        request,
        promise: undefined,
        settle: (result) => {
          if (isNested) this.#nested--;
          deadlines.stop(deadline);
          endHearing?.();
          if (result instanceof RpcError) refuse(result);
          else if (result.value instanceof WireReference)
            resolve(this.#received(result.value, request, over, refuse));
          else {
            over?.();
            resolve(result.value);
          }
        },
      };
      begun = pending;
      const deadline: Deadline = deadlines.start(timeoutMs, () => {
        this.#giveUp(pending, "late", (outcome) => lateError(timeoutMs, outcome));
      });
      const endHearing =
        signal &&
        onAbort(signal, () => {
          this.#giveUp(pending, "cancelled by the caller", (outcome) => cancelledError(signal, outcome));
        });
      if (isNested) {
        this.#sendNested(pending);
        return;
      }
      this.#waiting.add(pending);
      this.#sendWaiting();
      // One that waits keeps its own bytes, and not those that were written beside it.
      if (this.#waiting.has(pending)) pending.frame = new Uint8Array(frame);
    });
    const promise = told(answer, () => this.#line.told(id, request, undefined));
    if (begun !== undefined) begun.promise = promise;
    return { id, request, promise };
  }

  /** @throws Fault `protocol_error` for an answer to a call that was never made */
  answered(id: number, result: Packed | WireReference | RpcError): void {
    const pending = this.#open.takeAnswered(id);
    // A value is decoded only if a caller waits for it.
    if (pending !== undefined)
      pending.settle(
        result instanceof RpcError ? result : { value: result instanceof Packed ? result.decode() : result },
      );
    // The daemon keeps it until it is told.
    else if (result instanceof WireReference) this.#line.unwanted(result);
    this.#sendWaiting();
  }

  /** @throws Fault `protocol_error` for a call that was never made */
  progress({ id, done, total, note }: ProgressMessage): void {
    const hear = this.#open.peek(id)?.request.options.onProgress;
    // By itself: what it throws is no failure of the connection.
    if (hear !== undefined) queueMicrotask(() => hear({ done, total, note }));
  }

  /** No new calls; those that were begun go on. */
  refuse(ended: RpcError): void {
    this.#ended ??= ended;
  }

  /** No new calls, and none of those that wait; those in flight go on. */
  stop(ended: RpcError): void {
    this.refuse(ended);
    for (const pending of this.#waiting) pending.settle(notStarted(ended));
    this.#waiting.clear();
  }

  /** The connection is gone. */
  lost(error: RpcError): void {
    for (const pending of this.#open.takeAll()) pending.settle(error);
    this.stop(error);
  }

  #received(
    reference: WireReference,
    request: Request,
    over: (() => void) | undefined,
    refuse: (error: RpcError) => void,
  ): unknown {
    try {
      return this.#line.received(reference, request, over ?? nothing);
    } catch (error) {
      // It ends the connection, to which this call belongs no longer.
      refuse(errorOfConnection(error, "done"));
      throw error;
    }
  }

  #encode(
    id: number,
    request: Request,
    timeoutMs: number,
    within: number | undefined,
  ): Uint8Array | RpcError {
    const { target, method, positional, named, options } = request;
    const name = (position: number): string | undefined => this.#line.parameterName(method, position);
    try {
      // The daemon's own default needs no words.
      const deadlineMs =
        timeoutMs === CALL_DEADLINE_MS ? undefined : Math.min(Math.ceil(timeoutMs), Number.MAX_SAFE_INTEGER);
      const frame = this.#line.outbox.encode({
        kind: "call",
        id,
        target,
        method,
        positional,
        named,
        deadlineMs,
        within,
        trace: options.trace ?? this.#line.trace(),
      });
      return frame instanceof TooLarge ? tooLarge(request, frame.detail, name) : frame;
    } catch (error) {
      // Also what a getter among the arguments threw: the caller's, and no affair of the connection.
      const detail = error instanceof Fault ? error.detail : String(error);
      return unsendable(`the arguments cannot be sent: ${detail}`, error);
    }
  }

  /** Sends what waits, oldest first, as far as the daemon takes calls. */
  #sendWaiting(): void {
    for (const pending of this.#waiting) {
      if (this.#open.size - this.#nested >= this.#line.callsInFlight) return;
      this.#waiting.delete(pending);
      this.#send(pending);
    }
  }

  /**
   * A nested call must not wait for others, since those may wait for it. Ids only grow, and so do the numbers of references: what was
   * begun before it goes out before it, and waits for its slots at the daemon.
   */
  #sendNested(pending: Pending): void {
    this.#nested++;
    for (const before of this.#waiting) this.#send(before);
    this.#waiting.clear();
    this.#send(pending);
  }

  /** Whether the daemon surely has room for all calls that wait here. */
  #mayAllWaitThere(): boolean {
    let cost = 0;
    for (const { frame } of this.#waiting) cost += CALL_COST + WORST_COST_PER_BYTE * frame.length;
    return cost <= CALL_COST_IN_FLIGHT_MAX / 2;
  }

  #send(pending: Pending): void {
    this.#open.open(pending.id, pending);
    this.#line.outbox.post(pending.frame);
    // What is sent is the link's: kept here it would keep all that was written beside it.
    pending.frame = SENT;
  }

  /** The caller waits no longer: the daemon is told, if it knows of the call. */
  #giveUp(pending: Pending, reason: string, error: (outcome: FaultOutcome) => RpcError): void {
    if (this.#waiting.delete(pending)) {
      pending.settle(error("not_started"));
    } else if (this.#open.take(pending.id) !== undefined) {
      this.#line.outbox.tell({ kind: "cancel", id: pending.id, reason });
      pending.settle(error("unknown"));
      this.#sendWaiting();
    }
  }
}

function nothing(): void {
  // Nothing was passed with the call.
}

/** The daemon keeps slots for calls that are made in callbacks, and room for calls that wait: there is none left. */
function nestedTooMany(): RpcError {
  const detail = `a call made in a callback may not wait, and ${NESTED_CALLS_MAX} such calls are not answered, or too many others wait: make fewer calls at once`;
  return new RpcError("resource_exhausted", detail, {
    origin: "limit",
    outcome: "not_started",
    retry: { ok: true },
  });
}

function unsendable(detail: string, cause?: unknown): RpcError {
  return new RpcError("invalid_argument", detail, { origin: "arguments", outcome: "not_started", cause });
}

/** The end of the connection, told to a call that was never sent. */
export function notStarted(ended: RpcError): RpcError {
  return new RpcError("unavailable", ended.text, {
    origin: "channel",
    outcome: "not_started",
    cause: ended,
  });
}
