import { Fault } from "../base/fault.ts";
import type { Link } from "../link/link.ts";
import { IncomingCalls } from "../session/incoming-calls.ts";
import { faultRecord } from "../wire/fault-record.ts";
import { CALL_DEADLINE_MS, CONTROL_PER_SECOND, SESSION_FRAME_MAX_BYTES } from "../wire/limits.ts";
import { type CallMessage, encodeMessage, type Message, readMessage } from "../wire/message.ts";
import { heldTooLong, noLongerAllowed, noRoom, owing, stopping, unsendable } from "./call-faults.ts";
import type { Core } from "./core.ts";
import type { Answerer, Running } from "./dispatch.ts";
import type { Permitted } from "./gate.ts";
import type { Share } from "./load.ts";
import { requestId, type Session } from "./session.ts";
import type { Waiting } from "./turn.ts";

/** Answers up to here are always taken, in bytes: a fault would take as much room. */
const SMALL_BYTES = 4 * 1024;

/** A permitted call that has not begun, and since when; milliseconds of the monotonic clock. */
interface Held {
  readonly permitted: Permitted;
  readonly since: number;
}

/** The calls of one session: in from the link, through the turn's gate to dispatch, and their answers out. */
export class Calls implements Answerer {
  readonly #core: Core;
  readonly #session: Session;
  readonly #link: Link;
  readonly #share: Share;
  readonly #drained: () => void;
  readonly #incoming = new IncomingCalls();
  readonly #running = new Map<number, { readonly permitted: Permitted; readonly running: Running }>();
  /** Permitted calls that wait until the peer has read what it was sent: their results would only pile up. */
  readonly #held: Held[] = [];
  #draining = false;
  #lost = false;
  #controlLeft = CONTROL_PER_SECOND;
  #cancelsLeft = 0;
  #controlSince: number;

  /** Until then, on the monotonic clock, its calls are not even decided: too many of them were refused. */
  #owesUntilMs = 0;

  /** @param drained - called once, when after {@link drain} the last call has ended */
  constructor(core: Core, session: Session, link: Link, share: Share, drained: () => void) {
    this.#core = core;
    this.#session = session;
    this.#link = link;
    this.#share = share;
    this.#drained = drained;
    this.#controlSince = core.clock.monotonicMs();
  }

