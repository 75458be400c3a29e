import type { Clock } from "../../base/clock.ts";

export interface DeniedCallLimits {
  /** calls that may be refused at once */
  readonly burst: number;
  /** how fast that number comes back */
  readonly perSecond: number;
}

interface Bucket {
  /** from −burst to burst; below 0 something is owed */
  left: number;
  /** when `left` was worked out, in milliseconds of the monotonic clock */
  atMs: number;
}

/** So many buckets are kept before the full ones, which say nothing, are thrown away. */
const BUCKETS_BEFORE_SWEEP = 1_024;

/**
 * What calls cost that no grant admits: each is looked up, answered and recorded, so a good key without rights could
 * fill the audit log and guess names as fast as it can send. A principal has a bucket of them, over all its
 * connections. The debt has a bound too: who has done a great wrong waits no longer than who has done enough.
 */
export class DeniedCalls {
  #limits: DeniedCallLimits;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limits: DeniedCallLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Buckets that are kept: a test that counts what is left looks here. */
  get size(): number {
    return this.#buckets.size;
  }

  /** From now on; what is owed stays owed, as far as the new bound goes. */
  limitTo(limits: DeniedCallLimits): void {
    this.#limits = limits;
  }

  /** Counts a call. @returns whether there was one left for it */
  take(principal: string): boolean {
    const bucket = this.#bucket(principal);
    bucket.left = Math.max(-this.#limits.burst, bucket.left - 1);
    return bucket.left >= 0;
  }

  /** How long until nothing is owed, in milliseconds. */
  owedMs(principal: string): number {
    const bucket = this.#buckets.get(principal);
    if (bucket === undefined) return 0;
    const left = this.#leftAt(bucket, this.#clock.monotonicMs());
    return left >= 0 ? 0 : Math.ceil((-left * 1_000) / this.#limits.perSecond);
  }

  #bucket(principal: string): Bucket {
    const now = this.#clock.monotonicMs();
    let bucket = this.#buckets.get(principal);
    if (bucket === undefined) {
      if (this.#buckets.size >= BUCKETS_BEFORE_SWEEP) this.#sweep(now);
      bucket = { left: this.#limits.burst, atMs: now };
      this.#buckets.set(principal, bucket);
    }
    bucket.left = this.#leftAt(bucket, now);
    bucket.atMs = now;
    return bucket;
  }

  #leftAt({ left, atMs }: Bucket, now: number): number {
    const { burst, perSecond } = this.#limits;
    return Math.max(-burst, Math.min(burst, left + ((now - atMs) / 1_000) * perSecond));
  }

  #sweep(now: number): void {
    for (const [principal, bucket] of this.#buckets) {
      if (this.#leftAt(bucket, now) >= this.#limits.burst) this.#buckets.delete(principal);
    }
  }
}
