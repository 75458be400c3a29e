import type { Policy } from "../../policy/engine.ts";
import type { DaemonClosing } from "../../session/login/daemon-phase.ts";
import type { Session } from "./session.ts";

/** What one connection has under way and in use. */
export interface ConnectionCounts {
  readonly calls: number;
  /** of those, calls that wait for a slot */
  readonly queued: number;
  readonly exported: number;
  readonly imported: number;
  readonly callbacks: number;
  readonly pipelined: number;
}

/** One of the connections, for whoever looks at all of them. */
export interface OneConnection {
  /** nothing before the login, and after the end */
  readonly session: Session | undefined;
  readonly counts: ConnectionCounts;
  /** of its calls, and of output that it has not read */
  readonly cost: number;
  /** whether nothing of it waits for its turn */
  readonly isSettled: boolean;
  drain(): void;
  close(why: DaemonClosing): void;
  recheck(policy: Policy, nowMs: number): void;
  /** when something was last heard of its peer, in milliseconds of the monotonic clock */
  readonly heardAtMs: number;
  /**
   * Asks its peer whether it is alive, if nothing was heard of it for so long.
   *
   * @param nowMs - of the monotonic clock
   * @returns whether a sign of life is waited for
   */
  probe(nowMs: number, silentMs: number): boolean;
  /** Closes it: its peer is dead. Its place is free at once. */
  lose(): void;
  /** Ends its session. @param by - the principal of the operator */
  endSession(by: string): void;
}

/** A connection with a session. */
export interface OpenSession {
  readonly connection: OneConnection;
  readonly session: Session;
}

/** All connections of one daemon. */
export class Connections {
  readonly #all = new Set<OneConnection>();
  #isDraining = false;
  #emptied: () => void = () => undefined;

  get size(): number {
    return this.#all.size;
  }

  /** Whether the daemon takes no more calls. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  add(connection: OneConnection): void {
    this.#all.add(connection);
  }

  gone(connection: OneConnection): void {
    this.#all.delete(connection);
    if (this.#all.size === 0) this.#emptied();
  }

  /** Those with a session, in the order of their names. */
  get sessions(): readonly OpenSession[] {
    return [...this.#all]
      .flatMap((connection) =>
        connection.session === undefined ? [] : [{ connection, session: connection.session }],
      )
      .toSorted((a, b) => (a.session.connection < b.session.connection ? -1 : 1));
  }

  /** Those of one principal. */
  of(principal: string): readonly OneConnection[] {
    return [...this.#all].filter(({ session }) => session?.principal.name === principal);
  }

  /** What all of them have under way and in use. */
  get counts(): Record<keyof ConnectionCounts | "sessions", number> {
    const counts = { calls: 0, queued: 0, exported: 0, imported: 0, callbacks: 0, pipelined: 0, sessions: 0 };
    for (const { counts: own, session } of this.#all) {
      counts.calls += own.calls;
      counts.queued += own.queued;
      counts.exported += own.exported;
      counts.imported += own.imported;
      counts.callbacks += own.callbacks;
      counts.pipelined += own.pipelined;
      if (session !== undefined) counts.sessions++;
    }
    return counts;
  }

  /** Puts all under a policy, at a moment. @param nowMs - milliseconds since 1970 */
  recheck(policy: Policy, nowMs: number): void {
    for (const connection of this.#all) connection.recheck(policy, nowMs);
  }

  /** No new calls; each is closed when its last one has ended. */
  drain(): void {
    this.#isDraining = true;
    for (const connection of this.#all) connection.drain();
  }

  close(why: DaemonClosing): void {
    for (const connection of this.#all) connection.close(why);
  }

  /** Resolves when the last one is gone. */
  allGone(): Promise<void> {
    if (this.#all.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#emptied = resolve;
    });
  }
}
