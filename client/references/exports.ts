import { Fault } from "../../base/fault.ts";
import { afterPromises } from "../../session/calls/after-promises.ts";
import { IncomingCalls } from "../../session/calls/incoming.ts";
import { type Outbox, TooLarge } from "../../session/outbox.ts";
import { ExportTable } from "../../session/references/exports.ts";
import { StreamSource } from "../../session/references/stream-source.ts";
import { CALL_COST, CALLBACKS_IN_FLIGHT_MAX } from "../../wire/limits.ts";
import type { Message } from "../../wire/message.ts";
import type { ReceivedCall } from "../../wire/read-message.ts";
import { WireReference } from "../../wire/reference.ts";
import type { Account } from "../calls/account.ts";
import type { CallOfDaemon } from "../calls/within.ts";
import { RpcError } from "../errors/rpc-error.ts";
import type { Exportable } from "./live-arguments.ts";

/** What this client has passed, and that is in use. */
interface ExportedValue {
  readonly id: number;
  readonly thing: Exportable;
  /** Told of what a function threw, or the items: the daemon learns no more than that something failed. */
  readonly failed: (error: unknown) => void;
  readonly source: StreamSource | undefined;
}

/** What it needs of the connection. */
export interface ExportsConnection {
  readonly outbox: Outbox;
  /** Runs a function so that the calls it makes say because of which one they are made. */
  within(call: CallOfDaemon, run: () => unknown): unknown;
  readonly account: Account;
  /** Reads no further message until {@link ExportsConnection.resume}. */
  pause(): void;
  resume(): void;
}

/** What this client passes by reference, and the calls that the daemon makes on it. It may call nothing else here. */
export class Exports {
  readonly #line: ExportsConnection;
  readonly #own = new ExportTable<ExportedValue>();
  readonly #calls = new IncomingCalls({ own: CALLBACKS_IN_FLIGHT_MAX });

  constructor(line: ExportsConnection) {
    this.#line = line;
  }

  /** What is in use, and what runs: a test counts what is left. */
  get size(): number {
    return this.#own.size + this.#calls.size;
  }

