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

/** The longest delay that setTimeout keeps: beyond it node fires at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** A delay that setTimeout will keep: whole, from 0 to 2^31−1 ms. A NaN becomes 0. */
export function timerDelay(ms: number): number {
  return ms > 0 ? Math.min(Math.ceil(ms), MAX_DELAY_MS) : 0;
}
