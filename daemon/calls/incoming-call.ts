import { Fault } from "../../base/fault.ts";
import type { LiveReference } from "../../catalogue/live-reference.ts";
import type { Param } from "../../service/engine.ts";
import type { IncomingCalls } from "../../session/calls/incoming.ts";
import { COPY_COST } from "../../wire/packed.ts";
import type { ReceivedCall } from "../../wire/read-message.ts";
import type { Going, LiveResult } from "../base/live-result.ts";
import { noRoom, noRoomToKeep } from "../faults/calls.ts";
import { gone } from "../faults/references.ts";
import type { Exported } from "../gate/exported.ts";
import type { Permitted } from "../gate/gate.ts";
import type { WaitingCall } from "../gate/turn.ts";
import type { InTurn } from "../limits/in-turn.ts";
import type { Share } from "../limits/load.ts";
import { NAMELESS } from "../limits/measures.ts";
import type { TimeAccount } from "../limits/time-accounts.ts";
import type { Exports } from "../references/exports.ts";
import type { Imports } from "../references/imports.ts";
import { type Answers, roughBytes } from "../run/answers.ts";
import type { CallCore } from "../run/core.ts";
import type { Answerer, Running } from "../run/dispatch.ts";
import type { Progress } from "../run/progress.ts";
import type { Session } from "../session/session.ts";

/** The references of a connection, and what hangs on its calls. */
export interface CallReferences {
  readonly imports: Imports;
  readonly exports: Exports;
  readonly progress: Progress;
  /** A call is about to be answered. */
  beforeAnswer(call: number): void;
  /** A call is answered. @returns whether something hung on it */
  answered(call: number, exported: Exported | undefined, fault: Fault | undefined): boolean;
  /** A call has given nothing that can be called. */
  failed(call: number, why: Fault): void;
  /** What was passed with a call is over. */
  endCall(call: number): void;
  /** The work of a call has ended. */
  ended(call: number): void;
}

/** The connection of a call. */
export interface CallConnection {
  readonly core: CallCore;
  readonly session: Session;
  readonly share: Share;
  readonly incoming: IncomingCalls;
  readonly answers: Answers;
  readonly inTurn: InTurn;
  readonly live: CallReferences;
  readonly account: TimeAccount;
  /** Whether nobody can be answered any longer. */
  readonly isLost: boolean;
  /** A call is permitted: it is held, and runs now or in its turn. */
  permitted(call: IncomingCall): void;
  /** A call was denied. */
  denied(): void;
  /** The work of a call has ended: its slot is free. */
  ended(call: IncomingCall): void;
  /** Something that cannot be was thrown: it ends the connection. */
  failed(error: unknown): void;
}

/** What happens to the work of a call. */
export type CallWork =
  | { readonly state: "arrived" }
  /** for a slot, or for the answer of the call that it is on; since a time of the monotonic clock, in milliseconds */
  | { readonly state: "waiting"; readonly for: "slot" | "base"; readonly sinceMs: number }
  /** to be decided with others */
  | { readonly state: "waiting"; readonly for: "batch" }
  | {
      readonly state: "held";
      readonly permitted: Permitted;
      readonly sinceMs: number;
      /** The rules have changed since it was permitted, and would not admit it now: it ends as those end that ran by then. */
      isRefusedNow: boolean;
    }
  | { readonly state: "running"; readonly permitted: Permitted; running: Running | undefined }
  | { readonly state: "ended" };

const IN_BATCH: CallWork = { state: "waiting", for: "batch" };

/**
 * One call of the client, from its arrival to the end of its work.
 *
 *     work      arrived ─▶ waiting for its base ─▶ waiting for a slot ─▶ waiting for the batch ─▶ held ─▶ running ─▶ ended
 *                  └────────────┴──────────────────────┴──────────────────────┴─(denied, cut off)──┴─────────────────▶ ended
 *     answer    owed ──(value, fault, cancel, stop)──▶ given
 *
 * The two are apart: a call that was cancelled has its answer and can still run, and its slot is taken until it has ended. It is
 * answered once, and it frees once what it has taken.
 */
