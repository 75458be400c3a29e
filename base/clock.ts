/** Time as the rest reads it: a test hands in its own. */
export interface Clock {
  /** Milliseconds since some fixed moment, never going back: for every deadline. */
  monotonicMs(): number;
  /** Milliseconds since 1970: for the audit, the log and dates in policies, never for a deadline. */
  wallMs(): number;
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
};
