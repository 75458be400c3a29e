import { Fault } from "../../base/fault.ts";
import type { LiveReference } from "../../catalogue/live-reference.ts";
import { referenceConstraint } from "../../policy/engine.ts";
import { isLiveType, type Param } from "../../service/engine.ts";
import type { ControlMessage, Outbox } from "../../session/outbox.ts";
import { ImportTable } from "../../session/references/imports.ts";
import { REFERENCES_MAX } from "../../wire/limits.ts";
import type { Received, ReceivedCall } from "../../wire/read-message.ts";
import type { ControlBudget } from "../base/control-budget.ts";
import { gone } from "../faults/references.ts";
import { ExportedArgument, ImportedArgument } from "../gate/argument-reference.ts";
import type { Exported } from "../gate/exported.ts";
import type { Permitted } from "../gate/gate.ts";
import type { Share } from "../limits/load.ts";
import type { CallCore } from "../run/core.ts";
import { type Bounds, boundsOf, findPassed, type ImportConnection, Imported } from "./imported.ts";
import { faultOfPeer, type PeerCall, PeerCalls } from "./peer-calls.ts";
import { Relay } from "./relay.ts";

/** What the client of one connection has passed with calls that run. */
export class Imports implements ImportConnection {
  readonly #core: CallCore;
  readonly #outbox: Outbox;
  readonly #share: Share;
  readonly #control: ControlBudget;
  readonly #exportedFor: (call: number, id: number) => Exported | undefined;
  readonly peerCalls: PeerCalls;
  readonly #imported = new ImportTable<Imported>();
  readonly #ofCall = new Map<number, readonly Imported[]>();
  /** What calls pass on of what the client was given: by call, since each ends with its own. */
  readonly #relays = new Map<number, Relay[]>();

  /** @param exportedFor - what this daemon has passed to the client, by its number, for a call that is to use it */
  constructor(
    core: CallCore,
    outbox: Outbox,
    share: Share,
    control: ControlBudget,
    exportedFor: (call: number, id: number) => Exported | undefined,
  ) {
    this.#core = core;
    this.#outbox = outbox;
    this.#share = share;
    this.#control = control;
    this.#exportedFor = exportedFor;
    this.peerCalls = new PeerCalls(outbox, core.deadlines, share);
  }

  /** What is in use: a test counts what is left. */
  get size(): number {
    return this.#imported.size;
  }

  /**
   * Takes the references among the arguments of a call in, which has some; they are over when it is.
   *
   * @param depth - of the call, in calls that call one another
   * @returns the answer to it where the client has passed too many
   * @throws Fault `protocol_error` if their numbers do not grow
   */
  take({ id: call, trace, args }: ReceivedCall, depth: number): Fault | undefined {
    const taken: Imported[] = [];
    const isFull = !this.#imported.hasRoomFor(args.references.length);
    const stands = args.references.map(({ kind, id }) => {
      if (kind === "yours") return new ExportedArgument(this.#exportedFor(call, id));
      const imported = new Imported(id, kind, { depth, trace }, this);
      this.#imported.take(id, imported);
      taken.push(imported);
      this.#control.allow();
      return new ImportedArgument(kind, id);
    });
    args.standIn(stands);
    this.#ofCall.set(call, taken);
    return isFull ? tooMany() : undefined;
  }

  /** The call is over, and with it all that it was passed. */
  endCall(call: number): void {
    for (const relay of this.#relays.get(call) ?? []) relay.end(callOver());
    this.#relays.delete(call);
    const taken = this.#ofCall.get(call);
    if (taken === undefined) return;
    this.#ofCall.delete(call);
    for (const imported of taken) {
      this.#imported.end(imported.id);
      imported.end(callOver());
    }
  }

  /** What the handler of a permitted call gets for a reference among its arguments. @throws Fault `reference_gone` */
  open({ grant, message }: Permitted, param: Param, reference: LiveReference): unknown {
    const type = param.schema;
    if (!isLiveType(type)) throw new Error(`'${param.name}' is data, yet a reference came for it`);
    const constraint = grant === undefined ? undefined : referenceConstraint(grant, param.name, reference);
    const bounds = boundsOf(constraint, this.#core.clock.monotonicMs());
    if (reference instanceof ExportedArgument)
      return this.#givenBack(message.id, reference.exported, bounds, param.share);
    const imported = reference instanceof ImportedArgument ? this.#imported.named(reference.id) : undefined;
    if (imported === undefined) throw gone();
    return imported.open(type, bounds, param.share);
  }

  /** What a handler gets for what the daemon had returned: its own thing as it is, another client's within the bounds of both. */
  #givenBack(call: number, exported: Exported | undefined, bounds: Bounds, isShared: boolean): unknown {
    if (exported === undefined || exported.thing.kind === "stream") throw gone();
    const { original } = exported.thing;
    const source = findPassed(original);
    if (source === undefined) return original;
    const relay = new Relay(source, exported);
    const ofCall = this.#relays.get(call) ?? [];
    ofCall.push(relay);
    this.#relays.set(call, ofCall);
    return relay.open(original, bounds, isShared);
  }

  /** Whether the client has passed it, with a call that goes on. @throws Fault `protocol_error` if it was never passed */
  isInUse(id: number): boolean {
    return this.#imported.named(id) !== undefined;
  }

  /** What its owner says of something it has passed. @throws Fault `protocol_error` */
  receive(message: Extract<Received, { kind: "item" | "end" | "gone" }>, bytes: number): void {
    const imported = this.#imported.named(message.ref);
    if (imported === undefined) return;
    if (message.kind === "item") imported.item(message.item, bytes);
    else if (message.kind === "end") imported.endedByOwner();
    else imported.endedByOwner(faultOfPeer(message.fault));
  }

  callPeer(target: Imported, method: string, positional: readonly unknown[]): Promise<unknown> {
    return this.peerCalls.call(target, method, positional);
  }

  giveUp(call: PeerCall, fault: Fault): void {
    this.peerCalls.giveUp(call, fault);
  }

  over(target: Imported): void {
    this.peerCalls.over(target);
  }

  tell(message: ControlMessage): void {
    this.#outbox.tell(message);
  }

  holds(cost: number): boolean {
    return this.#share.take(cost);
  }

  gives(cost: number): void {
    if (cost > 0) this.#share.give(cost);
  }

  /** Ends what has come to the end of its time. @param nowMs - of the monotonic clock */
  sweep(nowMs: number): void {
    for (const imported of [...this.#imported.all(), ...[...this.#relays.values()].flat()])
      if (nowMs >= imported.untilMs) imported.end(timeOver());
  }

  /** The connection is gone, and all that came over it. */
  lost(): void {
    for (const call of [...this.#ofCall.keys(), ...this.#relays.keys()]) this.endCall(call);
  }
}

function tooMany(): Fault {
  return new Fault("resource_exhausted", `more than ${REFERENCES_MAX} references of the caller are in use`, {
    origin: "limit",
    outcome: "not_started",
    retry: { ok: true },
  });
}

function callOver(): Fault {
  return new Fault("reference_gone", "the call that it was passed with is over", {
    origin: "callback",
    outcome: "unknown",
  });
}

function timeOver(): Fault {
  return new Fault("deadline_exceeded", "the time that the grant gives to a reference is over", {
    origin: "limit",
    outcome: "unknown",
  });
}
