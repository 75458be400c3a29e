import { assertNever } from "../../base/assert-never.ts";
import { Fault } from "../../base/fault.ts";
import type { Link } from "../../link/link.ts";
import { IncomingCalls } from "../../session/calls/incoming.ts";
import { Outbox } from "../../session/outbox.ts";
import { CALL_COST, CONTROL_PER_SECOND, NESTING_MAX } from "../../wire/limits.ts";
import { type ReceivedCall, readMessage } from "../../wire/read-message.ts";
import { WireReference } from "../../wire/reference.ts";
import { ControlBudget } from "../base/control-budget.ts";
import {
  callerGone,
  cancelled,
  nestedTooDeep,
  nestedTooMany,
  owing,
  stopping,
  waitedTooLong,
} from "../faults/calls.ts";
import type { Exported } from "../gate/exported.ts";
import { Debt } from "../limits/debt.ts";
import { InTurn } from "../limits/in-turn.ts";
import type { Share } from "../limits/load.ts";
import { NAMELESS } from "../limits/measures.ts";
import type { ScheduledWork } from "../limits/scheduler.ts";
import type { TimeAccount } from "../limits/time-accounts.ts";
import { faultOfPeer } from "../references/peer-calls.ts";
import { Answers } from "../run/answers.ts";
import type { CallCore } from "../run/core.ts";
import type { Session } from "../session/session.ts";
import { Cuts } from "./cuts.ts";
import { type CallConnection, IncomingCall } from "./incoming-call.ts";
import { LiveTraffic } from "./live-traffic.ts";
import { CallQueue } from "./queue.ts";
import { RunningCalls } from "./running.ts";

/** What of a connection its calls use. */
interface CallsParts {
  readonly link: Link;
  readonly share: Share;
  /** has its turn when there is something to be done for the calls */
  readonly work: ScheduledWork;
}

/**
 * The calls of one session: in from the link, each as an {@link IncomingCall}, through the turn's gate to dispatch.
 *
 *     arrived ──(a slot is free)──────────▶ decided ──(permitted)──▶ runs ──▶ answered, its slot is free
 *        └──(none is)──▶ queued ──(in its turn)──▲          └──(its turn is over)──▶ held ──(in the next)──▲
 */
export class Calls implements CallConnection {
  readonly core: CallCore;
  readonly session: Session;
  readonly share: Share;
  readonly incoming = new IncomingCalls();
  readonly answers: Answers;
  /** Results of handlers, and items of streams, that are encoded. */
  readonly inTurn: InTurn;
  readonly live: LiveTraffic;
  readonly #link: Link;
  readonly #outbox: Outbox;
  readonly #work: ScheduledWork;
  readonly #drained: () => void;
  /** Those that have not ended, by their ids. */
  readonly #calls = new Map<number, IncomingCall>();
  readonly #queue: CallQueue;
  readonly #running: RunningCalls;
  readonly #cuts: Cuts;
  readonly #control: ControlBudget;
  readonly #debt: Debt;
  #draining = false;
  #lost = false;

