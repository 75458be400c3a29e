import { assertNever } from "../../base/assert-never.ts";
import { Fault } from "../../base/fault.ts";
import type { LiveReference } from "../../catalogue/live-reference.ts";
import type { Link } from "../../link/link.ts";
import type { Param } from "../../service/engine.ts";
import { IncomingCalls } from "../../session/calls/incoming.ts";
import { CALL_COST, CONTROL_PER_SECOND, NESTING_MAX } from "../../wire/limits.ts";
import { encodeMessage } from "../../wire/message.ts";
import { COPY_COST } from "../../wire/packed.ts";
import { type ReceivedCall, readMessage } from "../../wire/read-message.ts";
import { WireReference } from "../../wire/reference.ts";
import { ControlBudget } from "../base/control-budget.ts";
import type { Going, LiveResult } from "../base/live-result.ts";
import {
  callerGone,
  cancelled,
  nestedTooDeep,
  nestedTooMany,
  noRoom,
  noRoomToKeep,
  owing,
  stopping,
  waitedTooLong,
} from "../faults/calls.ts";
import type { Permitted } from "../gate/gate.ts";
import type { Lent } from "../gate/lent.ts";
import { Debt } from "../limits/debt.ts";
import { InTurn } from "../limits/in-turn.ts";
import type { Share } from "../limits/load.ts";
import { NAMELESS } from "../limits/measures.ts";
import type { ScheduledWork } from "../limits/scheduler.ts";
import type { TimeAccount } from "../limits/time-accounts.ts";
import { faultOfPeer } from "../references/peer-calls.ts";
import { Answers, roughBytes } from "../run/answers.ts";
import type { Core } from "../run/core.ts";
import type { Answerer } from "../run/dispatch.ts";
import type { Called, Session } from "../session/session.ts";
import { LiveTraffic } from "./live-traffic.ts";
import { CallQueue } from "./queue.ts";
import { RunningCalls } from "./running.ts";
import type { Asking } from "./targets.ts";
import { type Caller, WaitingCall } from "./waiting.ts";

/** Messages that cut something off, of one connection, before the next one's turn: each waits until all before it is settled. */
const CUTS_IN_TURN_MAX = 8;

/** What of a connection its calls use. */
interface CallsParts {
  readonly link: Link;
  readonly share: Share;
  /** has its turn when there is something to be done for the calls */
  readonly work: ScheduledWork;
}

/**
 * The calls of one session: in from the link, through the turn's gate to dispatch, and their answers out.
 *
 *     arrived ──(a slot is free)──────────▶ decided ──(permitted)──▶ runs ──▶ answered, its slot is free
 *        └──(none is)──▶ queued ──(in its turn)──▲          └──(its turn is over)──▶ held ──(in the next)──▲
 */
export class Calls implements Answerer, Caller {
  readonly #core: Core;
  readonly #session: Session;
  readonly #link: Link;
  readonly #share: Share;
  readonly #work: ScheduledWork;
  readonly #drained: () => void;
  readonly #incoming = new IncomingCalls();
  readonly #queue: CallQueue;
  readonly #running: RunningCalls;
  /** Results of handlers, and items of streams, that are encoded. */
  readonly #inTurn: InTurn;
  /** What waits until all that was sent before it has had its chance. */
  #afterWork: (() => void) | undefined;
  readonly #answers: Answers;
  readonly #live: LiveTraffic;
  readonly #control: ControlBudget;
  readonly #debt: Debt;
  /** Messages that cut something off since the others last had their turn. */
  #cutsInTurn = 0;
  #draining = false;
  #lost = false;

