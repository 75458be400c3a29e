import type { Fault } from "../../base/fault.ts";
import type { IncomingCalls } from "../../session/calls/incoming.ts";
import { failureOf, RecentFailures } from "../../session/calls/recent-failures.ts";
import type { Outbox } from "../../session/outbox.ts";
import type { ControlBudget } from "../base/control-budget.ts";
import { callerGone, noLongerAllowed } from "../faults/calls.ts";
import type { Lent } from "../gate/lent.ts";
import type { Share } from "../limits/load.ts";
import { Borrowing } from "../references/borrowing.ts";
import { Lending } from "../references/lending.ts";
import type { CallCore } from "../run/core.ts";
import { Progress } from "../run/progress.ts";
import type { Session } from "../session/session.ts";
import type { CallReferences, IncomingCall } from "./incoming-call.ts";
import { CallTargets } from "./targets.ts";

/** What of a connection it is for. */
interface TrafficParts {
  readonly core: CallCore;
  readonly session: Session;
  readonly outbox: Outbox;
  readonly share: Share;
  readonly control: ControlBudget;
  readonly incoming: IncomingCalls;
}

/** What becomes of calls, and who is told that something is in use no longer. */
interface TrafficOwner {
  /** It is known what a call is on that is on no method of the catalogue: it is to be decided. */
  ask(call: IncomingCall): void;
  /** A call that is not answered, or whose work has not ended. */
  find(call: number): IncomingCall | undefined;
  /** Does something for the client, whose time it is, now or when it has its turn. */
  inTurn<T>(run: () => T): T | Promise<T>;
  released(lent: Lent): void;
}

/**
 * What one connection has beside plain calls: references in both directions, calls on them, words of progress. Each is made when
 * it is first needed: most connections never do, and thousands may be idle.
 */
export class LiveTraffic implements CallReferences {
  readonly #parts: TrafficParts;
  readonly #owner: TrafficOwner;
  #borrowing: Borrowing | undefined;
  #lending: Lending | undefined;
  #targets: CallTargets | undefined;
  #progress: Progress | undefined;
  #failures: RecentFailures | undefined;

  constructor(parts: TrafficParts, owner: TrafficOwner) {
    this.#parts = parts;
    this.#owner = owner;
  }

  /** What the client has passed. */
  get borrowing(): Borrowing {
    const { core, outbox, share, control } = this.#parts;
    this.#borrowing ??= new Borrowing(core, outbox, share, control, (call, id) => {
      const lent = this.#lending?.get(id);
      if (lent !== undefined) this.#owner.find(call)?.use(lent);
      return lent;
    });
    return this.#borrowing;
  }

  /** What calls have returned. */
  get lending(): Lending {
    const { core, session, outbox, control, share } = this.#parts;
    this.#lending ??= new Lending(
      core,
      session,
      outbox,
      { control, share },
      {
        stopped: (lent) => this.#owner.released(lent),
        inTurn: (run) => this.#owner.inTurn(run),
        failed: (call, why) => this.failed(call, why),
      },
    );
    return this.#lending;
  }

  get targets(): CallTargets {
    const { core, incoming } = this.#parts;
    this.#targets ??= new CallTargets(
      core.clock,
      incoming,
      {
        lending: this.lending,
        failureOf: (call) => this.#failures?.find(call),
      },
      (call) => this.#owner.ask(call),
    );
    return this.#targets;
  }

  get progress(): Progress {
    const { core, outbox } = this.#parts;
    this.#progress ??= new Progress(core.clock, core.deadlines, (message) => outbox.tell(message));
    return this.#progress;
  }

  /** What is in use, and what was called and is not answered: a test counts what is left. */
  get counts(): Readonly<Record<"lent" | "borrowed" | "callbacks" | "hanging", number>> {
    return {
      lent: this.#lending?.size ?? 0,
      borrowed: this.#borrowing?.size ?? 0,
      callbacks: this.#borrowing?.peerCalls.size ?? 0,
      hanging: this.#targets?.size ?? 0,
    };
  }

  /** A call is about to be answered: how far it is, is said before. */
  beforeAnswer(call: number): void {
    this.#progress?.end(call);
  }

  /** What was passed with a call is over. */
  endCall(call: number): void {
    this.#borrowing?.endCall(call);
  }

  /** A call is answered. @returns whether something hung on it */
  answered(call: number, lent: Lent | undefined, fault: Fault | undefined): boolean {
    return this.#targets?.answered(call, lent, fault) ?? false;
  }

  /** A call has given nothing that can be called. */
  failed(call: number, why: Fault): void {
    this.#failures ??= new RecentFailures();
    this.#failures.add(call, failureOf(why));
  }

  /** A call is over. */
  ended(call: number): void {
    this.#borrowing?.endCall(call);
    this.#targets?.ended(call);
  }

  /** The client reads again. */
  flow(): void {
    this.#lending?.flow();
    this.#borrowing?.peerCalls.flow();
  }

  /** Ends what has come to the end of its time. @param nowMs - of the monotonic clock */
  sweep(nowMs: number): void {
    this.#lending?.sweep(nowMs);
    this.#borrowing?.sweep(nowMs);
  }

  /** Ends what the rules of this moment would not have given. @param wallMs - milliseconds since 1970 */
  recheck(wallMs: number): void {
    this.#lending?.recheck(wallMs, () => noLongerAllowed("unknown"));
  }

  /** The connection is gone, and all that went over it. */
  lost(): void {
    this.#lending?.lost(callerGone());
    this.#borrowing?.lost();
  }
}
