import { Fault } from "../../base/fault.ts";
import type { LinkAccount } from "../../link/link.ts";
import type { SlotKind } from "../../session/calls/incoming.ts";
import { PRINCIPAL_CALLS_IN_FLIGHT_MAX, PRINCIPAL_SHARE } from "../base/limits.ts";

/** What one principal has under way, over all its connections, those that are closed too. */
interface Under {
  readonly principal: string;
  connections: number;
  /** calls that have a slot */
  readonly calls: Record<SlotKind, number>;
  /** Connections with calls that wait for a slot of the principal, in the order in which they asked. */
  readonly waiting: Set<() => void>;
  /** what is held for it, in bytes of cost */
  cost: number;
}

/** So many connections more an operator may have: who has a hung program on all of the others can still look, and end them. */
const OPERATOR_CONNECTIONS = 2;

/** Bounds on what is held: of one principal at a time, and of all together. */
export interface LoadLimits {
  readonly connectionsPerPrincipal: number;
  /** in bytes of cost */
  readonly heldMax: number;
}

/**
 * Bounds over all connections: of each principal, and of the daemon. A slot is free when the work has ended, not
 * when its connection has: whoever calls, hangs up and comes again has the same slots as before.
 *
 * What is kept is charged as long as it is kept, in bytes of cost (docs/protocol.md, section 3):
 *
 *     a call                  its message and CALL_COST, until its work has ended, its answer was given or not
 *     a returned reference    the call that returned it, its bytes and RETURNED_COST, until nobody can use it and nothing runs on it
 *     an item of a stream     decoded or as bytes, whichever is less, until it is read
 *     a callback              its message and CALLBACK_COST, until it is answered; its answer, until those beside it are
 *     output, half a frame    the memory that the link has for it
 */
export class Loads {
  #limits: LoadLimits;
  readonly #principals = new Map<string, Under>();
  /** of all principals, in bytes of cost */
  cost = 0;

  constructor(limits: LoadLimits) {
    this.#limits = limits;
  }

  /** Principals that have anything under way: a test that counts what is left looks here. */
  get size(): number {
    return this.#principals.size;
  }

  /** From now on; connections that are open stay open, and what is held stays held. */
  limitTo(limits: LoadLimits): void {
    this.#limits = limits;
  }

  /**
   * A share for a new connection, or nothing where the principal has as many as it may.
   *
   * @param isOperator - asked only where it has: operators have some more
   */
  enter(principal: string, isOperator: () => boolean = () => false): Share | undefined {
    const under = this.#principals.get(principal) ?? newUnder(principal);
    const most = this.#limits.connectionsPerPrincipal;
    if (under.connections >= most && !(under.connections < most + OPERATOR_CONNECTIONS && isOperator()))
      return undefined;
    this.#principals.set(principal, under);
    under.connections++;
    return new Share(this, under);
  }

  /** Whether a principal may hold so much more: a quarter of what the others leave, and never more than there is. */
  hasRoomFor(held: number, more: number): boolean {
    const left = this.#limits.heldMax - (this.cost - held);
    return held + more <= left * PRINCIPAL_SHARE;
  }

  /** Forgets a principal that has nothing under way any longer. */
  settle(under: Under): void {
    const { principal, connections, calls, cost } = under;
    if (connections > 0 || calls.own + calls.nested > 0 || cost !== 0) return;
    // What is over may come to its end late, when its principal has begun anew.
    if (this.#principals.get(principal) === under) this.#principals.delete(principal);
  }
}

/** The part of one connection in what its principal may have under way. */
class Share implements LinkAccount {
  readonly #loads: Loads;
  readonly #under: Under;
  #cost = 0;
  #hasLeft = false;

  constructor(loads: Loads, under: Under) {
    this.#loads = loads;
    this.#under = under;
  }

  /** Charges a call. @returns the answer to it where there is no room for it */
  beginCall(cost: number): Fault | undefined {
    if (this.take(cost)) return undefined;
    return exhausted(
      `${this.#under.cost} bytes of cost are held for this principal, and this call costs ${cost}: more than a quarter of what the others leave`,
    );
  }

  /** Whether there is a slot. */
  hasSlot(kind: SlotKind): boolean {
    return this.#under.calls[kind] < PRINCIPAL_CALLS_IN_FLIGHT_MAX;
  }

  /** Takes a slot for a call. @returns false where there is none */
  takeSlot(kind: SlotKind): boolean {
    if (!this.hasSlot(kind)) return false;
    this.#under.calls[kind]++;
    return true;
  }

  /** @param isFree - is called once, when the principal has a slot again that any of its connections may take */
  awaitSlot(isFree: () => void): void {
    this.#under.waiting.add(isFree);
  }

  /** Nobody waits for a slot any longer. */
  forgetWaiting(isFree: () => void): void {
    this.#under.waiting.delete(isFree);
  }

  /** The work of a call has ended. @param slot - the one that it had, if it had one */
  endCall(cost: number, slot: SlotKind | undefined): void {
    if (slot !== undefined) this.#freeSlot(slot);
    this.give(cost);
  }

  #freeSlot(kind: SlotKind): void {
    const { calls, waiting } = this.#under;
    calls[kind]--;
    if (kind !== "own" || waiting.size === 0) return;
    // All of them: the first one may not want it any longer. They are no more than connections, and ask again.
    const told = [...waiting];
    waiting.clear();
    for (const isFree of told) isFree();
  }

  /** Charges something that is to be kept, if there is room for it. */
  take(cost: number): boolean {
    if (!this.hasRoomFor(cost)) return false;
    this.#add(cost);
    return true;
  }

  /** Returns a charge. */
  give(cost: number): void {
    this.#add(-cost);
    this.#loads.settle(this.#under);
  }

  /**
   * Charges something that is there already, whether there is room or not: output, the first part of a frame. Each connection has
   * bounds of its own for them.
   *
   * @param cost - negative for what is there no longer
   */
  held(cost: number): void {
    this.#add(cost);
    this.#loads.settle(this.#under);
  }

  /** Whether anything more may be made for it. */
  hasRoom(): boolean {
    return this.hasRoomFor(0);
  }

  /** Whether so much more may be kept. */
  hasRoomFor(cost: number): boolean {
    return this.#loads.hasRoomFor(this.#under.cost, cost);
  }

  #add(cost: number): void {
    this.#cost += cost;
    this.#under.cost += cost;
    this.#loads.cost += cost;
  }

  /** What this connection alone has of them, in bytes of cost. */
  get cost(): number {
    return this.#cost;
  }

  /** The connection is gone; its calls may still run. Leaving twice is leaving once. */
  leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#under.connections--;
    this.#loads.settle(this.#under);
  }
}

export type { Share };

function newUnder(principal: string): Under {
  return { principal, connections: 0, calls: { own: 0, nested: 0 }, waiting: new Set(), cost: 0 };
}

function exhausted(detail: string): Fault {
  return new Fault("resource_exhausted", detail, {
    origin: "limit",
    outcome: "not_started",
    retry: { ok: true },
  });
}
