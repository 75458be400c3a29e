import { assertNever } from "../../base/assert-never.ts";
import { Fault } from "../../base/fault.ts";
import type { TraceContext } from "../../base/trace-context.ts";
import type { LiveReference } from "../../catalogue/live-reference.ts";
import type { ReferenceConstraint } from "../../policy/engine.ts";
import type { Live, Schema, Signatures } from "../../service/engine.ts";
import type { ControlMessage } from "../../session/outbox.ts";
import { StreamReader } from "../../session/references/stream-reader.ts";
import type { Packed } from "../../wire/packed.ts";
import type { Passed } from "./passed.ts";
import type { PeerCall, PeerTarget } from "./peer-calls.ts";
import { checkPeerValue, unfit } from "./peer-value.ts";

/** What the policy lets be done with it. */
export interface Bounds {
  calls: number;
  bytes: number;
  /** Which methods of an object may be called; all that the method declares where the policy says nothing. */
  readonly methods: readonly string[] | undefined;
  /** When it ends, on the monotonic clock. */
  readonly untilMs: number;
  readonly share: boolean;
}

/** @param nowMs - of the monotonic clock */
export function boundsOf(constraint: ReferenceConstraint | undefined, nowMs: number): Bounds {
  const { forMs = Number.POSITIVE_INFINITY, share = false } = constraint ?? {};
  return {
    calls:
      constraint === undefined || constraint.kind === "stream" ? Number.POSITIVE_INFINITY : constraint.calls,
    bytes: constraint?.kind === "stream" ? constraint.maxBytes : Number.POSITIVE_INFINITY,
    methods: constraint?.kind === "object" ? constraint.methods : undefined,
    untilMs: nowMs + forMs,
    share,
  };
}

/** What it needs of the connection that it came over. */
export interface ImportConnection {
  callPeer(target: Imported, method: string, positional: readonly unknown[]): Promise<unknown>;
  giveUp(call: PeerCall, fault: Fault): void;
  /** Nothing is called on it any longer. */
  over(target: Imported): void;
  tell(message: ControlMessage): void;
  /** Charges what has come of a stream and is not read, in bytes of cost. @returns false where there is no room for it */
  holds(cost: number): boolean;
  gives(cost: number): void;
}

/** By what a handler holds: the functions, readers and objects that stand for a client's. */
const passedOf = new WeakMap<object, Passed<ImportConnection>>();

/** Whose it is, if a handler got it from a client. */
export function findPassed(value: unknown): Passed<ImportConnection> | undefined {
  return (typeof value === "object" && value !== null) || typeof value === "function"
    ? passedOf.get(value)
    : undefined;
}

/** @param standIn - what a handler gets */
export function keepPassed(standIn: object, passed: Passed<ImportConnection>): void {
  passedOf.set(standIn, passed);
}

/** A use of a reference that its bounds do not let pass; else it is counted. */
export function useWithin(bounds: Bounds, method: string): Fault | undefined {
  if (bounds.methods !== undefined && !bounds.methods.includes(method)) return refusedMethod(method);
  if (bounds.calls <= 0) return usedUp("calls");
  bounds.calls--;
  return undefined;
}

/**
 * What a client has passed with a call, for as long as that call goes on. What the handler gets for it is made here: a
 * function, a reader, or an object of functions; each use is held against the bounds of the grant.
 */
export class Imported implements PeerTarget, Passed<ImportConnection> {
  readonly id: number;
  readonly kind: LiveReference["kind"];
  readonly depth: number;
  readonly trace: TraceContext | undefined;
  readonly pending = new Set<PeerCall>();
  readonly answers = new Map<number, number>();
  /** the connection that it came over */
  readonly owner: ImportConnection;
  /** Whether the method declares that it may be passed on to another client. */
  #isDeclaredShared = false;
  #bounds: Bounds = boundsOf(undefined, 0);
  #reader: StreamReader | undefined;
  /** Its owner said that it has ended before anybody could read it: the call waits to be decided. */
  #hasEndedEarly = false;
  #ended: Fault | undefined;
  readonly #dependents = new Set<(why: Fault) => void>();

  constructor(
    id: number,
    kind: LiveReference["kind"],
    { depth, trace }: Pick<PeerTarget, "depth" | "trace">,
    owner: ImportConnection,
  ) {
    this.id = id;
    this.kind = kind;
    this.depth = depth;
    this.trace = trace;
    this.owner = owner;
  }

  /** Whether it may be passed on to another client: both the method and the grant have to say so. */
  get isShared(): boolean {
    return this.#isDeclaredShared && this.#bounds.share;
  }

  /** Why it is no more, where it is. */
  get whyEnded(): Fault | undefined {
    return this.#ended;
  }

  get untilMs(): number {
    return this.#bounds.untilMs;
  }

  /** Makes what the handler gets. */
  open(type: Live, bounds: Bounds, isDeclaredShared: boolean): object {
    this.#bounds = bounds;
    this.#isDeclaredShared = isDeclaredShared;
    const made = this.#make(type);
    keepPassed(made, this);
    return made;
  }

