import type { Fault } from "../../base/fault.ts";
import type { IncomingCalls } from "../../session/calls/incoming.ts";
import { failureOf, RecentFailures } from "../../session/calls/recent-failures.ts";
import type { Outbox } from "../../session/outbox.ts";
import type { ControlBudget } from "../base/control-budget.ts";
import { callerGone, noLongerAllowed } from "../faults/calls.ts";
import type { Exported } from "../gate/exported.ts";
import type { Share } from "../limits/load.ts";
import { Exports } from "../references/exports.ts";
import { Imports } from "../references/imports.ts";
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
  released(exported: Exported): void;
}

/**
 * What one connection has beside plain calls: references in both directions, calls on them, words of progress. Each is made when
 * it is first needed: most connections never do, and thousands may be idle.
 */
export class LiveTraffic implements CallReferences {
  readonly #parts: TrafficParts;
  readonly #owner: TrafficOwner;
  #imports: Imports | undefined;
  #exports: Exports | undefined;
  #targets: CallTargets | undefined;
  #progress: Progress | undefined;
  #failures: RecentFailures | undefined;

  constructor(parts: TrafficParts, owner: TrafficOwner) {
    this.#parts = parts;
    this.#owner = owner;
  }

  /** What the client has passed. */
  get imports(): Imports {
    const { core, outbox, share, control } = this.#parts;
    this.#imports ??= new Imports(core, outbox, share, control, (call, id) => {
      const exported = this.#exports?.get(id);
      if (exported !== undefined) this.#owner.find(call)?.use(exported);
      return exported;
    });
    return this.#imports;
  }

  /** What calls have returned. */
  get exports(): Exports {
    const { core, session, outbox, control, share } = this.#parts;
    this.#exports ??= new Exports(
      core,
      session,
      outbox,
      { control, share },
      {
        stopped: (exported) => this.#owner.released(exported),
        inTurn: (run) => this.#owner.inTurn(run),
        failed: (call, why) => this.failed(call, why),
      },
    );
    return this.#exports;
  }

  get targets(): CallTargets {
    const { incoming } = this.#parts;
    this.#targets ??= new CallTargets(
      incoming,
      {
        exports: this.exports,
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
  get counts(): Readonly<Record<"exported" | "imported" | "callbacks" | "pipelined", number>> {
    return {
      exported: this.#exports?.size ?? 0,
      imported: this.#imports?.size ?? 0,
      callbacks: this.#imports?.peerCalls.size ?? 0,
      pipelined: this.#targets?.size ?? 0,
    };
  }

  /** A call is about to be answered: how far it is, is said before. */
  beforeAnswer(call: number): void {
    this.#progress?.end(call);
  }

  /** What was passed with a call is over. */
  endCall(call: number): void {
    this.#imports?.endCall(call);
  }

  /** A call is answered. @returns whether something hung on it */
  answered(call: number, exported: Exported | undefined, fault: Fault | undefined): boolean {
    return this.#targets?.answered(call, exported, fault) ?? false;
  }

  /** A call has given nothing that can be called. */
  failed(call: number, why: Fault): void {
    this.#failures ??= new RecentFailures();
    this.#failures.add(call, failureOf(why));
  }

  /** A call is over. */
  ended(call: number): void {
    this.#imports?.endCall(call);
    this.#targets?.ended(call);
  }

  /** The client reads again. */
  flow(): void {
    this.#exports?.flow();
    this.#imports?.peerCalls.flow();
  }

  /** Ends what has come to the end of its time. @param nowMs - of the monotonic clock */
  sweep(nowMs: number): void {
    this.#exports?.sweep(nowMs);
    this.#imports?.sweep(nowMs);
  }

  /** Ends what the rules of this moment would not have given. @param wallMs - milliseconds since 1970 */
  recheck(wallMs: number): void {
    this.#exports?.recheck(wallMs, () => noLongerAllowed("unknown"));
  }

  /** The connection is gone, and all that went over it. */
  lost(): void {
    this.#exports?.lost(callerGone());
    this.#imports?.lost();
  }
}
