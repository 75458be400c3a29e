import type { Fault } from "../../base/fault.ts";

/** What a client has passed, as whoever returns it to a client sees it. `O` is the connection that it came over. */
export interface Passed<O> {
  /** its number at its owner */
  readonly id: number;
  readonly owner: O;
  /** Whether it may be passed on to another client: each method and each grant on its way has to say so. */
  readonly isShared: boolean;
  /** Why it is no more, where it is. */
  readonly whyEnded: Fault | undefined;
  /** Tells when it has ended, and no longer once the returned function was called. */
  onEnd(tell: (why: Fault) => void): () => void;
}
