import { Fault } from "../base/fault.ts";
import { faultRecord } from "../wire/fault-record.ts";
import { SESSION_FRAME_MAX_BYTES } from "../wire/limits.ts";
import { encodeMessage, type Message } from "../wire/message.ts";

/** A message that does not fit into one frame, or costs its receiver more than one message may. It was not sent. */
export class TooLarge {
  /** What is too large, and what the limit is. */
  readonly detail: string;
  /** The fault that the encoder threw, if it did. */
  readonly cause: Fault | undefined;

  constructor(detail: string, cause?: Fault) {
    this.detail = detail;
    this.cause = cause;
  }
}

/** The messages that carry values, so that they can be too large. */
type ValueMessage = Extract<Message, { kind: "call" | "value" | "item" | "fault" | "gone" }>;

/** The messages whose parts are all bounded: they always fit. */
export type ControlMessage = Exclude<Message, ValueMessage>;

/** A fault on its way out: the reply to a call, or the reason why a reference is no more. */
type FaultAddress =
  | { readonly kind: "fault"; readonly id: number }
  | { readonly kind: "gone"; readonly ref: number };

/** The part of a link that an outbox uses. */
interface OutgoingLine {
  send(frame: Uint8Array): void;
  readonly isChoked: boolean;
}

/**
 * The way out of a connection after its login: the only place that encodes messages, holds them against the limits of a message
 * (docs/protocol.md, section 3) and sends them.
 *
 *     encode ──▶ fits? ──(yes)──▶ post ──▶ link
 *                  └──(no)──▶ TooLarge: the sender decides what becomes of it
 */
export class Outbox {
  readonly #line: OutgoingLine;
  readonly #frameMaxBytes: number;

  /** @param frameMaxBytes - the largest frame that the receiver takes, in bytes */
  constructor(line: OutgoingLine, frameMaxBytes: number = SESSION_FRAME_MAX_BYTES) {
    this.#line = line;
    this.#frameMaxBytes = frameMaxBytes;
  }

  /** Whether the peer leaves more unread than it may: better to make nothing more for it. */
  get isChoked(): boolean {
    return this.#line.isChoked;
  }

  /**
   * Encodes a message and sends it.
   *
   * @returns the bytes of its frame's body
   * @throws Fault `internal` if a value has no form on the wire, and whatever a getter of a value throws
   */
  send(message: ValueMessage): number | TooLarge {
    const frame = this.encode(message);
    if (frame instanceof TooLarge) return frame;
    this.post(frame);
    return frame.length;
  }

  /** Sends a message that always fits. */
  tell(message: ControlMessage): void {
    this.post(encodeMessage(message));
  }

  /**
   * Sends a fault. If its data does not fit or has no form on the wire, the peer reads `internal` instead.
   *
   * @param request - the id of the call's request, for the reader of the fault
   * @returns why the fault was not sent whole; nothing if it was
   */
  fault(to: FaultAddress, fault: Fault, request: string): unknown {
    const whole = this.#tryFault(to, fault, request);
    if (whole === undefined) return undefined;
    const short = new Fault("internal", fault.detail, { origin: "handler", outcome: "unknown" });
    this.post(encodeMessage({ ...to, fault: faultRecord(short, request) }));
    return whole;
  }

  /**
   * Encodes a message to be sent later, by {@link post}.
   *
   * @throws Fault `internal` if a value has no form on the wire, and whatever a getter of a value throws
   */
  encode(message: ValueMessage): Uint8Array | TooLarge {
    let frame: Uint8Array;
    try {
      frame = encodeMessage(message);
    } catch (error) {
      if (error instanceof Fault && error.code === "out_of_range") return new TooLarge(error.detail, error);
      throw error;
    }
    if (frame.length <= this.#frameMaxBytes) return frame;
    return new TooLarge(`the message takes ${frame.length} bytes, and ${this.#frameMaxBytes} is the most`);
  }

  /** Sends what {@link encode} gave. */
  post(frame: Uint8Array): void {
    this.#line.send(frame);
  }

  #tryFault(to: FaultAddress, fault: Fault, request: string): unknown {
    try {
      const sent = this.send({ ...to, fault: faultRecord(fault, request) });
      return sent instanceof TooLarge ? new Error(`the fault is too large: ${sent.detail}`) : undefined;
    } catch (error) {
      return error ?? new Error("the fault has no form on the wire");
    }
  }
}
