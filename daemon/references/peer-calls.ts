import { Fault } from "../../base/fault.ts";
import type { TraceContext } from "../../base/trace-context.ts";
import type { Deadline, Deadlines } from "../../link/deadlines.ts";
import { OutgoingCalls } from "../../session/calls/outgoing.ts";
import { type Outbox, TooLarge } from "../../session/outbox.ts";
import type { FaultRecord } from "../../wire/fault-record.ts";
import { CALL_DEADLINE_MS, CALLBACKS_IN_FLIGHT_MAX } from "../../wire/limits.ts";
import type { Packed } from "../../wire/packed.ts";
import { CALLBACK_BYTES_WAITING_MAX, CALLBACK_COST, CALLBACKS_WAITING_MAX } from "../base/limits.ts";
import type { Share } from "../limits/load.ts";

const SENT = new Uint8Array(0);

/** What is called at the peer. */
export interface PeerTarget {
  /** the peer's number of the reference */
  readonly id: number;
  /** how deep the call that it was passed with stands in calls that call one another */
  readonly depth: number;
  /** the trace of the call that it was passed with: what is called on it belongs there, whoever has it called */
  readonly trace: TraceContext | undefined;
  /** What was called on it and is not answered, in the order of their ids: it ends with it. */
  readonly pending: Set<PeerCall>;
  /**
   * Cost of answers that a handler may still hold, by the last call that had been made when they came: it may wait for all that
   * were under way together.
   */
  readonly answers: Map<number, number>;
}

/** A call at the peer that is not answered. */
export interface PeerCall {
  readonly id: number;
  readonly target: PeerTarget;
  /** empty once it is sent */
  frame: Uint8Array;
  /** Gives the handler its answer; once. */
  settle(value: unknown, fault?: Fault): void;
}

/** Where they are charged, in bytes of cost. */
type PeerAccount = Pick<Share, "take" | "give">;

/** The calls of this daemon at what one client has passed to it. */
export class PeerCalls {
  readonly #outbox: Outbox;
  readonly #deadlines: Deadlines;
  readonly #account: PeerAccount;
  readonly #calls = new OutgoingCalls<PeerCall>();
  /** Calls that wait until one of those in flight is answered, oldest first. */
  readonly #waiting = new Set<PeerCall>();
  #waitingBytes = 0;

  constructor(outbox: Outbox, deadlines: Deadlines, account: PeerAccount) {
    this.#outbox = outbox;
    this.#deadlines = deadlines;
    this.#account = account;
  }

  /** Calls that are not answered: a test counts what is left. */
  get size(): number {
    return this.#calls.size + this.#waiting.size;
  }

  /**
   * Calls what the client passed; the answer has as long as a call has by default.
   *
   * @throws Fault, origin `callback`: what the client answered; `limit`: it took too long, or too many wait
   */
  call(target: PeerTarget, method: string, positional: readonly unknown[]): Promise<unknown> {
    const id = this.#calls.issue();
    const frame = this.#encode(id, target, method, positional);
    if (frame instanceof Fault) return Promise.reject(frame);
    const cost = CALLBACK_COST + frame.length;
    if (
      this.#waiting.size >= CALLBACKS_WAITING_MAX ||
      this.#waitingBytes + frame.length > CALLBACK_BYTES_WAITING_MAX ||
      !this.#account.take(cost)
    )
      return Promise.reject(tooMany());
    const call: PeerCall = { id, target, frame, settle: unset };
    // Nothing in here names the arguments or the first frame: it would keep them until the answer comes.
    return new Promise((resolve, reject) => {
      const deadline: Deadline = this.#deadlines.start(CALL_DEADLINE_MS, () => this.giveUp(call, late()));
      call.settle = (value, fault) => {
        this.#deadlines.stop(deadline);
        target.pending.delete(call);
        this.#account.give(cost);
        this.#settle(target);
        if (fault === undefined) resolve(value);
        else reject(fault);
      };
      this.#begin(call);
    });
  }

  #begin(call: PeerCall): void {
    call.target.pending.add(call);
    this.#waiting.add(call);
    this.#waitingBytes += call.frame.length;
    this.#sendWaiting();
    // One that waits keeps its own bytes, and not those that were written beside it.
    if (this.#waiting.has(call)) call.frame = new Uint8Array(call.frame);
  }

