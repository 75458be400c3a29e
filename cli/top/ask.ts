import { deniedReserved, isDenied } from "../connect/reserved-method.ts";
import { Failure } from "../io/failure.ts";
import {
  type Health,
  readHealth,
  readSessions,
  readStats,
  type SessionEntry,
  type Stats,
} from "./answers.ts";
import type { AnswerReader } from "./reader.ts";

/** Makes a call of one of the daemon's own methods. */
export type Ask = (method: string, ...args: readonly string[]) => Promise<unknown>;

/** What the daemon said, of one moment. */
export interface Reading {
  /** When the answer was there, in milliseconds of the monotonic clock. */
  readonly atMs: number;
  /** With the methods of all pages that were asked for. */
  readonly stats: Stats;
  /** Nothing where the policy does not allow to ask. */
  readonly sessions: readonly SessionEntry[] | undefined;
  readonly health: Health | undefined;
  /** Whether there are more pages than were asked for. */
  readonly isCut: { readonly methods: boolean; readonly sessions: boolean };
}

export interface AskOptions {
  /** So many pages of methods and of sessions are read, at most. */
  readonly pagesMax: number;
  /** Methods that are not asked, since they were denied. */
  readonly without?: ReadonlySet<string>;
}

/** Of all pages of a list, as JSON: ten thousand sessions have some four million. It is all held, and printed as one text. */
const CHARS_MAX = 16 * 1024 * 1024;

export const SESSIONS = "rpcd.sessions.list";
export const HEALTH = "rpcd.health";
export const STATS = "rpcd.stats";

/**
 * Asks for all of it, each kind beside the others, and waits for every answer: nothing of it is under way when this
 * settles, whatever failed.
 *
 * @throws Failure `denied` without a grant of rpcd.stats, `protocol`; RpcError
 */
export async function ask(
  call: Ask,
  { pagesMax, without = new Set() }: AskOptions,
  nowMs: () => number,
): Promise<Reading> {
  const [stats, sessions, health] = await Promise.allSettled([
    askPages(call, { method: STATS, read: readStats, nextOf: ({ calls }) => calls.next, pagesMax })
      .then((pages) => ({ ...pages, atMs: nowMs() }))
      .catch((error: unknown) => {
        throw deniedReserved(error, STATS);
      }),
    unlessDenied(SESSIONS, without, () =>
      askPages(call, { method: SESSIONS, read: readSessions, nextOf: ({ next }) => next, pagesMax }),
    ),
    unlessDenied(HEALTH, without, async () => readHealth(await call(HEALTH), HEALTH)),
  ]);
  const { pages, isCut, atMs } = valueOf(stats);
  const found = valueOf(sessions);
  return {
    atMs,
    stats: joined(pages),
    sessions: found?.pages.flatMap((page) => page.sessions),
    health: valueOf(health),
    isCut: { methods: isCut, sessions: found?.isCut ?? false },
  };
}

interface PagesOf<T> {
  readonly method: string;
  readonly read: AnswerReader<T>;
  readonly nextOf: (page: T) => string | null;
  readonly pagesMax: number;
}

async function askPages<T>(
  call: Ask,
  { method, read, nextOf, pagesMax }: PagesOf<T>,
): Promise<{ readonly pages: readonly T[]; readonly isCut: boolean }> {
  const pages: T[] = [];
  let after = "";
  let chars = 0;
  while (pages.length < pagesMax) {
    const page = read(await call(method, after), method);
    chars += JSON.stringify(page).length;
    if (chars > CHARS_MAX) throw endless(method);
    pages.push(page);
    const next = nextOf(page);
    if (next === null) return { pages, isCut: false };
    // Each page has to lead on: a daemon may be hostile.
    if (next <= after) throw endless(method);
    after = next;
  }
  return { pages, isCut: true };
}

/** The pages of a list lead back, or on and on. */
export function endless(method: string): Failure {
  return new Failure("protocol", `${method}: the pages have no end`);
}

async function unlessDenied<T>(
  method: string,
  without: ReadonlySet<string>,
  work: () => Promise<T>,
): Promise<T | undefined> {
  if (without.has(method)) return undefined;
  try {
    return await work();
  } catch (error) {
    if (isDenied(error)) return undefined;
    throw error;
  }
}

function valueOf<T>(result: PromiseSettledResult<T>): T {
  if (result.status === "rejected") throw result.reason;
  return result.value;
}

/** The last page is of the latest moment, and all pages have the rest alike. */
function joined(pages: readonly Stats[]): Stats {
  const last = pages.at(-1);
  if (last === undefined) throw new Error("at least one page was asked for");
  return {
    ...last,
    calls: { ...last.calls, methods: pages.flatMap(({ calls }) => calls.methods), next: null },
  };
}