  /** Calls it, as a function or one of its methods. @param method - empty for a function */
  #call(method: string, positional: readonly unknown[], returns: Schema | undefined): Promise<unknown> {
    const refusal = this.#ended ?? useWithin(this.#bounds, method);
    if (refusal !== undefined) return Promise.reject(refusal);
    // No async function: that would keep the arguments until the answer comes.
    const answer = this.owner.callPeer(this, method, positional);
    if (returns === undefined) return answer;
    return answer.then((value) => checkPeerValue(returns, value, "what the client answered to a callback"));
  }

  /** An item of the stream that it is. */
  item(item: Packed, bytes: number): void {
    if (this.#reader === undefined) throw new Fault("protocol_error", "an item of what nobody reads");
    // One that was on its way when its reader had enough is not kept, and not counted either.
    this.#reader.push(item, bytes);
  }

  /** Its owner has sent all of it, or says why it is no more. */
  endedByOwner(fault?: Fault): void {
    if (this.#reader === undefined) this.#hasEndedEarly = true;
    this.#reader?.end(fault);
    if (fault !== undefined) this.#close(fault);
  }

  /** It can be used no longer. Twice is once, but for what was not read of a stream that its owner had ended. */
  end(fault: Fault): void {
    this.#reader?.abort(fault);
    this.#close(fault);
  }

  /** Tells when it has ended, and no longer once the returned function was called. */
  onEnd(tell: (why: Fault) => void): () => void {
    this.#dependents.add(tell);
    return () => this.#dependents.delete(tell);
  }

  #close(fault: Fault): void {
    this.#ended ??= fault;
    for (const call of this.pending) this.owner.giveUp(call, fault);
    this.owner.over(this);
    for (const tell of this.#dependents) tell(fault);
    this.#dependents.clear();
  }

  #make(type: Live): object {
    switch (type.live) {
      case "callback": {
        const { returns } = type;
        return (...args: unknown[]): Promise<unknown> => this.#heard("", args, returns);
      }
      case "stream":
        return this.#makeReader(type.of);
      case "object":
        return this.#makeObject(type.methods);
      case "interface": {
        // As an object of the interface has it: by the names of the parameters.
        const functions: Record<string, unknown> = Object.create(null);
        for (const [name, { params, returns }] of Object.entries(type.methods)) {
          const schema = returns !== undefined && "~standard" in returns ? returns : undefined;
          functions[name] = (args: Readonly<Record<string, unknown>>): Promise<unknown> =>
            this.#heard(name, withoutAbsentTail(params.map((param) => args[param.name])), schema);
        }
        return Object.freeze(functions);
      }
      default:
        return assertNever(type, "a reference");
    }
  }

  /** A handler need not wait for the answer: that it failed is then nobody's affair, and no fault of the daemon. */
  #heard(method: string, positional: readonly unknown[], returns: Schema | undefined): Promise<unknown> {
    const answer = this.#call(method, positional, returns);
    answer.catch(() => undefined);
    return answer;
  }

  #makeObject(methods: Signatures): object {
    const functions: Record<string, unknown> = Object.create(null);
    for (const [name, { returns }] of Object.entries(methods))
      functions[name] = (...args: unknown[]): Promise<unknown> => this.#heard(name, args, returns);
    return Object.freeze(functions);
  }

  #makeReader(of: Schema | "bytes"): StreamReader {
    const reader = new StreamReader({
      credit: (bytes) => this.owner.tell({ kind: "credit", ref: this.id, bytes }),
      release: () => this.owner.tell({ kind: "release", ref: this.id }),
      ended: () => undefined,
      holds: (cost) => this.owner.holds(cost),
      gives: (cost) => this.owner.gives(cost),
      noRoom: (cost) => {
        const why = noRoom(cost);
        this.#close(why);
        return why;
      },
      read: (item, bytes) => {
        this.#bounds.bytes -= item instanceof Uint8Array ? item.length : bytes;
        if (this.#bounds.bytes < 0) throw usedUp("bytes");
        if (of !== "bytes") return checkPeerValue(of, item, "an item of the client's stream");
        if (item instanceof Uint8Array) return item;
        throw unfit("an item of the client's stream", "bytes were expected");
      },
    });
    this.#reader = reader;
    if (this.#hasEndedEarly) reader.end(this.#ended);
    return reader;
  }
}

function withoutAbsentTail(positional: readonly unknown[]): readonly unknown[] {
  return positional.slice(0, positional.findLastIndex((value) => value !== undefined) + 1);
}

/** The grant that admits the call says how much of it there may be. */
function usedUp(what: string): Fault {
  const text = `the ${what} that the grant gives to a reference are used up`;
  return new Fault("resource_exhausted", text, {
    text,
    origin: "limit",
    outcome: "unknown",
  });
}

function refusedMethod(method: string): Fault {
  return new Fault(
    "permission_denied",
    `the grant does not let '${method}' of the client's object be called`,
    {
      origin: "policy",
      outcome: "unknown",
    },
  );
}

function noRoom(cost: number): Fault {
  return new Fault(
    "resource_exhausted",
    `no room for an item that costs ${cost} bytes: too much waits to be read`,
    {
      origin: "limit",
      outcome: "unknown",
    },
  );
}