  /** @param drained - called once, when after {@link drain} the last call has ended */
  constructor(core: CallCore, session: Session, { link, share, work }: CallsParts, drained: () => void) {
    this.core = core;
    this.session = session;
    this.#link = link;
    this.#outbox = new Outbox(link);
    this.share = share;
    this.#work = work;
    this.#drained = drained;
    this.inTurn = new InTurn(core, work);
    // Thousands may come to the end of their time in one moment.
    this.#queue = new CallQueue(
      core.deadlines,
      (call, ms) => void this.#inItsTurn(() => call.refuse(waitedTooLong(ms))),
    );
    this.#control = new ControlBudget(core.clock, CONTROL_PER_SECOND);
    this.#debt = new Debt(core.clock, () => core.deniedCalls.owedMs(session.principal.name));
    this.answers = new Answers(session, this.#outbox, share, core);
    this.#running = new RunningCalls(core, this.#outbox);
    this.live = new LiveTraffic(
      { core, session, outbox: this.#outbox, share, control: this.#control, incoming: this.incoming },
      {
        ask: (call) => this.#ask(call),
        find: (id) => this.#calls.get(id),
        inTurn: (run) => this.#inItsTurn(run),
        released: (exported: Exported) => this.#running.stopOn(exported),
      },
    );
    this.#cuts = new Cuts(link, core.turn, this);
  }

  /** Asks whether the client is alive. */
  ping(number: number): void {
    this.#outbox.tell({ kind: "ping", number });
  }

  /** For whom the work is done. */
  get account(): TimeAccount {
    return this.#work.account;
  }

  get isLost(): boolean {
    return this.#lost;
  }

  /** What runs or waits, what is in use, and what was called and is not answered: a test counts what is left. */
  get counts(): Readonly<
    Record<"calls" | "queued" | "exported" | "imported" | "callbacks" | "pipelined", number>
  > {
    return { calls: this.incoming.size, queued: this.#queue.size, ...this.live.counts };
  }

  /** @throws Fault `protocol_error`: the connection is done */
  receive(frame: Uint8Array): void {
    const message = readMessage(frame);
    switch (message.kind) {
      case "call":
        this.#arrived(message, frame.length);
        return;
      case "cancel":
        this.#control.spend();
        if (this.incoming.cancels(message.id)) this.#cuts.add(() => this.#cancel(message.id));
        return;
      case "item":
        this.live.imports.receive(message, frame.length);
        return;
      case "end":
        this.#control.spend();
        this.live.imports.receive(message, frame.length);
        return;
      case "gone":
        this.#control.spend();
        if (this.live.imports.isInUse(message.ref))
          this.#cuts.add(() => this.live.imports.receive(message, frame.length));
        return;
      case "credit":
      case "release":
        this.#control.spend();
        this.live.exports.receive(message);
        return;
      case "value":
        if (message.value instanceof WireReference)
          throw new Fault("protocol_error", "a callback was answered by a reference");
        this.live.imports.peerCalls.answered(message.id, message.value);
        return;
      case "fault":
        this.live.imports.peerCalls.answered(message.id, faultOfPeer(message.fault));
        return;
      case "progress":
        // A callback may say so; no handler asks for it.
        this.#control.spend();
        this.live.imports.peerCalls.depthOf(message.id);
        return;
      case "ping":
        this.#control.count();
        this.#outbox.tell({ kind: "pong", number: message.number });
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
    this.#outbox.tell({ kind: "goaway", reason: "the daemon stops" });
    for (const call of this.#queue.clear()) call.refuse(stopping());
    if (this.incoming.size === 0) this.#drained();
  }

  /** Answers all that runs or waits with a fault and tells the handlers. @param why - asked for it where there is anything */
  stopAll(why: () => Fault): void {
    this.#running.stopAll(why);
    if (this.#queue.size === 0) return;
    const { code, detail, parts } = why();
    const notStarted = new Fault(code, detail, { ...parts, outcome: "not_started" });
    for (const call of this.#queue.clear()) call.refuse(notStarted);
  }

  /** The peer is gone: nobody waits for what still runs. */
  lost(): void {
    this.#lost = true;
    this.share.forgetWaiting(this.wake);
    for (const call of this.#queue.clear()) call.ended();
    this.stopAll(callerGone);
    this.inTurn.clear();
    this.#cuts.clear();
    this.live.lost();
    // What was read and not decided, since a bad frame came behind it, gives its slots back.
    this.core.turn.read();
  }

  /** Nothing is decided for it any longer, also of what was read already. */
  endSession(): void {
    this.#lost = true;
  }

  permitted(call: IncomingCall): void {
    if (!this.#running.begin(call)) this.wake();
  }

  /** What is not allowed makes a debt; what is wrong, or too much, costs its principal time. */
  denied(): void {
    this.#debt.refused();
  }

  ended(call: IncomingCall): void {
    this.#calls.delete(call.id);
    this.#running.ended(call);
    if (this.#queue.size > 0) this.wake();
    if (this.#draining && !this.#lost && this.incoming.size === 0) this.#drained();
  }

  failed(error: unknown): void {
    this.#link.destroy(error);
  }

  /** Something can be done for the calls: their connection has its turn. */
  readonly wake = (): void => this.core.scheduler.queue(this.#work);

  /** Whether nothing waits for its turn, and for nothing else. */
  get isSettled(): boolean {
    return this.#lost || !(this.#running.hasDue || this.inTurn.size > 0 || this.#canStart);
  }

  get #canStart(): boolean {
    return this.#queue.size > 0 && this.incoming.hasSlot("own") && this.share.hasSlot("own");
  }

  /** Does what waits for its turn, as much as there is time for. @returns whether more could be done at once */
  work(): boolean {
    this.#running.resume();
    this.inTurn.work();
    this.#startQueued();
    if (!this.isSettled) return true;
    this.#cuts.settled();
    return false;
  }

  /** The peer reads again: what waited for that goes on, in its turn. */
  resume(): void {
    if (this.#running.hasDue) this.wake();
    this.live.flow();
  }

  /** Ends what has come to the end of its time. @param nowMs - of the monotonic clock */
  sweep(nowMs: number): void {
    this.live.sweep(nowMs);
  }

  /** Ends what the rules of this moment would refuse: calls, and what was returned. */
  recheck(nowMs: number): void {
    this.#running.recheck(nowMs);
    this.live.recheck(nowMs);
  }

  /** All that a call says beside its arguments takes effect here, in the order of arrival; the arguments wait as bytes. */
  #arrived(message: ReceivedCall, bytes: number): void {
    const { id, target, within, args } = message;
    const depth = within === undefined ? 1 : this.live.imports.peerCalls.depthOf(within) + 1;
    const cost = CALL_COST + args.cost;
    const connectionFull = this.incoming.begin(id, cost);
    this.#control.allow();
    const call = new IncomingCall(this, message, bytes);
    this.#calls.set(id, call);
    // It may end the connection: what is taken of the principal's share before that would never be given back.
    const tooMany = call.hasReferences ? this.#takeReferences(message, depth) : undefined;
    const full = connectionFull ?? this.#takeShare(id, cost);
    if (full !== undefined) {
      this.answers.fault(message, full, NAMELESS);
      call.ended();
      this.live.failed(id, full);
      return;
    }
    if (tooMany !== undefined) return call.refuse(tooMany);
    if (this.#draining) return call.refuse(stopping());
    const owedMs = this.#debt.owedMs();
    if (owedMs > 0) return call.refuse(owing(owedMs));
    if (depth > NESTING_MAX) return call.refuse(nestedTooDeep());
    if (depth > 1 && !this.#takeNestedSlot(id)) return call.refuse(nestedTooMany());
    if (target === 0) this.#ask(call);
    else this.live.targets.find(call);
  }

  /** @throws Fault `protocol_error` if the numbers of the references do not grow */
  #takeReferences(message: ReceivedCall, depth: number): Fault | undefined {
    try {
      return this.live.imports.take(message, depth);
    } catch (error) {
      // What it has named of this side before that is used by nobody; the principal was not charged yet.
      this.incoming.end(message.id);
      this.#calls.get(message.id)?.ended();
      throw error;
    }
  }

  /** Charges a call to the principal. @returns the answer where there is no room for it */
  #takeShare(id: number, cost: number): Fault | undefined {
    const full = this.share.beginCall(cost);
    if (full !== undefined) this.incoming.end(id);
    return full;
  }

  /** Has a call decided, now or when there is a slot for it. */
  #ask(call: IncomingCall): void {
    if (this.incoming.slotOf(call.id) !== undefined || this.#takeOwnSlot(call.id)) return this.#start(call);
    this.#queue.add(call);
    this.share.awaitSlot(this.wake);
  }

  #start(call: IncomingCall): void {
    // Those that came before it may have been refused meanwhile.
    const owedMs = this.#debt.owedMs();
    if (owedMs > 0) return call.refuse(owing(owedMs));
    call.waitForBatch();
    this.core.turn.add(call);
  }

  #startQueued(): void {
    while (this.#queue.size > 0 && this.incoming.hasSlot("own") && !this.core.scheduler.isOver()) {
      if (!this.share.takeSlot("own")) break;
      const call = this.#queue.take();
      if (call === undefined) throw new Error("no call waits, though one did");
      this.incoming.takeSlot(call.id, "own");
      this.#start(call);
    }
    if (this.#queue.size > 0) this.share.awaitSlot(this.wake);
    else this.share.forgetWaiting(this.wake);
    this.core.turn.read();
  }

  /** A call that nothing waits for takes a slot, if no other waits for one. */
  #takeOwnSlot(id: number): boolean {
    if (this.#queue.size > 0 || !this.incoming.hasSlot("own")) return false;
    return this.share.takeSlot("own") && this.incoming.takeSlot(id, "own");
  }

  /** A call that another may wait for takes a slot that is kept for it. */
  #takeNestedSlot(id: number): boolean {
    if (!this.incoming.hasSlot("nested") || !this.share.takeSlot("nested")) return false;
    return this.incoming.takeSlot(id, "nested");
  }

  #cancel(id: number): void {
    if (!this.incoming.isWaiting(id)) return;
    const queued = this.#queue.remove(id);
    if (queued !== undefined) return queued.refuse(cancelled("not_started"));
    const call = this.#calls.get(id);
    if (call === undefined || call.stop(() => cancelled("unknown"))) return;
    // It is not decided yet, or held: it will be dropped when its turn comes.
    call.fault(cancelled("not_started"));
  }

  /** Does something for the client, whose time it is, now or in its turn. */
  #inItsTurn<T>(run: () => T): T | Promise<T> {
    return this.#lost ? run() : this.inTurn.run(run);
  }
}
