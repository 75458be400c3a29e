import type { Clock } from "../../base/clock.ts";

/**
 * So much time of the event loop a principal has in advance, in milliseconds, and as much of each millisecond comes back. So a
 * principal that uses less than a tenth of the loop, in small pieces, always has some of it.
 */
const CREDIT_MAX_MS = 4;
const CREDIT_BACK = 0.1;

/** The most that a principal can owe, in milliseconds: one that held the loop for long is behind the others for a second, and no longer. */
const DEBT_MAX_MS = 100;

/**
 * A principal is alone if the loop has worked for no other for this long, in milliseconds, and no other waits. Nobody else wants the time
 * that it begins to use then, so it owes no more for it: others that come begin beside it, not in front of it. What it owed, it still owes.
 */
const ALONE_MS = 50;

/** The time of the event loop that one principal uses, over all its connections. */
export class TimeAccount {
  readonly name: string;
  #usedMs = 0;
  #usedBeforeMs = 0;
  #creditMs = CREDIT_MAX_MS;
  /** of the monotonic clock: when the credit was worked out */
  #atMs: number;

  constructor(name: string, nowMs: number) {
    this.name = name;
    this.#atMs = nowMs;
  }

  /** Since the daemon began, in milliseconds. */
  get usedMs(): number {
    return this.#usedMs;
  }

  /** What it has used since this was last asked, in milliseconds. */
  takeWindowMs(): number {
    const ms = this.#usedMs - this.#usedBeforeMs;
    this.#usedBeforeMs = this.#usedMs;
    return ms;
  }

  /** @param isAlone - whether nobody else wanted the time when it began */
  spend(ms: number, nowMs: number, isAlone: boolean): void {
    const creditMs = this.creditMs(nowMs);
    this.#usedMs += ms;
    this.#creditMs = Math.max(isAlone ? Math.min(0, creditMs) : -DEBT_MAX_MS, creditMs - ms);
    this.#atMs = nowMs;
  }

  /** What it has in advance; below zero what it owes. @param nowMs - of the monotonic clock */
  creditMs(nowMs: number): number {
    return Math.min(CREDIT_MAX_MS, this.#creditMs + CREDIT_BACK * (nowMs - this.#atMs));
  }
}

/**
 * Measures for whom the event loop works: one stopwatch, which is handed from account to account.
 *
 *     | read, check | decide | run … | encode | read, check | …
 *     |  alice      | alice  | bob   |  bob   |  carol      | nobody: garbage collection, timers, the continuations of handlers
 */
export class TimeAccounts {
  readonly #clock: Clock;
  /** By the name of the principal; the policy bounds how many there are. */
  readonly #accounts = new Map<string, TimeAccount>();
  /** Of all peers that have not logged in. */
  readonly unauthenticated: TimeAccount;
  #current: TimeAccount | undefined;
  #sinceMs = 0;
  /** The one for which the loop worked last, and since when it has for no other. */
  #last: TimeAccount | undefined;
  #aloneSinceMs = 0;
  #busiestMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.unauthenticated = new TimeAccount("", clock.monotonicMs());
  }

  /** Of the principals that have used any time. */
  get principals(): readonly TimeAccount[] {
    return [...this.#accounts.values()].filter(({ usedMs }) => usedMs > 0);
  }

  /** What all principals have used, in milliseconds. */
  get principalsMs(): number {
    return this.principals.reduce((sum, { usedMs }) => sum + usedMs, 0);
  }

  /** What the busiest principal has used in the last whole window, in milliseconds. */
  get busiestMs(): number {
    return this.#busiestMs;
  }

  /** A window is over, and the next one begins. */
  endWindow(): void {
    this.#busiestMs = this.principals.reduce((most, one) => Math.max(most, one.takeWindowMs()), 0);
  }

  of(principal: string): TimeAccount {
    let account = this.#accounts.get(principal);
    if (account === undefined) {
      account = new TimeAccount(principal, this.#clock.monotonicMs());
      this.#accounts.set(principal, account);
    }
    return account;
  }

  /** What follows is done for this account, until it is done for another. @returns the one before */
  to(account: TimeAccount | undefined): TimeAccount | undefined {
    const before = this.#current;
    if (account === before) return before;
    const nowMs = this.#clock.monotonicMs();
    before?.spend(nowMs - this.#sinceMs, nowMs, this.isAlone(before));
    this.#current = account;
    this.#sinceMs = nowMs;
    if (account !== undefined && account !== this.#last) {
      this.#last = account;
      this.#aloneSinceMs = nowMs;
    }
    return before;
  }

  /**
   * Whether there is nobody else for whom the loop has to work.
   *
   * @param atMs - of the monotonic clock; where nothing is said, when what is being done for it began, or now
   */
  isAlone(
    account: TimeAccount,
    atMs: number = account === this.#current ? this.#sinceMs : this.#clock.monotonicMs(),
  ): boolean {
    return account === this.#last && atMs - this.#aloneSinceMs >= ALONE_MS;
  }

  /** Somebody else waits while the loop works: nobody is alone. */
  wanted(): void {
    this.#aloneSinceMs = this.#clock.monotonicMs();
  }

  /** Whether an account has time in advance, what is being done for it included. */
  hasCredit(account: TimeAccount): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (account === this.#current) {
      account.spend(nowMs - this.#sinceMs, nowMs, this.isAlone(account));
      this.#sinceMs = nowMs;
    }
    return account.creditMs(nowMs) > 0;
  }
}