  /** Passes something with a call, until {@link end}. @param failed - told of what it throws */
  lend(thing: Exportable, failed: (error: unknown) => void): WireReference {
    const { id } = this.#own.pass((number) => ({
      id: number,
      thing,
      failed,
      source: thing.items === undefined ? undefined : this.#source(number, thing.items, failed),
    }));
    return new WireReference(thing.kind, id);
  }

  /** The caller's own thing, which a method gives back. */
  original(id: number): unknown {
    return this.#own.get(id)?.thing.original;
  }

  /** The call that it was passed with is over. */
  end(id: number): void {
    const exported = this.#own.get(id);
    if (!this.#own.end(id)) return;
    exported?.source?.stop();
  }

  /** @throws Fault `protocol_error` */
  receive(message: Extract<Message, { kind: "credit" | "release" }>): void {
    const exported = this.#own.named(message.ref);
    if (exported === undefined) return;
    if (message.kind === "release") this.end(message.ref);
    else if (exported.source === undefined)
      throw new Fault("protocol_error", `credit for reference ${message.ref}, no stream`);
    else exported.source.credit(message.bytes);
  }

  /** The daemon reads again. */
  flow(): void {
    for (const { source } of this.#own.all()) source?.flow();
  }

  /** A call of the daemon. @throws Fault `protocol_error` where its id does not grow, or it passes something in turn */
  call({ id, target, method, args, trace }: ReceivedCall): void {
    if (args.references.length > 0)
      throw new Fault("protocol_error", "a reference among the arguments of a callback");
    const cost = CALL_COST + args.cost;
    const full = this.#calls.begin(id, cost);
    if (full !== undefined) return this.#fault(id, full);
    if (!this.#line.account.take(cost)) {
      this.#calls.end(id);
      return this.#fault(id, noRoom(cost));
    }
    if (!this.#calls.takeSlot(id, "own")) return this.#refuse(id, tooMany());
    const exported = target > 0 ? this.#own.get(target) : undefined;
    if (exported === undefined) return this.#refuse(id, gone());
    const { positional, named } = args.values;
    args.forget();
    if (Object.keys(named).length > 0) return this.#refuse(id, byName());
    const run = exported.thing.functions?.[method];
    if (run === undefined) return this.#refuse(id, notListed(exported.thing, method));
    const fail = (error: unknown): void => {
      exported.failed(error);
      this.#refuse(id, faultOf(error));
    };
    let result: unknown;
    try {
      result = this.#line.within({ id, trace }, () => run(...positional));
    } catch (error) {
      return fail(error);
    }
    if (!isThenable(result)) return this.#answer(id, result, exported);
    Promise.resolve(result)
      .then((value) => this.#answer(id, value, exported))
      .catch(fail);
  }

  /** The daemon does not wait for the answer any longer; what runs here goes on. @throws Fault `protocol_error` */
  cancel(id: number): void {
    if (!this.#calls.cancels(id)) return;
    // What can be answered at once is answered first. What was sent behind the cancel waits, so it does not matter which of
    // them came together.
    this.#line.pause();
    afterPromises(() => {
      if (this.#calls.answer(id))
        this.#fault(
          id,
          new Fault("cancelled", "the daemon does not wait any longer", { outcome: "unknown" }),
        );
      this.#line.resume();
    });
  }

  /** Whether a call of the daemon runs, or waits to be answered. */
  isWaiting(id: number): boolean {
    return this.#calls.isWaiting(id);
  }

  lost(): void {
    for (const { id } of this.#own.all()) this.end(id);
  }

  #answer(id: number, value: unknown, { failed }: ExportedValue): void {
    if (!this.#end(id)) return;
    try {
      const sent = this.#line.outbox.send({ kind: "value", id, value: value === undefined ? null : value });
      if (sent instanceof TooLarge) throw new Fault("internal", `an answer is too large: ${sent.detail}`);
    } catch (error) {
      failed(error);
      this.#fault(
        id,
        new Fault("internal", "what a callback gave has no form on the wire", {
          text: "what a function of the caller gave cannot be sent",
          origin: "callback",
          outcome: "unknown",
          cause: error,
        }),
      );
    }
  }

  #refuse(id: number, fault: Fault): void {
    if (this.#end(id)) this.#fault(id, fault);
  }

  /** The work of a call has ended. @returns whether the daemon still waits for the answer */
  #end(id: number): boolean {
    const isWanted = this.#calls.answer(id);
    const ended = this.#calls.end(id);
    if (ended !== undefined) this.#line.account.give(ended.cost);
    return isWanted;
  }

  #fault(id: number, fault: Fault): void {
    this.#line.outbox.fault({ kind: "fault", id }, fault, "");
  }

  #source(
    id: number,
    items: NonNullable<Exportable["items"]>,
    failed: ExportedValue["failed"],
  ): StreamSource {
    return new StreamSource(items, {
      item: (item) => {
        const sent = this.#line.outbox.send({ kind: "item", ref: id, item });
        // What the encoder says names parts of the item: it is for this program alone.
        if (sent instanceof TooLarge)
          throw sent.cause ?? new RpcError("out_of_range", `an item is too large: ${sent.detail}`);
        return sent;
      },
      isChoked: () => this.#line.outbox.isChoked,
      ended: (error) => {
        if (!this.#own.end(id)) return;
        if (error === undefined) this.#line.outbox.tell({ kind: "end", ref: id });
        else {
          failed(error);
          this.#line.outbox.fault({ kind: "gone", ref: id }, faultOf(error), "");
        }
      },
    });
  }
}

/** What an RpcError says was written for the other side; of anything else the daemon learns no more than that it failed. */
function faultOf(error: unknown): Fault {
  if (error instanceof RpcError) {
    const { code, text } = error;
    return new Fault(code, text, { text, origin: "callback", outcome: "unknown" });
  }
  return new Fault("internal", "a callback failed", {
    text: "what the caller passed has failed",
    origin: "callback",
    outcome: "unknown",
    cause: error,
  });
}

function noRoom(cost: number): Fault {
  return new Fault("resource_exhausted", `no room here for a call that costs ${cost} bytes`, {
    origin: "limit",
    outcome: "not_started",
    retry: { ok: true },
  });
}

function tooMany(): Fault {
  const detail = `${CALLBACKS_IN_FLIGHT_MAX} calls of the daemon are not answered`;
  return new Fault("resource_exhausted", detail, { text: detail, origin: "limit", outcome: "not_started" });
}

function gone(): Fault {
  return new Fault("reference_gone", "no such reference is in use", {
    origin: "callback",
    outcome: "not_started",
  });
}

function byName(): Fault {
  return new Fault("invalid_argument", "what was passed is called by position", {
    origin: "callback",
    outcome: "not_started",
  });
}

function notListed({ kind }: Exportable, method: string): Fault {
  const detail =
    kind === "stream" ? "a stream cannot be called" : `'${method}' was not listed when it was passed`;
  return new Fault("unimplemented", detail, { origin: "callback", outcome: "not_started" });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
