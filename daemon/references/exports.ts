import { assertNever } from "../../base/assert-never.ts";
import { Fault } from "../../base/fault.ts";
import {
  argumentName,
  type Callback,
  type Interface,
  isLiveObject,
  type LiveObject,
  liveObject,
} from "../../service/engine.ts";
import { type Outbox, TooLarge } from "../../session/outbox.ts";
import { ExportTable } from "../../session/references/exports.ts";
import type { Message } from "../../wire/message.ts";
import { WireReference } from "../../wire/reference.ts";
import type { ControlBudget } from "../base/control-budget.ts";
import { RETURNED_COST } from "../base/limits.ts";
import type { Going, LiveResult } from "../base/live-result.ts";
import { faultOfHandler } from "../faults/handler.ts";
import { gone, idle, noRoomToExport, notDeclared, notShared, tooManyExports } from "../faults/references.ts";
import { Exported, type ExportedThing } from "../gate/exported.ts";
import type { Permitted } from "../gate/gate.ts";
import type { Share } from "../limits/load.ts";
import type { CallCore } from "../run/core.ts";
import { callWords, requestId, type Session } from "../session/session.ts";
import { letGoUnread, streamOf } from "./exported-stream.ts";
import { findPassed, type ImportConnection } from "./imported.ts";
import { KeptCall } from "./kept-call.ts";
import type { Passed } from "./passed.ts";

/** How often each object is passed: a method may return one and the same more than once, and it is disposed of once. */
const EXPORT_COUNTS = new WeakMap<LiveObject, number>();

/** Who is told of what becomes of references. */
interface ExportEvents {
  /** Does something for the client, whose time it is, now or when it has its turn. */
  inTurn<T>(run: () => T): T | Promise<T>;
  /** It was cut off, or it is a stream that was released: what runs on it stops. */
  stopped(exported: Exported): void;
  /** What a call has returned is in use no longer: nothing can be called on the call any longer. */
  failed(call: number, why: Fault): void;
}

/** What calls of one connection have returned to its client, by reference. */
export class Exports {
  readonly #core: CallCore;
  readonly #session: Session;
  readonly #outbox: Outbox;
  readonly #control: ControlBudget;
  readonly #share: Share;
  readonly #events: ExportEvents;
  readonly #exported = new ExportTable<Exported>();
  /** What each call has returned, as long as it is in use: another may hang on it. */
  readonly #results = new Map<number, Exported>();

  constructor(
    core: CallCore,
    session: Session,
    outbox: Outbox,
    { control, share }: { readonly control: ControlBudget; readonly share: Share },
    events: ExportEvents,
  ) {
    this.#control = control;
    this.#share = share;
    this.#events = events;
    this.#core = core;
    this.#session = session;
    this.#outbox = outbox;
  }

  /** What is in use: a test counts what is left. */
  get size(): number {
    return this.#exported.size;
  }

  /** What a call names as its target, if it is in use. */
  get(id: number): Exported | undefined {
    return this.#exported.get(id);
  }

  /** What an earlier call has returned, if it is in use. */
  resultOf(call: number): Exported | undefined {
    return this.#results.get(call);
  }

  /**
   * Passes the result of a call to the client.
   *
   * @param client - what the same client has passed: that is given back, and not passed on
   * @returns its reference, and what still runs where it is a stream
   * @throws Fault: there are too many, it may not be passed on, or the method returned something else than it declares
   */
  pass(
    permitted: Permitted,
    result: LiveResult,
    client: ImportConnection,
  ): { readonly reference: WireReference; readonly going: Going | undefined } {
    const imported = findPassed(result.value);
    if (imported?.whyEnded !== undefined) throw imported.whyEnded;
    if (imported?.owner === client)
      return { reference: new WireReference("yours", imported.id), going: undefined };
    if (imported?.isShared === false) throw notShared();
    if (!this.#exported.hasRoomFor(1)) {
      this.discard(result);
      throw tooManyExports();
    }
    // What the method made may hold all that it was called with, and the bytes of that are kept too, for the policy.
    const { args } = permitted.message;
    const cost = RETURNED_COST + args.cost + args.length;
    if (!this.#share.take(cost)) {
      this.discard(result);
      throw noRoomToExport(cost);
    }
    try {
      return this.#pass(permitted, result, imported, cost);
    } catch (error) {
      this.#share.give(cost);
      throw error;
    }
  }

