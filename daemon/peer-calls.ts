import { Fault } from "../base/fault.ts";
import type { TraceContext } from "../base/trace-context.ts";
import type { Deadline, Deadlines } from "../link/deadlines.ts";
import type { Link } from "../link/link.ts";
import { OutgoingCalls } from "../session/outgoing-calls.ts";
import type { FaultRecord } from "../wire/fault-record.ts";
import {
  CALL_DEADLINE_MS,
  CALLBACK_BYTES_WAITING_MAX,
  CALLBACKS_IN_FLIGHT_MAX,
  CALLBACKS_WAITING_MAX,
  SESSION_FRAME_MAX_BYTES,
} from "../wire/limits.ts";
import { encodeMessage } from "../wire/message.ts";

/** Where they go out. */
type Line = Pick<Link, "send" | "isChoked">;

/** What is called at the peer. */
export interface PeerTarget {
  /** the peer's number of the reference */
  readonly id: number;
  /** how deep the call that it was passed with stands in calls that call one another */
  readonly depth: number;
  /** the trace of the call that it was passed with: what is called on it belongs there, whoever has it called */
  readonly trace: TraceContext | undefined;
  /** What was called on it and is not answered: it ends with it. */
  readonly pending: Set<PeerCall>;
}

/** A call at the peer that is not answered. */
export interface PeerCall {
  readonly id: number;
  readonly target: PeerTarget;
  readonly frame: Uint8Array;
  /** Gives the handler its answer; once. */
  settle(value: unknown, fault?: Fault): void;
}

/** The calls of this daemon at what one client has passed to it. */
export class PeerCalls {
  readonly #link: Line;
  readonly #deadlines: Deadlines;
  readonly #calls = new OutgoingCalls<PeerCall>();
  /** Calls that wait until one of those in flight is answered, oldest first. */
  readonly #waiting = new Set<PeerCall>();
  #waitingBytes = 0;

  constructor(link: Line, deadlines: Deadlines) {
    this.#link = link;
    this.#deadlines = deadlines;
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
    return new Promise((resolve, reject) => {
      const id = this.#calls.issue();
      const frame = encodeCall(id, target, method, positional);
      if (frame instanceof Fault) return reject(frame);
      if (
        this.#waiting.size >= CALLBACKS_WAITING_MAX ||
        this.#waitingBytes + frame.length > CALLBACK_BYTES_WAITING_MAX
      )
        return reject(tooMany());
      const call: PeerCall = {
        id,
        target,
        frame,
        settle: (value, fault) => {
          this.#deadlines.stop(deadline);
          target.pending.delete(call);
          if (fault === undefined) resolve(value);
          else reject(fault);
        },
      };
      const deadline: Deadline = this.#deadlines.start(CALL_DEADLINE_MS, () => this.giveUp(call, late()));
      target.pending.add(call);
      this.#waiting.add(call);
      this.#waitingBytes += frame.length;
      this.#sendWaiting();
    });
  }

  /** @throws Fault `protocol_error` for an answer to a call that was never made */
  answered(id: number, value: unknown, fault?: Fault): void {
    this.#calls.takeAnswered(id)?.settle(value, fault);
    this.#sendWaiting();
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
      this.#link.send(encodeMessage({ kind: "cancel", id: call.id, reason: fault.code }));
      call.settle(undefined, fault);
      this.#sendWaiting();
    }
  }

  /** The client reads again. */
  flow(): void {
    this.#sendWaiting();
  }

  #sendWaiting(): void {
    for (const call of this.#waiting) {
      // What a client leaves unread is bounded, whoever makes it.
      if (this.#calls.size >= CALLBACKS_IN_FLIGHT_MAX || this.#link.isChoked) return;
      this.#waiting.delete(call);
      this.#waitingBytes -= call.frame.length;
      this.#calls.open(call.id, call);
      this.#link.send(call.frame);
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

function encodeCall(
  id: number,
  target: PeerTarget,
  method: string,
  positional: readonly unknown[],
): Uint8Array | Fault {
  try {
    const frame = encodeMessage({
      kind: "call",
      id,
      target: target.id,
      method,
      positional,
      named: {},
      deadlineMs: undefined,
      trace: target.trace,
    });
    if (frame.length <= SESSION_FRAME_MAX_BYTES) return frame;
    return unsendable(`a call of ${frame.length} bytes, ${SESSION_FRAME_MAX_BYTES} go into a message`);
  } catch (error) {
    return unsendable("the arguments of a callback have no form on the wire", error);
  }
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

function tooMany(): Fault {
  return new Fault(
    "resource_exhausted",
    "too many callbacks wait to be sent: the method does not wait for their answers",
    {
      origin: "limit",
      outcome: "unknown",
    },
  );
}
