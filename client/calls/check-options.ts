import type { CallOptions } from "./options.ts";

/*
 * Options are written by people, often without types. A wrong one would act as if it were not there, or as another: what is no
 * option, and what is not of its kind, is refused before anything is sent.
 */

const CALL_OPTIONS: readonly (keyof CallOptions)[] = ["timeoutMs", "signal", "onProgress", "trace"];

/** @throws TypeError with the option, what it was, and what was expected */
export function checkCallOptions(given: CallOptions, further: readonly string[] = []): void {
  checkRecord(given, "options");
  for (const name of Object.keys(given)) {
    if (!CALL_OPTIONS.some((known) => known === name) && !further.includes(name))
      throw noOption(name, [...CALL_OPTIONS, ...further]);
  }
  checkTimeout(given.timeoutMs);
  checkSignal(given.signal);
  if (given.onProgress !== undefined && typeof given.onProgress !== "function")
    throw unfit("onProgress", "a function", given.onProgress);
}

/** @throws TypeError where it is no object of options */
export function checkRecord(given: unknown, what: string): void {
  if (typeof given !== "object" || given === null) throw unfit(what, "an object", given);
}

/** @throws TypeError */
export function checkKnown(given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) throw noOption(unknown, known);
}

/** A time of 0 or less is over; an endless one is as long as the daemon lets it be. @throws TypeError */
export function checkTimeout(given: unknown): void {
  if (given === undefined || (typeof given === "number" && !Number.isNaN(given))) return;
  throw unfit("timeoutMs", "a number of milliseconds", given);
}

/** @throws TypeError */
export function checkSignal(given: unknown): void {
  if (given === undefined || given instanceof AbortSignal) return;
  throw unfit("signal", "an AbortSignal", given);
}

/** @throws TypeError */
export function checkTexts(name: string, what: string, given: unknown): void {
  if (Array.isArray(given) && given.every((one) => typeof one === "string")) return;
  throw unfit(name, what, given);
}

export function unfit(name: string, expected: string, found: unknown): TypeError {
  return new TypeError(`${name}: ${expected} was expected, not ${shown(found)}`);
}

function noOption(name: string, known: readonly string[]): TypeError {
  return new TypeError(`there is no option '${name}'; there are ${known.join(", ")}`);
}

/** The most of a text that a message quotes, in characters. */
const SHOWN_MAX_CHARS = 40;

function shown(found: unknown): string {
  if (typeof found === "string") return `the text '${found.slice(0, SHOWN_MAX_CHARS)}'`;
  if (typeof found === "bigint") return "a bigint";
  if (typeof found === "number" || typeof found === "boolean" || found === null || found === undefined)
    return String(found);
  if (Array.isArray(found)) return "a list";
  return typeof found === "object" ? "an object" : `a ${typeof found}`;
}