  /** @throws Fault `protocol_error`: the connection is done */
  receive(frame: Uint8Array): void {
    const message = readMessage(frame);
    switch (message.kind) {
      case "call":
        this.#call(message, frame.length);
        return;
      case "cancel":
        // One for each call is its caller's right, also when many are given up at once.
        if (this.#cancelsLeft > 0) this.#cancelsLeft--;
        else this.#countControl();
        if (this.#incoming.cancels(message.id)) this.#cancel(message.id);
        return;
      case "ping":
        this.#countControl();
        this.#send({ kind: "pong", number: message.number });
        return;
      case "pong":
        this.#countControl();
        return;
      case "value":
      case "fault":
        throw new Fault("protocol_error", `an answer to call ${message.id}, but this side made none`);
      case "goaway":
        throw new Fault("protocol_error", "a goaway from a client");
      default:
        unreachable(message);
    }
  }

  /** No new calls; those that run go on. */
  drain(): void {
    this.#draining = true;
    this.#send({ kind: "goaway", reason: "the daemon stops" });
    if (this.#incoming.working === 0) this.#drained();
  }

  /** Answers all that runs with a fault and tells the handlers. @param why - asked for it where anything runs */
  stopAll(why: () => Fault): void {
    // Nearly always nothing does: a fault keeps the stack that it was made on, which is dear.
    if (this.#running.size === 0 && this.#held.length === 0) return;
    const fault = why();
    for (const { running } of this.#running.values()) running.stop(fault);
    const { code, detail, parts } = fault;
    const notStarted = new Fault(code, detail, { ...parts, outcome: "not_started" });
    for (const { permitted } of this.#held.splice(0)) this.#drop(permitted, notStarted);
  }

  /** The peer is gone: nobody waits for what still runs. */
  lost(): void {
    this.#lost = true;
    this.stopAll(
      () => new Fault("cancelled", "the caller is gone", { origin: "channel", outcome: "unknown" }),
    );
    // What was read and not decided, since a bad frame came behind it, gives its slots back.
    this.#core.turn.read();
  }

  /** Nothing is decided for it any longer, also of what was read already. */
  endSession(): void {
    this.#lost = true;
  }

  value(call: number, value: unknown): void {
    if (!this.#incoming.answer(call)) return;
    const frame = this.#encodeValue(call, value);
    if (frame instanceof Fault) {
      this.#core.log.error("a result cannot be sent", {
        request: requestId(this.#session, call),
        error: frame,
      });
      this.#sendFault(call, frame);
    } else if (frame.length > SMALL_BYTES && !this.#share.hasRoomFor(frame.length)) {
      this.#sendFault(call, noRoom(frame.length));
    } else this.#link.send(frame);
  }

  fault(call: number, fault: Fault): void {
    if (this.#incoming.answer(call)) this.#sendFault(call, fault);
  }

  ended(call: number): void {
    this.#running.delete(call);
    const bytes = this.#incoming.end(call);
    if (bytes !== undefined) this.#share.endCall(bytes);
    if (this.#draining && !this.#lost && this.#incoming.working === 0) this.#drained();
  }

  failed(error: unknown): void {
    this.#link.destroy(error);
  }

  #call(message: CallMessage, bytes: number): void {
    const full = this.#begin(message.id, bytes);
    this.#cancelsLeft++;
    if (full !== undefined) {
      this.#sendFault(message.id, full);
      return;
    }
    if (this.#draining) {
      this.fault(message.id, stopping());
      this.ended(message.id);
      return;
    }
    if (this.#owesUntilMs > 0) {
      const owedMs = Math.ceil(this.#owesUntilMs - this.#core.clock.monotonicMs());
      if (owedMs > 0) {
        this.fault(message.id, owing(owedMs));
        this.ended(message.id);
        return;
      }
      this.#owesUntilMs = 0;
    }
    this.#core.turn.add(new WaitingCall(this, this.#session, message, bytes));
  }

  /** Takes a slot of the connection and one of its principal. @returns the answer where there is none */
  #begin(id: number, bytes: number): Fault | undefined {
    const full = this.#incoming.begin(id, bytes);
    if (full !== undefined) return full;
    const shareFull = this.#share.beginCall(bytes);
    if (shareFull !== undefined) this.#incoming.end(id);
    return shareFull;
  }

  /** A call that was cancelled, or whose caller is gone, before it was decided is dropped. */
  stillWanted(id: number): boolean {
    if (!this.#lost && this.#incoming.cancels(id)) return true;
    this.ended(id);
    return false;
  }

  decided(id: number, answer: Permitted | Fault): void {
    if (answer instanceof Fault) {
      this.fault(id, answer);
      this.ended(id);
      if (answer.code === "permission_denied" || answer.code === "invalid_argument") this.#countDenied();
    } else if (this.#link.isChoked) {
      this.#held.push({ permitted: answer, since: this.#core.clock.monotonicMs() });
    } else this.#run(answer);
  }

  /** The gate has counted it. Not read at all, the connection would not notice that its peer has gone. */
  #countDenied(): void {
    const owedMs = this.#core.deniedCalls.owedMs(this.#session.principal.name);
    if (owedMs > 0) this.#owesUntilMs = this.#core.clock.monotonicMs() + owedMs;
  }

  /** The peer reads again: what was permitted meanwhile runs, until it leaves too much unread once more. */
  resume(): void {
    for (let next = this.#held.shift(); next !== undefined; next = this.#held.shift()) {
      const { permitted, since } = next;
      const { id, deadlineMs = CALL_DEADLINE_MS } = permitted.message;
      if (this.#core.clock.monotonicMs() - since >= deadlineMs)
        this.#drop(permitted, heldTooLong(deadlineMs));
      else if (this.stillWanted(id)) this.#run(permitted);
      else permitted.over(true);
      if (this.#link.isChoked) return;
    }
  }

  /** Answers a call that was never begun. */
  #drop(permitted: Permitted, fault: Fault): void {
    const { id } = permitted.message;
    permitted.over(true);
    this.fault(id, fault);
    this.ended(id);
  }

  #run(permitted: Permitted): void {
    const running = this.#core.dispatch.run(permitted, this);
    if (running !== undefined) this.#running.set(permitted.message.id, { permitted, running });
  }

  /** Ends what the rules of this moment would refuse: what runs is told to stop, what is held is never begun. */
  recheck(nowMs: number): void {
    for (const { permitted, running } of this.#running.values()) {
      if (!permitted.isStillAllowed(nowMs)) running.stop(noLongerAllowed("unknown"));
    }
    for (const held of this.#held.filter(({ permitted }) => !permitted.isStillAllowed(nowMs))) {
      this.#held.splice(this.#held.indexOf(held), 1);
      this.#drop(held.permitted, noLongerAllowed("not_started"));
    }
  }

  #cancel(id: number): void {
    const running = this.#running.get(id)?.running;
    // Not decided yet, or held: it will be dropped when its turn comes.
    const outcome = running === undefined ? "not_started" : "unknown";
    const fault = new Fault("cancelled", "the caller cancelled it", { origin: "channel", outcome });
    if (running === undefined) this.fault(id, fault);
    else running.stop(fault);
  }

  #encodeValue(id: number, value: unknown): Uint8Array | Fault {
    try {
      const frame = encodeMessage({ kind: "value", id, value });
      if (frame.length <= SESSION_FRAME_MAX_BYTES) return frame;
      return unsendable(`a result of ${frame.length} bytes, ${SESSION_FRAME_MAX_BYTES} go into a message`);
    } catch (error) {
      // Also what a getter in the result threw: the method's mistake, and no affair of the connection.
      return unsendable("the result has no form on the wire", error);
    }
  }

  #sendFault(id: number, fault: Fault): void {
    const request = requestId(this.#session, id);
    try {
      const frame = encodeMessage({ kind: "fault", id, fault: faultRecord(fault, request) });
      if (frame.length > SESSION_FRAME_MAX_BYTES) throw new Error(`a fault of ${frame.length} bytes`);
      this.#link.send(frame);
    } catch (error) {
      // What the method said of its failure has no form on the wire: the caller still gets an answer.
      this.#core.log.error("a fault cannot be sent whole", { request, error });
      const short = new Fault("internal", fault.detail, { origin: "handler", outcome: "unknown" });
      this.#send({ kind: "fault", id, fault: faultRecord(short, request) });
    }
  }

  #send(message: Message): void {
    this.#link.send(encodeMessage(message));
  }

  #countControl(): void {
    const now = this.#core.clock.monotonicMs();
    if (now - this.#controlSince >= 1000) {
      this.#controlSince = now;
      this.#controlLeft = CONTROL_PER_SECOND;
    }
    this.#controlLeft--;
    if (this.#controlLeft < 0)
      throw new Fault("resource_exhausted", "more pings and cancels than a second may have");
  }
}

/** One call on its way through the turn. */
class WaitingCall implements Waiting {
  readonly session: Session;
  readonly message: CallMessage;
  readonly bytes: number;
  readonly #calls: Calls;

  constructor(calls: Calls, session: Session, message: CallMessage, bytes: number) {
    this.#calls = calls;
    this.session = session;
    this.message = message;
    this.bytes = bytes;
  }

  wanted(): boolean {
    return this.#calls.stillWanted(this.message.id);
  }

  decided(answer: Permitted | Fault): void {
    this.#calls.decided(this.message.id, answer);
  }

  failed(error: unknown): void {
    this.#calls.failed(error);
  }
}

function unreachable(message: never): never {
  throw new Error(`a message of no known kind: ${JSON.stringify(message)}`);
}
