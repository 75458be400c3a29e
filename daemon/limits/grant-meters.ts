import type { Clock } from "../../base/clock.ts";
import type { CompiledGrant, Gauge, Meter } from "../../policy/engine.ts";

/** What one principal has used of one grant. */
interface Counter {
  /**
   * What is in the bucket: a call takes `rate.perMs` of it, and each millisecond brings `rate.count`. In these units all
   * is whole: with fractions of calls, whoever waits as long as they were told may come a moment too early.
   */
  credit: number;
  /** when `credit` was worked out, in milliseconds of the monotonic clock */
  atMs: number;
  /** calls whose work has not ended */
  running: number;
  /** what the bucket goes by */
  rate: RateMeter | undefined;
}

type RateMeter = NonNullable<Meter["rate"]>;

/** So many counters are kept before those that say nothing are thrown away. */
const COUNTERS_BEFORE_SWEEP = 4_096;

/** Where all places are taken nobody knows when one is free: so long the caller had better wait, in milliseconds. */
const PLACE_WAIT_MS = 100;

/**
 * The limits of grants, counted for each principal over all its connections, closed ones too, and from one policy to the
 * next: who hangs up and comes again, or waits for a reload, has used up what it had used up.
 *
 *     rate         a bucket of `count` calls that fills evenly: 6/h has 6 at once, then one every ten minutes
 *     concurrent   calls whose work has not ended
 */
export class GrantMeters {
  readonly #clock: Clock;
  readonly #counters = new Map<string, Counter>();
  readonly #principals = new Map<string, PrincipalMeters>();
  #sweepAt = COUNTERS_BEFORE_SWEEP;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counters that are kept: a test that counts what is left looks here. */
  get size(): number {
    return this.#counters.size;
  }

  of(principal: string): PrincipalMeters {
    let meters = this.#principals.get(principal);
    if (meters === undefined) {
      meters = new PrincipalMeters(this, principal);
      this.#principals.set(principal, meters);
    }
    return meters;
  }

  /** Takes a place. @returns 0, or how many milliseconds to wait */
  take(principal: string, { id, meter }: CompiledGrant): number {
    if (meter === undefined) return 0;
    const { rate, concurrent = Number.POSITIVE_INFINITY } = meter;
    const counter = this.#counter(principal, id, rate);
    if (counter.running >= concurrent) return PLACE_WAIT_MS;
    if (rate !== undefined) {
      const missing = rate.perMs - counter.credit;
      if (missing > 0) return Math.ceil(missing / rate.count);
      counter.credit -= rate.perMs;
    }
    counter.running++;
    return 0;
  }

  /** The work of a call that took a place has ended. @param unused - it never began: what it used comes back */
  release(principal: string, grant: string, unused: boolean): void {
    const counter = this.#counters.get(key(principal, grant));
    if (counter === undefined || counter.running === 0)
      throw new Error(`no call by grant '${grant}' is running`);
    counter.running--;
    if (unused && counter.rate !== undefined)
      counter.credit = Math.min(brim(counter.rate), counter.credit + counter.rate.perMs);
  }

  #counter(principal: string, grant: string, rate: RateMeter | undefined): Counter {
    const now = this.#clock.monotonicMs();
    const name = key(principal, grant);
    let counter = this.#counters.get(name);
    if (counter === undefined) {
      if (this.#counters.size >= this.#sweepAt) this.#sweep(now);
      counter = { credit: brim(rate), atMs: now, running: 0, rate };
      this.#counters.set(name, counter);
      return counter;
    }
    // By the rate that was in force till now; then as many calls as that left, if the new bucket holds so many.
    const left = creditAt(counter, now);
    counter.credit = counter.rate === rate ? left : converted(left, counter.rate, rate);
    counter.atMs = now;
    counter.rate = rate;
    return counter;
  }

  #sweep(now: number): void {
    for (const [name, counter] of this.#counters) {
      if (counter.running === 0 && creditAt(counter, now) >= brim(counter.rate)) this.#counters.delete(name);
    }
    // Where nearly all of them say something, the next look is worth its time only when there are many more.
    this.#sweepAt = Math.max(COUNTERS_BEFORE_SWEEP, 2 * this.#counters.size);
    // Sessions hold theirs; the next one of that name makes another, which counts in the same counters.
    this.#principals.clear();
  }
}

/** The same for one principal. */
export class PrincipalMeters implements Gauge {
  readonly #meters: GrantMeters;
  readonly #principal: string;

  constructor(meters: GrantMeters, principal: string) {
    this.#meters = meters;
    this.#principal = principal;
  }

  take(grant: CompiledGrant): number {
    return this.#meters.take(this.#principal, grant);
  }

  release(grant: CompiledGrant, unused: boolean): void {
    if (grant.meter !== undefined) this.#meters.release(this.#principal, grant.id, unused);
  }
}

/** What a full bucket has. */
function brim(rate: RateMeter | undefined): number {
  return rate === undefined ? 0 : rate.count * rate.perMs;
}

function creditAt({ credit, atMs, rate }: Counter, now: number): number {
  return rate === undefined ? 0 : Math.min(brim(rate), credit + (now - atMs) * rate.count);
}

function converted(credit: number, from: RateMeter | undefined, to: RateMeter | undefined): number {
  if (from === undefined || to === undefined) return brim(to);
  return Math.min(brim(to), Math.floor((credit / from.perMs) * to.perMs));
}

/** Neither has a space. */
function key(principal: string, grant: string): string {
  return `${principal} ${grant}`;
}
