/** Whose sessions are to be ended: exactly one of the two is said. */
export type SessionsNamed = { readonly connection: string } | { readonly principal: string };

/**
 * What the methods for operators ask of the whole daemon. The answers are plain data in the form in which they go out
 * (docs/metrics.md).
 */
export interface Operator {
  /** Whether all is well, and if not, what to do. */
  health(): object;
  /** What there is and what was counted. @param after - the method after which the page of methods begins */
  stats(after: string): object;
  /** A page of the sessions. @param after - the connection after which it begins */
  sessions(after: string): object;
  /**
   * Ends sessions. The one of the connection that asks is ended when its answer is on its way.
   *
   * @param by - the principal that asks
   * @param from - its connection
   * @returns how many; nothing where there is no such connection
   */
  endSessions(named: SessionsNamed, by: string, from: string): Promise<number | undefined>;
}