export class IncomingCall implements WaitingCall, Answerer {
  /** of its message, in bytes */
  readonly bytes: number;
  readonly #connection: CallConnection;
  #message: ReceivedCall;
  #on: Exported | undefined;
  #work: CallWork = { state: "arrived" };
  /** What it uses of what other calls have returned. */
  #uses: Exported[] | undefined;

  constructor(connection: CallConnection, message: ReceivedCall, bytes: number) {
    this.#connection = connection;
    this.#message = message;
    this.bytes = bytes;
  }

  get id(): number {
    return this.#message.id;
  }

  get message(): ReceivedCall {
    return this.#message;
  }

  get session(): Session {
    return this.#connection.session;
  }

  get account(): TimeAccount {
    return this.#connection.account;
  }

  /** What it is called on, where that is no method of the catalogue. */
  get on(): Exported | undefined {
    return this.#on;
  }

  get hasReferences(): boolean {
    return this.#message.args.references.length > 0;
  }

  get work(): CallWork {
    return this.#work;
  }

  /** Its work, while it is held. */
  get held(): Extract<CallWork, { state: "held" }> {
    const work = this.#work;
    if (work.state === "held") return work;
    throw new Error(`call ${this.id} is not held: it is ${work.state}`);
  }

  /** It is on what another call has returned. @param method - with the interface in front, as the policy has it */
  setTarget(on: Exported, method: string): void {
    this.#on = on;
    this.#message = { ...this.#message, method };
  }

  /** A part of its time is over. @param deadlineMs - what is left, in milliseconds */
  setDeadline(deadlineMs: number): void {
    this.#message = { ...this.#message, deadlineMs };
  }

  /** It uses what another call has returned, which is not disposed of before this one has ended. */
  use(exported: Exported): void {
    exported.began();
    this.#uses ??= [];
    this.#uses.push(exported);
  }

  /** It waits, perhaps for long: its arguments are copied out of what was read with them. */
  wait(what: "slot" | "base"): void {
    this.#message.args.keep();
    this.#work = { state: "waiting", for: what, sinceMs: this.#connection.core.clock.monotonicMs() };
  }

  /** How long it has waited for what it waits for, in milliseconds; 0 where it does not wait. */
  get waitedMs(): number {
    const work = this.#work;
    if (work.state !== "waiting" || work.for === "batch") return 0;
    return this.#connection.core.clock.monotonicMs() - work.sinceMs;
  }

  /** It waits to be decided, at the end of the turn at the latest. */
  waitForBatch(): void {
    this.#work = IN_BATCH;
  }