  /** @param drained - called once, when after {@link drain} the last call has ended */
  constructor(core: Core, session: Session, { link, share, work }: CallsParts, drained: () => void) {
    this.#core = core;
    this.#session = session;
    this.#link = link;
    this.#share = share;
    this.#work = work;
    this.#inTurn = new InTurn(core, work);
    // Thousands may come to the end of their time in one moment.
    this.#queue = new CallQueue(
      core.clock,
      core.deadlines,
      (id, ms) => void this.inTurn(() => this.refuse(id, waitedTooLong(ms))),
    );
    this.#drained = drained;
    this.#control = new ControlBudget(core.clock, CONTROL_PER_SECOND);
    this.#debt = new Debt(core.clock, () => core.deniedCalls.owedMs(session.principal.name));
    this.#answers = new Answers(session, link, share, core);
    this.#running = new RunningCalls(core, link, this);
    this.#live = new LiveTraffic(
      { core, session, link, share, control: this.#control, incoming: this.#incoming },
      this,
    );
  }

  /** For whom the work is done. */
  get account(): TimeAccount {
    return this.#work.account;
  }

  /** What runs or waits, what is in use, and what was called and is not answered: a test counts what is left. */
  get counts(): Readonly<Record<"calls" | "queued" | "lent" | "borrowed" | "callbacks" | "hanging", number>> {
    return { calls: this.#incoming.size, queued: this.#queue.size, ...this.#live.counts };
  }

  /** @throws Fault `protocol_error`: the connection is done */
  receive(frame: Uint8Array): void {
    const message = readMessage(frame);
    switch (message.kind) {
      case "call":
        this.#call(message, frame.length);
        return;
      case "cancel":
        this.#control.spend();
        if (this.#incoming.cancels(message.id)) this.#afterAllBefore(() => this.#cancel(message.id));
        return;
      case "item":
        this.#live.borrowing.receive(message, frame.length);
        return;
      case "end":
        this.#control.spend();
        this.#live.borrowing.receive(message, frame.length);
        return;
      case "gone":
        this.#control.spend();
        if (this.#live.borrowing.isInUse(message.ref))
          this.#afterAllBefore(() => this.#live.borrowing.receive(message, frame.length));
        return;
      case "credit":
      case "release":
        this.#control.spend();
        this.#live.lending.receive(message);
        return;
      case "value":
        if (message.value instanceof WireReference)
          throw new Fault("protocol_error", "a callback was answered by a reference");
        this.#live.borrowing.peerCalls.answered(message.id, message.value);
        return;
      case "fault":
        this.#live.borrowing.peerCalls.answered(message.id, faultOfPeer(message.fault));
        return;
      case "progress":
        // A callback may say so; no handler asks for it.
        this.#control.spend();
        this.#live.borrowing.peerCalls.depthOf(message.id);
        return;
      case "ping":
        this.#control.count();
        this.#link.send(encodeMessage({ kind: "pong", number: message.number }));
        return;
      case "pong":
        this.#control.count();
        return;
      case "goaway":
        throw new Fault("protocol_error", "a goaway from a client");
      default:
        assertNever(message, "a message");
    }
  }

  /** No new calls; those that run go on. */
  drain(): void {
    this.#draining = true;
    this.#link.send(encodeMessage({ kind: "goaway", reason: "the daemon stops" }));
    for (const id of this.#queue.clear()) this.refuse(id, stopping());
    if (this.#incoming.size === 0) this.#drained();
  }

  /** Answers all that runs or waits with a fault and tells the handlers. @param why - asked for it where there is anything */
  stopAll(why: () => Fault): void {
    this.#running.stopAll(why);
    if (this.#queue.size === 0) return;
    const { code, detail, parts } = why();
    const notStarted = new Fault(code, detail, { ...parts, outcome: "not_started" });
    for (const id of this.#queue.clear()) this.refuse(id, notStarted);
  }

  /** The peer is gone: nobody waits for what still runs. */
  lost(): void {
    this.#lost = true;
    this.#share.forgetWaiting(this.#wake);
    for (const id of this.#queue.clear()) this.ended(id);
    this.stopAll(callerGone);
    this.#inTurn.clear();
    this.#afterWork = undefined;
    this.#live.lost();
    // What was read and not decided, since a bad frame came behind it, gives its slots back.
    this.#core.turn.read();
  }

  /** Nothing is decided for it any longer, also of what was read already. */
  endSession(): void {
    this.#lost = true;
  }

  /** Does something for the client, whose time it is, now or in its turn. */
  inTurn<T>(run: () => T): T | Promise<T> {
    return this.#lost ? run() : this.#inTurn.run(run);
  }

  /** Answers with a value, in the turn of the client; while it waits for that, it is charged. */
  valueInTurn(permitted: Permitted, value: unknown): void | Promise<void> {
    if (this.#lost || !this.#inTurn.isBehind) return this.value(permitted, value);
    const bytes = roughBytes(value);
    if (!this.#share.take(bytes)) return this.fault(permitted, noRoom(bytes));
    return this.inTurn(() => {
      this.#share.give(bytes);
      this.value(permitted, value);
    });
  }

  value(permitted: Permitted, value: unknown): void {
    this.#inTurn.charged(() => this.#value(permitted, value));
  }

  #value(permitted: Permitted, value: unknown): void {
    const { id } = permitted.message;
    if (!this.#incoming.answer(id)) return;
    this.#live.beforeAnswer(id);
    this.#answers.value(permitted.message, value, permitted.row.entry.name);
    this.#answered(id, undefined, undefined);
  }

  lend(permitted: Permitted, result: LiveResult): Going | undefined {
    return this.#inTurn.charged(() => this.#lend(permitted, result));
  }

  #lend(permitted: Permitted, result: LiveResult): Going | undefined {
    const { message } = permitted;
    const { id } = message;
    if (!this.#incoming.isWaiting(id)) {
      this.#live.lending.discard(result);
      return undefined;
    }
    // It throws before anything is answered.
    const { reference, going } = this.#live.lending.pass(permitted, result, this.#live.borrowing);
    this.#incoming.answer(id);
    this.#live.beforeAnswer(id);
    this.#answers.value(message, reference, permitted.row.entry.name);
    this.#answered(id, this.#live.resultOf(id), undefined, going !== undefined);
    return going;
  }

  fault(permitted: Permitted, fault: Fault): void {
    this.#fault(permitted.message, fault, permitted.row.entry.name);
  }

  /** @param method - under which it is counted; nothing where it is already */
  #fault(call: Called, fault: Fault, method: string | undefined): void {
    this.#inTurn.charged(() => this.#answerFault(call, fault, method));
  }

  #answerFault(call: Called, fault: Fault, method: string | undefined): void {
    const { id } = call;
    if (!this.#incoming.answer(id)) return;
    this.#live.beforeAnswer(id);
    this.#answers.fault(call, fault, method);
    this.#answered(id, undefined, fault);
  }

  open(permitted: Permitted, param: Param, reference: LiveReference): unknown {
    return this.#live.borrowing.open(permitted, param, reference);
  }

  progress(call: number, done: number, total: number | undefined, note: string | undefined): void {
    if (this.#incoming.isWaiting(call)) this.#live.progress.report(call, done, total, note);
  }

  ended(call: number): void {
    this.#running.ended(call);
    this.#live.ended(call);
    const ended = this.#incoming.end(call);
    if (ended !== undefined) this.#share.endCall(ended.cost, ended.slot);
    if (this.#queue.size > 0) this.#wake();
    if (this.#draining && !this.#lost && this.#incoming.size === 0) this.#drained();
  }

  /** Something can be done for the calls: their connection has its turn. */
  readonly #wake = (): void => this.#core.scheduler.queue(this.#work);

  /** Whether nothing waits for its turn, and for nothing else. */
  get isSettled(): boolean {
    return this.#lost || !(this.#running.hasDue || this.#inTurn.size > 0 || this.#canStart);
  }

  get #canStart(): boolean {
    return this.#queue.size > 0 && this.#incoming.hasSlot("own") && this.#share.hasSlot("own");
  }

  /** Does what waits for its turn, as much as there is time for. @returns whether more could be done at once */
  work(): boolean {
    this.#running.resume();
    this.#inTurn.work();
    this.#startQueued();
    if (!this.isSettled) return true;
    const next = this.#afterWork;
    this.#afterWork = undefined;
    next?.();
    return false;
  }

  #startQueued(): void {
    while (this.#queue.size > 0 && this.#incoming.hasSlot("own") && !this.#core.scheduler.isOver()) {
      if (!this.#share.takeSlot("own")) break;
      const next = this.#queue.take();
      if (next === undefined) throw new Error("no call waits, though one did");
      this.#incoming.takeSlot(next.asking.message.id, "own");
      this.#start(next.asking, next.on);
    }
    if (this.#queue.size > 0) this.#share.awaitSlot(this.#wake);
    else this.#share.forgetWaiting(this.#wake);
    this.#core.turn.read();
  }

  failed(error: unknown): void {
    this.#link.destroy(error);
  }

  /** The caller has its answer: what it passed is over, unless a stream goes on, and what hung on it is decided. */
  #answered(call: number, lent: Lent | undefined, fault: Fault | undefined, goesOn = false): void {
    if (!goesOn) this.#live.endCall(call);
    if (fault !== undefined) this.#live.failed(call, fault);
    // It may have been answered in the middle of a turn: what hung on it has one of its own.
    if (this.#live.answered(call, lent, fault)) process.nextTick(() => this.#core.turn.read());
  }

  /** Answers a call that is not decided. */
  refuse(id: number, fault: Fault): void {
    this.#fault({ id }, fault, NAMELESS);
    this.ended(id);
  }

  /** Has a call decided, now or when there is a slot for it. @param on - what it is on, where that is no method of the catalogue */
  ask(asking: Asking, on: Lent | undefined): void {
    const { id } = asking.message;
    if (this.#incoming.slotOf(id) !== undefined || this.#takeOwnSlot(id)) return this.#start(asking, on);
    this.#queue.add(asking, on);
    this.#share.awaitSlot(this.#wake);
  }

  #start({ message, bytes, hasReferences }: Asking, on: Lent | undefined): void {
    // Those that came before it may have been refused meanwhile.
    const owedMs = this.#debt.owedMs();
    if (owedMs > 0) return this.refuse(message.id, owing(owedMs));
    this.#core.turn.add(new WaitingCall(this, this.#session, message, { bytes, on, hasReferences }));
  }

  /** A call that nothing waits for takes a slot, if no other waits for one. */
  #takeOwnSlot(id: number): boolean {
    if (this.#queue.size > 0 || !this.#incoming.hasSlot("own")) return false;
    return this.#share.takeSlot("own") && this.#incoming.takeSlot(id, "own");
  }

  /** A call that another may wait for takes a slot that is kept for it. */
  #takeNestedSlot(id: number): boolean {
    if (!this.#incoming.hasSlot("nested") || !this.#share.takeSlot("nested")) return false;
    return this.#incoming.takeSlot(id, "nested");
  }

  /** All that a call says beside its arguments takes effect here, in the order of arrival; the arguments wait as bytes. */
  #call(message: ReceivedCall, bytes: number): void {
    const { id, target, within, args } = message;
    const depth = within === undefined ? 1 : this.#live.borrowing.peerCalls.depthOf(within) + 1;
    const cost = CALL_COST + args.cost;
    const connectionFull = this.#incoming.begin(id, cost);
    this.#control.allow();
    const hasReferences = args.references.length > 0;
    // It may end the connection: what is taken of the principal's share before that would never be given back.
    const tooMany = hasReferences ? this.#takeReferences(message, depth) : undefined;
    const full = connectionFull ?? this.#takeShare(id, cost);
    if (full !== undefined) {
      this.#answers.fault(message, full, NAMELESS);
      this.#live.ended(id);
      this.#live.failed(id, full);
      return;
    }
    if (tooMany !== undefined) return this.refuse(id, tooMany);
    if (this.#draining) return this.refuse(id, stopping());
    const owedMs = this.#debt.owedMs();
    if (owedMs > 0) return this.refuse(id, owing(owedMs));
    if (depth > NESTING_MAX) return this.refuse(id, nestedTooDeep());
    if (depth > 1 && !this.#takeNestedSlot(id)) return this.refuse(id, nestedTooMany());
    const asking = { message, bytes, hasReferences };
    if (target === 0) this.ask(asking, undefined);
    else this.#live.targets.find(asking);
  }

  /** @throws Fault `protocol_error` if the numbers of the references do not grow */
  #takeReferences(message: ReceivedCall, depth: number): Fault | undefined {
    try {
      return this.#live.borrowing.take(message, depth);
    } catch (error) {
      // What it has named of this side before that is used by nobody.
      this.#live.ended(message.id);
      throw error;
    }
  }

  /** Charges a call to the principal. @returns the answer where there is no room for it */
  #takeShare(id: number, cost: number): Fault | undefined {
    const full = this.#share.beginCall(cost);
    if (full !== undefined) this.#incoming.end(id);
    return full;
  }

  /** A call that was cancelled, or whose caller is gone, before it was decided is dropped. */
  stillWanted(id: number): boolean {
    if (!this.#lost && this.#incoming.cancels(id)) return true;
    this.ended(id);
    return false;
  }

  decided(id: number, answer: Permitted | Fault): void {
    if (answer instanceof Fault) {
      // The gate has counted it.
      this.#fault({ id }, answer, undefined);
      this.ended(id);
      // What is not allowed makes a debt; what is wrong, or too much, costs its principal time.
      if (answer.code === "permission_denied") this.#debt.refused();
    } else if (!this.#running.begin(answer)) this.#wake();
  }

  keep({ message: { id, args } }: Permitted): void {
    if (args.isStaying) return;
    const cost = COPY_COST + args.length;
    if (!this.#incoming.hasRoomFor(cost) || !this.#share.take(cost)) throw noRoomToKeep(cost);
    this.#incoming.charge(id, cost);
    args.stay();
  }

  /** The peer reads again: what waited for that goes on, in its turn. */
  resume(): void {
    if (this.#running.hasDue) this.#wake();
    this.#live.flow();
  }

  /** Something was cut off, or a stream was released: what runs on it is told. */
  released(lent: Lent): void {
    this.#running.stopOn(lent);
  }

  /** Ends what has come to the end of its time. @param nowMs - of the monotonic clock */
  sweep(nowMs: number): void {
    this.#live.sweep(nowMs);
  }

  /** Ends what the rules of this moment would refuse: calls, and what was returned. */
  recheck(nowMs: number): void {
    this.#running.recheck(nowMs);
    this.#live.recheck(nowMs);
  }

  /**
   * A message that cuts something off takes effect when all that was sent before it has had its chance: a call that can be
   * answered at once is answered. What was sent behind it waits for that. So it does not matter which of them came together.
   */
  #afterAllBefore(takeEffect: () => void): void {
    this.#link.pause();
    this.#whenSettled(() => {
      if (this.#lost) return;
      try {
        takeEffect();
      } catch (error) {
        this.failed(error);
      }
      // Each of them is a batch of its own: after some the other connections have their turn.
      this.#cutsInTurn++;
      if (this.#cutsInTurn < CUTS_IN_TURN_MAX) return this.#link.resume();
      this.#cutsInTurn = 0;
      setImmediate(() => this.#link.resume());
    });
  }

  /** Runs a function once all calls that were read, and can be answered at once, are answered. */
  #whenSettled(run: () => void): void {
    this.#core.turn.whenSettled(() => {
      if (this.isSettled) return run();
      // Some of them wait for their turn. The link is paused, so there is one who asks.
      this.#afterWork = () => this.#whenSettled(run);
      this.#wake();
    });
  }

  #cancel(id: number): void {
    if (!this.#incoming.isWaiting(id)) return;
    if (this.#queue.remove(id)) return this.refuse(id, cancelled("not_started"));
    if (this.#running.stop(id, () => cancelled("unknown"))) return;
    // It is not decided yet, or held: it will be dropped when its turn comes.
    this.#fault({ id }, cancelled("not_started"), this.#running.heldOf(id)?.row.entry.name ?? NAMELESS);
  }
}
