import { Fault } from "../base/fault.ts";
import { HELD_BYTES_MAX, PRINCIPAL_CALLS_IN_FLIGHT_MAX, PRINCIPAL_HELD_BYTES_MAX } from "../wire/limits.ts";

/** What one principal has under way, over all its connections, those that are closed too. */
interface Under {
  readonly principal: string;
  connections: number;
  /** calls whose work has not ended */
  calls: number;
  /** of the frames of those calls, and of output that it has not read */
  bytes: number;
}

/**
 * Bounds over all connections: of each principal, and of the daemon. A slot is free when the work has ended, not
 * when its connection has: whoever calls, hangs up and comes again has the same slots as before.
 */
export class Loads {
  #connectionsMax: number;
  readonly #principals = new Map<string, Under>();
  /** of all principals */
  bytes = 0;

  /** @param connectionsMax - of one principal at a time */
  constructor(connectionsMax: number) {
    this.#connectionsMax = connectionsMax;
  }

  /** Principals that have anything under way: a test that counts what is left looks here. */
  get size(): number {
    return this.#principals.size;
  }

  /** From now on; connections that are open stay open. @param connectionsMax - of one principal at a time */
  limitTo(connectionsMax: number): void {
    this.#connectionsMax = connectionsMax;
  }

  /** A share for a new connection, or nothing where the principal has as many as it may. */
  enter(principal: string): Share | undefined {
    const under = this.#principals.get(principal) ?? { principal, connections: 0, calls: 0, bytes: 0 };
    if (under.connections >= this.#connectionsMax) return undefined;
    this.#principals.set(principal, under);
    under.connections++;
    return new Share(this, under);
  }

  /** Forgets a principal that has nothing under way any longer. */
  settle({ principal, connections, calls, bytes }: Under): void {
    if (connections === 0 && calls === 0 && bytes === 0) this.#principals.delete(principal);
  }
}

/** The part of one connection in what its principal may have under way. */
class Share {
  readonly #loads: Loads;
  readonly #under: Under;
  #bytes = 0;
  #hasLeft = false;

  constructor(loads: Loads, under: Under) {
    this.#loads = loads;
    this.#under = under;
  }

  /** Takes a slot for a call. @returns the answer to it where there is none */
  beginCall(bytes: number): Fault | undefined {
    const under = this.#under;
    if (under.calls >= PRINCIPAL_CALLS_IN_FLIGHT_MAX)
      return exhausted(`${PRINCIPAL_CALLS_IN_FLIGHT_MAX} calls of this principal are in flight`);
    if (!this.hasRoomFor(bytes))
      return exhausted(
        `calls and unread answers of ${under.bytes} bytes of this principal, ${this.#loads.bytes} of all`,
      );
    under.calls++;
    this.#add(bytes);
    return undefined;
  }

  /** The work has ended. */
  endCall(bytes: number): void {
    this.#under.calls--;
    this.held(-bytes);
  }

  /** Counts output that waits to be read, or with a negative number was. */
  held(bytes: number): void {
    this.#add(bytes);
    this.#loads.settle(this.#under);
  }

  #add(bytes: number): void {
    this.#bytes += bytes;
    this.#under.bytes += bytes;
    this.#loads.bytes += bytes;
  }

  /** What this connection alone has of them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether so many bytes more may wait to be read. */
  hasRoomFor(bytes: number): boolean {
    return (
      this.#under.bytes + bytes <= PRINCIPAL_HELD_BYTES_MAX && this.#loads.bytes + bytes <= HELD_BYTES_MAX
    );
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

function exhausted(detail: string): Fault {
  return new Fault("resource_exhausted", detail, {
    origin: "limit",
    outcome: "not_started",
    retry: { ok: true },
  });
}
