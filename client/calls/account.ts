import type { LinkAccount } from "../../link/link.ts";

/**
 * What the library may keep for one connection, in bytes of cost (docs/protocol.md, section 3): calls of the daemon that run here,
 * stream items that wait to be read, unread output, and a part of a message. Values that a program has received are not counted.
 */
const HELD_COST_MAX = 64 * 1024 * 1024;

/** Counts what the library keeps for one connection, and bounds it whatever the daemon sends. */
export class Account implements LinkAccount {
  #cost = 0;

  /** In bytes: a test counts what is left. */
  get cost(): number {
    return this.#cost;
  }

  /** Charges something that is to be kept, if there is room for it. */
  take(cost: number): boolean {
    if (this.#cost + cost > HELD_COST_MAX) return false;
    this.#cost += cost;
    return true;
  }

  /** Something is kept no longer. */
  give(cost: number): void {
    this.#cost -= cost;
  }

  held(cost: number): void {
    this.#cost += cost;
  }

  hasRoom(): boolean {
    return this.#cost <= HELD_COST_MAX;
  }
}