  #pass(
    permitted: Permitted,
    result: LiveResult,
    imported: Passed<ImportConnection> | undefined,
    cost: number,
  ): { readonly reference: WireReference; readonly going: Going | undefined } {
    const exported = this.#exported.pass((id) => {
      const thing = this.#thing(id, permitted, result, imported);
      const forget = imported?.onEnd((why) => this.#end(exported, why));
      if (thing.kind !== "stream")
        EXPORT_COUNTS.set(thing.object, (EXPORT_COUNTS.get(thing.object) ?? 0) + 1);
      const giver = new KeptCall(permitted);
      return new Exported(id, thing, { giver, cost }, this.#core.clock.monotonicMs(), () => {
        forget?.();
        this.#share.give(cost);
        if (thing.kind !== "stream" && imported === undefined) this.#letGo(thing.object);
      });
    });
    this.#results.set(permitted.message.id, exported);
    this.#control.allow();
    const { thing } = exported;
    const going =
      thing.kind === "stream"
        ? { ended: thing.source.finished, stop: (fault: Fault) => this.#end(exported, fault) }
        : undefined;
    return { reference: new WireReference(exported.kind, exported.id), going };
  }

  /** What was returned to a caller that does not wait any longer. */
  discard({ type, value }: LiveResult): void {
    if (findPassed(value) !== undefined) return;
    if (isLiveObject(value)) {
      if (!EXPORT_COUNTS.get(value)) this.#dispose(value);
    } else if (type.live === "stream") this.#quietly("a stream", () => letGoUnread(value));
  }

  /** @throws Fault `protocol_error` for what was never passed, or credit for what is no stream */
  receive(message: Extract<Message, { kind: "credit" | "release" }>): void {
    const exported = this.#exported.named(message.ref);
    if (exported === undefined) return;
    if (message.kind === "release") this.#release(exported);
    else if (exported.thing.kind === "stream") exported.thing.source.credit(message.bytes);
    else throw new Fault("protocol_error", `credit for reference ${message.ref}, which is no stream`);
  }

  /** The client reads again. */
  flow(): void {
    for (const { thing } of this.#exported.all()) if (thing.kind === "stream") thing.source.flow();
  }

  /** Ends what nobody has used for too long. @param nowMs - of the monotonic clock */
  sweep(nowMs: number): void {
    for (const exported of this.#exported.all())
      if (exported.idleMs(nowMs) >= this.#core.config.referenceIdleMs) this.#end(exported, idle());
  }

  /** Ends what the rules of this moment would not have given. @param wallMs - milliseconds since 1970 */
  recheck(wallMs: number, why: () => Fault): void {
    for (const exported of this.#exported.all())
      if (!exported.giver.isStillAllowed(wallMs)) this.#end(exported, why());
  }

  /** The connection is gone, and nobody holds anything any longer. */
  lost(fault: Fault): void {
    for (const exported of this.#exported.all()) this.#cut(exported, fault);
  }

  /** Ends something that the client still holds, and says so. */
  #end(exported: Exported, why: Fault): void {
    if (!this.#take(exported)) return;
    this.#sendGone(exported, why);
    this.#events.stopped(exported);
    exported.end(why);
  }

  /** The client does not hold it any longer. What it has sent before it said so goes on. */
  #release(exported: Exported): void {
    if (!this.#take(exported)) return;
    if (exported.thing.kind === "stream") this.#events.stopped(exported);
    exported.release();
  }

  #cut(exported: Exported, fault: Fault): void {
    if (!this.#take(exported)) return;
    this.#events.stopped(exported);
    exported.end(fault);
  }

  #take(exported: Exported): boolean {
    this.#results.delete(exported.call);
    if (!this.#exported.end(exported.id)) return false;
    this.#events.failed(exported.call, gone());
    return true;
  }

  #thing(
    id: number,
    permitted: Permitted,
    { type, value }: LiveResult,
    imported: Passed<ImportConnection> | undefined,
  ): ExportedThing {
    switch (type.live) {
      case "interface": {
        const object = objectOf(type, value, imported);
        return { kind: "object", object, original: object.implementation };
      }
      case "callback": {
        const { object, original } = functionOf(permitted.row.entry.name, type, value);
        return { kind: "callback", object, original };
      }
      case "stream": {
        const source = streamOf(type.of, value, {
          item: (item) => this.#events.inTurn(() => this.#sendItem(id, item)),
          isChoked: () => this.#outbox.isChoked,
          ended: (error) => this.#streamEnded(id, error),
          // What another client has passed is that one's.
          unread: () => (imported === undefined ? letGoUnread(value) : undefined),
        });
        return { kind: "stream", source };
      }
      default:
        return assertNever(type, "a reference");
    }
  }

  /** @returns the bytes of its message @throws Fault `out_of_range`, or where it has no form on the wire */
  #sendItem(id: number, item: unknown): number {
    // It may have ended while the item waited for its turn.
    if (this.#exported.get(id) === undefined) return 0;
    const sent = this.#outbox.send({ kind: "item", ref: id, item });
    if (sent instanceof TooLarge)
      throw new Fault("out_of_range", `an item is too large: ${sent.detail}`, { cause: sent.cause });
    // Its reader gives the credit back.
    this.#control.allow();
    return sent;
  }

  /** The items are at their end, or cut off; where the client has been told already, it is not in use any longer. */
  #streamEnded(id: number, error: unknown): void {
    const exported = this.#exported.get(id);
    if (exported === undefined || !this.#take(exported)) return;
    if (error === undefined) this.#outbox.tell({ kind: "end", ref: id });
    else {
      const at = {
        ...callWords(this.#session, exported.giver),
        method: exported.giver.entry.name,
        principal: this.#session.principal.name,
      };
      this.#sendGone(exported, faultOfHandler(error, "a stream broke off", at, this.#core.failures));
    }
    exported.end();
  }

  #sendGone(exported: Exported, why: Fault): void {
    const error = this.#outbox.fault(
      { kind: "gone", ref: exported.id },
      why,
      requestId(this.#session, exported.call),
    );
    if (error === undefined) return;
    const kind = { principal: this.#session.principal.name, method: exported.giver.entry.name };
    this.#core.failures.failed("a fault cannot be sent whole", kind, {
      ...callWords(this.#session, exported.giver),
      error,
    });
  }

  #letGo(object: LiveObject): void {
    const left = (EXPORT_COUNTS.get(object) ?? 1) - 1;
    EXPORT_COUNTS.set(object, left);
    if (left === 0) this.#dispose(object);
  }

  #dispose({ implementation, interface: name }: LiveObject): void {
    this.#quietly(name, () => implementation[Symbol.asyncDispose]?.() ?? implementation[Symbol.dispose]?.());
  }

  /** What goes wrong there is the service's affair, and nobody waits for it. */
  #quietly(what: string, dispose: () => unknown): void {
    Promise.resolve()
      .then(dispose)
      .catch((error: unknown) =>
        this.#core.failures.failed(
          "a result could not be disposed of",
          { principal: this.#session.principal.name },
          { what, error },
        ),
      );
  }
}

function objectOf(
  type: Interface,
  value: unknown,
  imported: Passed<ImportConnection> | undefined,
): LiveObject {
  // What another client has passed is called through the functions that stand for it, within its bounds.
  if (imported !== undefined && typeof value === "object" && value !== null)
    return liveObject(type.name, Object.keys(type.methods), value);
  if (isLiveObject(value) && value.interface === type.name) return value;
  throw notDeclared(`an object of '${type.name}'`);
}

/** A function is an object of one method: for the policy its name is `METHOD.call`. */
function functionOf(
  method: string,
  { args }: Callback,
  value: unknown,
): { readonly object: LiveObject; readonly original: object } {
  if (typeof value !== "function") throw notDeclared("a function");
  const call = (record: Readonly<Record<string, unknown>>): unknown => {
    const positional = args.map((_, i) => record[argumentName(i)]);
    return Reflect.apply(value, undefined, positional);
  };
  const implementation: object = { call };
  return { object: liveObject(method, ["call"], implementation), original: value };
}
