import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";

/** How often the loop is looked at, in milliseconds: twenty times a second costs less than two thousandths of a core. */
const RESOLUTION_MS = 50;

/**
 * What is told is of a window of so long, in milliseconds. Of the time since the start a stall of an hour ago would be
 * told for ever; of the time since somebody asked, two who ask would take it from one another.
 */
export const LAG_WINDOW_MS = 10_000;

/** How late the event loop came to what was due, in milliseconds. */
export interface Lag {
  readonly meanMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Watches how late the event loop is. */
export class LoopLag {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  #last: Lag | undefined;

  /** @param windowEnded - called at the end of each window */
  constructor(windowEnded: () => void) {
    this.#histogram.enable();
    this.#timer = setInterval(() => {
      windowEnded();
      this.#last = lagOf(this.#histogram);
      this.#histogram.reset();
    }, LAG_WINDOW_MS).unref();
  }

  /** Of the last whole window; in the first one, of the time until now. */
  get lag(): Lag {
    return this.#last ?? lagOf(this.#histogram);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }
}

function lagOf(histogram: IntervalHistogram): Lag {
  if (histogram.count === 0) return { meanMs: 0, p99Ms: 0, maxMs: 0 };
  return {
    meanMs: lateMs(histogram.mean),
    p99Ms: lateMs(histogram.percentile(99)),
    maxMs: lateMs(histogram.max),
  };
}

/** What is recorded is the time from one look to the next: the part above the resolution is the lag. */
function lateMs(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
}
