import { Fault } from "../../base/fault.ts";
import { isLargerThan } from "../../catalogue/shape-check.ts";
import { type Outbox, TooLarge } from "../../session/outbox.ts";
import { noRoom, tooLargeResult, unsendable } from "../faults/calls.ts";
import type { Share } from "../limits/load.ts";
import type { Measures } from "../limits/measures.ts";
import type { Failures } from "../log/failures.ts";
import { type Called, callWords, requestId, type Session } from "../session/session.ts";

/** Answers up to here are always taken, in bytes: a fault would take as much room. */
const SMALL_BYTES = 4 * 1024;

/** What is larger is not looked at any further, in bytes. */
const MEDIUM_BYTES = 64 * 1024;

/** The answers of one session on their way out: whatever a method gives, its caller gets an answer. */
export class Answers {
  readonly #session: Session;
  readonly #outbox: Outbox;
  readonly #share: Share;
  readonly #failures: Failures;
  readonly #measures: Measures;

  constructor(
    session: Session,
    outbox: Outbox,
    share: Share,
    { failures, measures }: { readonly failures: Failures; readonly measures: Measures },
  ) {
    this.#session = session;
    this.#outbox = outbox;
    this.#share = share;
    this.#failures = failures;
    this.#measures = measures;
  }

  /** @param method - under which the answer is counted */
  value(call: Called, value: unknown, method: string): void {
    // What has no room is not encoded first: that takes longer than all else, and its caller gains nothing by it.
    if (!this.#share.hasRoomFor(SMALL_BYTES) && isLarge(value)) {
      this.fault(call, noRoom(SMALL_BYTES), method);
      return;
    }
    const frame = this.#encode(call.id, value);
    if (frame instanceof Fault) {
      this.#failed("a result cannot be sent", call, method, frame);
      this.fault(call, frame, method);
    } else if (frame.length > SMALL_BYTES && !this.#share.hasRoomFor(frame.length)) {
      this.fault(call, noRoom(frame.length), method);
    } else {
      this.#outbox.post(frame);
      this.#measures.answered(method, "ok");
    }
  }

  /** @param method - under which the answer is counted; nothing where it is already */
  fault(call: Called, fault: Fault, method: string | undefined): void {
    const failure = this.#outbox.fault(
      { kind: "fault", id: call.id },
      fault,
      requestId(this.#session, call.id),
    );
    // What the method said of its failure has no form on the wire: the caller reads `internal`.
    if (failure !== undefined) this.#failed("a fault cannot be sent whole", call, method, failure);
    if (method !== undefined) this.#measures.answered(method, fault.code);
  }

  #encode(id: number, value: unknown): Uint8Array | Fault {
    try {
      const frame = this.#outbox.encode({ kind: "value", id, value });
      return frame instanceof TooLarge ? tooLargeResult(frame.detail, frame.cause) : frame;
    } catch (error) {
      // Also what a getter in the result threw: the method's mistake, and no affair of the connection.
      return unsendable("the result has no form on the wire", error);
    }
  }

  #failed(what: string, call: Called, method: string | undefined, error: unknown): void {
    const kind = {
      principal: this.#session.principal.name,
      ...(method === undefined ? {} : { method }),
    };
    this.#failures.failed(what, kind, { ...callWords(this.#session, call), error });
  }
}

/** Whether a result surely takes more than a small answer, by a short look. */
function isLarge(value: unknown): boolean {
  return roughBytes(value) > SMALL_BYTES;
}

/** What a result takes at the least, by a short look, in bytes; what cannot be looked at is small, and cannot be sent either. */
export function roughBytes(value: unknown): number {
  try {
    if (typeof value === "string" || value instanceof Uint8Array) return value.length;
    if (isLargerThan(MEDIUM_BYTES, value)) return MEDIUM_BYTES;
    return isLargerThan(SMALL_BYTES, value) ? SMALL_BYTES + 1 : SMALL_BYTES;
  } catch {
    return SMALL_BYTES;
  }
}
