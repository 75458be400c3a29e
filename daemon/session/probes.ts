import type { Clock } from "../../base/clock.ts";
import type { Deadlines } from "../../link/deadlines.ts";
import type { Connections, OneConnection } from "./connections.ts";

/** How long the connections of a principal have to show that they are alive, in milliseconds. */
const PROBE_MS = 2_000;

/** How often signs of life are looked for meanwhile, in milliseconds. */
const LOOK_MS = 100;

/** A connection that was silent for less, in milliseconds, is not asked: it is alive. */
const SILENT_MS = 1_000;

/**
 * Makes room for a login of a principal that has all the connections it may have: its silent connections are asked whether their
 * peers are alive, and the one that was silent for longest is closed if it does not answer. Without this, a client whose host lost
 * its connections (a stopped machine, a forgotten NAT entry) would be locked out until liveness (link/liveness.ts) finds them.
 */
export class Probes {
  readonly #connections: Connections;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  /** Principals whose connections are being asked: one login at a time waits for that, and others are refused at once. */
  readonly #asking = new Set<string>();

  constructor(connections: Connections, clock: Clock, deadlines: Deadlines) {
    this.#connections = connections;
    this.#clock = clock;
    this.#deadlines = deadlines;
  }

  /** @param done - called once, with whether a connection was closed; perhaps before this returns */
  makeRoom(principal: string, done: (isRoomMade: boolean) => void): void {
    if (this.#asking.has(principal)) return done(false);
    const nowMs = this.#clock.monotonicMs();
    const asked = silentOf(this.#connections.of(principal), nowMs);
    if (asked.length === 0) return done(false);
    this.#asking.add(principal);
    this.#wait(asked, nowMs + PROBE_MS, (dead) => {
      this.#asking.delete(principal);
      dead?.lose();
      done(dead !== undefined);
    });
  }

  #wait(
    asked: readonly OneConnection[],
    untilMs: number,
    found: (dead: OneConnection | undefined) => void,
  ): void {
    this.#deadlines.start(LOOK_MS, () => {
      const nowMs = this.#clock.monotonicMs();
      const waiting = silentOf(asked, nowMs);
      const [first, ...others] = waiting;
      if (first === undefined) return found(undefined);
      if (nowMs < untilMs) return this.#wait(waiting, untilMs, found);
      found(others.reduce((oldest, one) => (one.heardAtMs < oldest.heardAtMs ? one : oldest), first));
    });
  }
}

/** Those that wait for a sign of life, asked now if they were not before. */
function silentOf(connections: readonly OneConnection[], nowMs: number): readonly OneConnection[] {
  return connections.filter((one) => one.probe(nowMs, SILENT_MS));
}