  /**
   * The client has answered. What it gave is decoded only if somebody waits for it, and there is room.
   *
   * @throws Fault `protocol_error` for an answer to a call that was never made
   */
  answered(id: number, answer: Packed | Fault): void {
    const call = this.#calls.takeAnswered(id);
    if (call === undefined) return;
    if (answer instanceof Fault) call.settle(undefined, answer);
    else if (this.#account.take(answer.cost)) {
      const { answers } = call.target;
      answers.set(this.#calls.lastId, (answers.get(this.#calls.lastId) ?? 0) + answer.cost);
      call.settle(answer.decode());
    } else call.settle(undefined, noRoom(answer.cost));
    this.#sendWaiting();
  }

  /** What was passed is over, and its handler holds nothing of it any longer. */
  over({ answers }: PeerTarget): void {
    for (const cost of answers.values()) this.#account.give(cost);
    answers.clear();
  }

  /** Answers are held until all that was called on the same thing before they came is answered too. */
  #settle(target: PeerTarget): void {
    const [oldest] = target.pending;
    for (const [last, cost] of target.answers) {
      if (oldest !== undefined && oldest.id <= last) return;
      target.answers.delete(last);
      this.#account.give(cost);
    }
  }

  /**
   * How deep the calls stand that are made because of this one: 0 for one that is over.
   *
   * @throws Fault `protocol_error` for a call that was never made
   */
  depthOf(id: number): number {
    return this.#calls.peek(id)?.target.depth ?? 0;
  }

  /** Nobody waits for it any longer: the client is told, if it knows of it. */
  giveUp(call: PeerCall, fault: Fault): void {
    if (this.#waiting.delete(call)) {
      this.#waitingBytes -= call.frame.length;
      call.settle(undefined, fault);
    } else if (this.#calls.take(call.id) !== undefined) {
      this.#outbox.tell({ kind: "cancel", id: call.id, reason: fault.code });
      call.settle(undefined, fault);
      this.#sendWaiting();
    }
  }

  /** The client reads again. */
  flow(): void {
    this.#sendWaiting();
  }

  #encode(
    id: number,
    { id: target, trace }: PeerTarget,
    method: string,
    positional: readonly unknown[],
  ): Uint8Array | Fault {
    try {
      const frame = this.#outbox.encode({
        kind: "call",
        id,
        target,
        method,
        positional,
        named: {},
        deadlineMs: undefined,
        trace,
      });
      return frame instanceof TooLarge ? tooLarge(frame) : frame;
    } catch (error) {
      return unsendable("the arguments of a callback have no form on the wire", error);
    }
  }

  #sendWaiting(): void {
    for (const call of this.#waiting) {
      // What a client leaves unread is bounded, whoever makes it.
      if (this.#calls.size >= CALLBACKS_IN_FLIGHT_MAX || this.#outbox.isChoked) return;
      this.#waiting.delete(call);
      this.#waitingBytes -= call.frame.length;
      this.#calls.open(call.id, call);
      this.#outbox.post(call.frame);
      // What is sent is the link's: kept here it would keep all that was written beside it.
      call.frame = SENT;
    }
  }
}

/**
 * What the client said of its failure. Its words go back to it, and to whoever it shares with; the code is from the list. A
 * reason is what a method declares, with data of the form that it declares: a client cannot give either.
 */
export function faultOfPeer({ code, message }: FaultRecord): Fault {
  return new Fault(code, message, { text: message, origin: "callback", outcome: "unknown" });
}

function unset(): void {
  throw new Error("a callback was answered before it was made");
}

/** The handler passed more than one message takes: it may catch that, and pass less. */
function tooLarge({ detail, cause }: TooLarge): Fault {
  return new Fault("invalid_argument", `a callback is too large: ${detail}; pass it in pieces`, {
    origin: "handler",
    outcome: "not_started",
    cause,
  });
}

function unsendable(detail: string, cause?: unknown): Fault {
  return new Fault("internal", detail, { origin: "handler", outcome: "unknown", cause });
}

function late(): Fault {
  return new Fault(
    "deadline_exceeded",
    `the client did not answer a callback within ${CALL_DEADLINE_MS} ms`,
    {
      origin: "callback",
      outcome: "unknown",
    },
  );
}

function noRoom(cost: number): Fault {
  return new Fault("resource_exhausted", `no room for an answer to a callback that costs ${cost} bytes`, {
    origin: "limit",
    outcome: "unknown",
  });
}

function tooMany(): Fault {
  return new Fault(
    "resource_exhausted",
    "too many callbacks wait, or hold too much: await earlier callbacks before you make more",
    {
      origin: "limit",
      outcome: "unknown",
    },
  );
}