  /** Whether it is still to be decided. One that was cancelled, or whose caller is gone, is over. */
  wanted(): boolean {
    if (!this.#connection.isLost && this.#isOwed) return true;
    this.ended();
    return false;
  }

  decided(answer: Permitted | Fault): void {
    if (answer instanceof Fault) {
      // The gate has counted it.
      this.#answerFault(answer, undefined);
      this.ended();
      if (answer.code === "permission_denied") this.#connection.denied();
      return;
    }
    const sinceMs = this.#connection.core.clock.monotonicMs();
    this.#work = { state: "held", permitted: answer, sinceMs, isRefusedNow: false };
    this.#connection.permitted(this);
  }

  /** Runs it, which is held. */
  run(): void {
    // What it is on may have been cut off while it waited.
    if (this.#on?.isCutOff === true) return this.refuse(gone());
    const { permitted } = this.held;
    const work: Extract<CallWork, { state: "running" }> = { state: "running", permitted, running: undefined };
    this.#work = work;
    work.running = this.#connection.core.dispatch.run(permitted, this);
    this.#message.args.forget();
  }

  /** Answers a call that is not run. */
  refuse(fault: Fault): void {
    this.#answerFault(fault, this.#methodName ?? NAMELESS);
    this.ended();
  }

  /** Answers it, and tells its handler to stop. @returns false where it does not run */
  stop(why: () => Fault): boolean {
    if (this.#work.state !== "running" || this.#work.running === undefined) return false;
    this.#work.running.stop(why());
    return true;
  }

  valueInTurn(value: unknown): void | Promise<void> {
    const { inTurn, isLost, share } = this.#connection;
    if (isLost || !inTurn.isBehind) return this.value(value);
    const bytes = roughBytes(value);
    if (!share.take(bytes)) return this.fault(noRoom(bytes));
    return inTurn.run(() => {
      share.give(bytes);
      this.value(value);
    });
  }

  value(value: unknown): void {
    const { inTurn, answers } = this.#connection;
    inTurn.charged(() => {
      if (!this.#give()) return;
      answers.value(this.#message, value, this.#methodName ?? NAMELESS);
      this.#answered(undefined, undefined);
    });
  }

  returnReference(result: LiveResult): Going | undefined {
    return this.#connection.inTurn.charged(() => this.#returnReference(result));
  }

  fault(fault: Fault): void {
    this.#answerFault(fault, this.#methodName ?? NAMELESS);
  }

  open(param: Param, reference: LiveReference): unknown {
    return this.#connection.live.imports.open(this.#permitted(), param, reference);
  }

  keep(): void {
    const { args, id } = this.#message;
    if (args.isStaying) return;
    const { incoming, share } = this.#connection;
    const cost = COPY_COST + args.length;
    if (!incoming.hasRoomFor(cost) || !share.take(cost)) throw noRoomToKeep(cost);
    incoming.charge(id, cost);
    args.stay();
  }

  progress(done: number, total: number | undefined, note: string | undefined): void {
    if (this.#isOwed) this.#connection.live.progress.report(this.id, done, total, note);
  }

  /** Its work has ended. Twice is once. */
  ended(): void {
    const work = this.#work;
    if (work.state === "ended") return;
    this.#work = { state: "ended" };
    const { core, incoming, live, share } = this.#connection;
    live.ended(this.id);
    for (const exported of this.#uses ?? []) exported.done(core.clock.monotonicMs());
    this.#uses = undefined;
    this.#on = undefined;
    const ended = incoming.end(this.id);
    if (ended !== undefined) share.endCall(ended.cost, ended.slot);
    if (work.state === "held" || work.state === "running") work.permitted.over(work.state === "held");
    this.#connection.ended(this);
  }

  failed(error: unknown): void {
    this.#connection.failed(error);
    this.ended();
  }

  get #isOwed(): boolean {
    return this.#connection.incoming.isWaiting(this.id);
  }

  /** Under which it is counted: nothing before it is permitted. */
  get #methodName(): string | undefined {
    const work = this.#work;
    return work.state === "held" || work.state === "running" ? work.permitted.row.entry.name : undefined;
  }

  #permitted(): Permitted {
    const work = this.#work;
    if (work.state === "running") return work.permitted;
    throw new Error(`call ${this.id} does not run: it is ${work.state}`);
  }

  /** From here on it has its answer. @returns false where it had one */
  #give(): boolean {
    const { incoming, live } = this.#connection;
    if (!incoming.answer(this.id)) return false;
    live.beforeAnswer(this.id);
    return true;
  }

  #returnReference(result: LiveResult): Going | undefined {
    const { live, answers } = this.#connection;
    if (!this.#isOwed) {
      live.exports.discard(result);
      return undefined;
    }
    // It throws before anything is answered.
    const permitted = this.#permitted();
    const { reference, going } = live.exports.pass(permitted, result, live.imports);
    this.#give();
    answers.value(this.#message, reference, permitted.row.entry.name);
    this.#answered(live.exports.resultOf(this.id), undefined, going !== undefined);
    return going;
  }

  /** @param method - under which it is counted; nothing where it is already */
  #answerFault(fault: Fault, method: string | undefined): void {
    const { inTurn, answers } = this.#connection;
    inTurn.charged(() => {
      if (!this.#give()) return;
      answers.fault(this.#message, fault, method);
      this.#answered(undefined, fault);
    });
  }

  /** The caller has its answer: what it passed is over, unless a stream goes on, and what hung on it is decided. */
  #answered(exported: Exported | undefined, fault: Fault | undefined, goesOn = false): void {
    const { core, live } = this.#connection;
    if (!goesOn) live.endCall(this.id);
    if (fault !== undefined) live.failed(this.id, fault);
    // It may have been answered in the middle of a turn: what hung on it has one of its own.
    if (live.answered(this.id, exported, fault)) process.nextTick(() => core.turn.read());
  }
}
