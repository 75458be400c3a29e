import { Fault } from "../base/fault.ts";
import { HELD_BYTES_MAX, PRINCIPAL_CALLS_IN_FLIGHT_MAX, PRINCIPAL_HELD_BYTES_MAX } from "../wire/limits.ts";

/** What one principal has under way, over all its connections, those that are closed too. */
interface Under {
  connections: number;
  /** calls whose work has not ended */
  calls: number;
  /** of the frames of those calls, and of output that it has not read */
  bytes: number;
}

/** The part of one connection in what its principal may have under way. */
export interface Share {
  /** Takes a slot for a call. @returns the answer to it where there is none */
  beginCall(bytes: number): Fault | undefined;
  /** The work has ended. */
  endCall(bytes: number): void;
  /** Counts output that waits to be read, or with a negative number was. */
  held(bytes: number): void;
  /** Whether so many bytes more may wait to be read. */
  hasRoomFor(bytes: number): boolean;
  /** The connection is gone; its calls may still run. Leaving twice is leaving once. */
  leave(): void;
}

/**
 * Bounds over all connections: of each principal, and of the daemon. A slot is free when the work has ended, not
 * when its connection has: whoever calls, hangs up and comes again has the same slots as before.
 */
export class Loads {
  readonly #connectionsMax: number;
  readonly #principals = new Map<string, Under>();
  #bytes = 0;

  /** @param connectionsMax - of one principal at a time */
  constructor(connectionsMax: number) {
    this.#connectionsMax = connectionsMax;
  }

  /** Principals that have anything under way: a test that counts what is left looks here. */
  get size(): number {
    return this.#principals.size;
  }

  /** A share for a new connection, or nothing where the principal has as many as it may. */
  enter(principal: string): Share | undefined {
    const under = this.#principals.get(principal) ?? { connections: 0, calls: 0, bytes: 0 };
    if (under.connections >= this.#connectionsMax) return undefined;
    this.#principals.set(principal, under);
    under.connections++;
    let left = false;
    return {
      beginCall: (bytes) => this.#beginCall(under, bytes),
      endCall: (bytes) => {
        under.calls--;
        this.#hold(principal, under, -bytes);
      },
      held: (bytes) => this.#hold(principal, under, bytes),
      hasRoomFor: (bytes) => this.#hasRoomFor(under, bytes),
      leave: () => {
        if (left) return;
        left = true;
        under.connections--;
        this.#hold(principal, under, 0);
      },
    };
  }

  #beginCall(under: Under, bytes: number): Fault | undefined {
    if (under.calls >= PRINCIPAL_CALLS_IN_FLIGHT_MAX)
      return exhausted(`${PRINCIPAL_CALLS_IN_FLIGHT_MAX} calls of this principal are in flight`);
    if (!this.#hasRoomFor(under, bytes))
      return exhausted(
        `calls and unread answers of ${under.bytes} bytes of this principal, ${this.#bytes} of all`,
      );
    under.calls++;
    under.bytes += bytes;
    this.#bytes += bytes;
    return undefined;
  }

  #hasRoomFor(under: Under, bytes: number): boolean {
    return under.bytes + bytes <= PRINCIPAL_HELD_BYTES_MAX && this.#bytes + bytes <= HELD_BYTES_MAX;
  }

  #hold(principal: string, under: Under, bytes: number): void {
    under.bytes += bytes;
    this.#bytes += bytes;
    if (under.connections === 0 && under.calls === 0 && under.bytes === 0) this.#principals.delete(principal);
  }
}

function exhausted(detail: string): Fault {
  return new Fault("resource_exhausted", detail, {
    origin: "limit",
    outcome: "not_started",
    retry: { ok: true },
  });
}
