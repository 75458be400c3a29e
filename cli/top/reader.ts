import { isPlainObject } from "../../base/plain-object.ts";
import { Failure } from "../io/failure.ts";

/*
 * Readers of what a daemon says, put together as the answer is: what comes out is typed, bounded, and nothing else. A
 * field that is not asked for is left behind.
 */

/** Reads a value out of what came. @param at - its place, for the message @throws Failure `protocol` */
export type AnswerReader<T> = (found: unknown, at: string) => T;

/** What a reader gives. */
export type ReadBy<R> = R extends AnswerReader<infer T> ? T : never;

/** No name in an answer is longer, in characters. */
const TEXT_MAX_CHARS = 1024;
/** No map of counts has more names: reasons and codes are closed lists. */
const NAMES_MAX = 128;

export const count: AnswerReader<number> = (found, at) => {
  if (typeof found === "number" && Number.isSafeInteger(found) && found >= 0) return found;
  throw unexpected(at, "a whole number from 0");
};

/** A time or a share of one. */
export const amount: AnswerReader<number> = (found, at) => {
  if (typeof found === "number" && Number.isFinite(found) && found >= 0) return found;
  throw unexpected(at, "a number from 0");
};

export const flag: AnswerReader<boolean> = (found, at) => {
  if (typeof found === "boolean") return found;
  throw unexpected(at, "true or false");
};

export const time: AnswerReader<Date> = (found, at) => {
  if (found instanceof Date && !Number.isNaN(found.getTime())) return found;
  throw unexpected(at, "a time");
};

/** A text as it came: it is escaped where it is printed. */
export function text(maxChars = TEXT_MAX_CHARS): AnswerReader<string> {
  return (found, at) => {
    if (typeof found === "string" && found.length <= maxChars) return found;
    throw unexpected(at, `a text of ${maxChars} characters at most`);
  };
}

export function orNull<T>(inner: AnswerReader<T>): AnswerReader<T | null> {
  return (found, at) => (found === null ? null : inner(found, at));
}

/** Its length is bounded by the message that it came in. */
export function list<T>(inner: AnswerReader<T>): AnswerReader<readonly T[]> {
  return (found, at) => {
    if (!Array.isArray(found)) throw unexpected(at, "a list");
    return found.map((item: unknown, i) => inner(item, `${at}[${i}]`));
  };
}

/** Counts by names that the daemon chooses. */
export const counts: AnswerReader<Readonly<Record<string, number>>> = (found, at) => {
  const entries = isPlainObject(found) ? Object.entries(found) : undefined;
  if (entries === undefined || entries.length > NAMES_MAX)
    throw unexpected(at, `a map of ${NAMES_MAX} names at most`);
  const name = text();
  return Object.fromEntries(entries.map(([key, value]) => [name(key, at), count(value, `a count in ${at}`)]));
};

/** A map with these fields. */
export function fields<const F extends Readonly<Record<string, AnswerReader<unknown>>>>(
  readers: F,
): AnswerReader<{ readonly [K in keyof F]: ReadBy<F[K]> }> {
  return (found, at) => {
    if (!isPlainObject(found)) throw unexpected(at, "a map");
    const entries = Object.entries(readers).map(([name, read]) => [name, read(found[name], `${at}.${name}`)]);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each field was just read by its own reader
    return Object.fromEntries(entries) as { readonly [K in keyof F]: ReadBy<F[K]> };
  };
}

function unexpected(at: string, what: string): Failure {
  return new Failure("protocol", `${at}: ${what} was expected`);
}
