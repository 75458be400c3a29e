import { Fault } from "../base/fault.ts";
import { isPlainObject } from "../base/plain-object.ts";

/*
 * Values from the network are read field by field out of `unknown`: nothing is used before it is known.
 * Each reader throws a Fault `protocol_error` that names the field and says what was expected.
 */

/** A map as it came out of the decoder. */
export type WireMap = Readonly<Record<string, unknown>>;

/** A whole number from 0 to 2^53−1. */
export function readCount(found: unknown, field: string): number {
  if (typeof found === "number" && Number.isSafeInteger(found) && found >= 0) return found;
  return refuse(field, "a whole number from 0");
}

/** A whole number from 1 to 2^53−1. */
export function readPositive(found: unknown, field: string): number {
  return readCount(found, field) || refuse(field, "a whole number from 1");
}

/** A whole number within ±(2^53−1). */
export function readInteger(found: unknown, field: string): number {
  if (typeof found === "number" && Number.isSafeInteger(found)) return found;
  return refuse(field, "a whole number");
}

/** A finite number from 0. */
export function readNumber(found: unknown, field: string): number {
  if (typeof found === "number" && Number.isFinite(found) && found >= 0) return found;
  return refuse(field, "a number from 0");
}

export function readText(found: unknown, field: string, maxChars: number): string {
  if (typeof found === "string" && found.length <= maxChars) return found;
  return refuse(field, `a text of at most ${maxChars} characters`);
}

export function readFlag(found: unknown, field: string): boolean {
  return typeof found === "boolean" ? found : refuse(field, "true or false");
}

/** @param length - in bytes; exactly so many */
export function readBytes(found: unknown, field: string, length: number): Uint8Array {
  if (found instanceof Uint8Array && found.length === length) return found;
  return refuse(field, `a byte string of ${length} bytes`);
}

/** A byte string of any length that the frame had room for. */
export function readAnyBytes(found: unknown, field: string): Uint8Array {
  return found instanceof Uint8Array ? found : refuse(field, "a byte string");
}

export function readList(found: unknown, field: string): readonly unknown[] {
  return Array.isArray(found) ? found : refuse(field, "an array");
}

/** An array of exactly that many elements. */
export function readTuple(found: unknown, field: string, length: number): readonly unknown[] {
  const list = readList(found, field);
  return list.length === length ? list : refuse(field, `an array of ${length} elements`);
}

export function readMap(found: unknown, field: string): WireMap {
  return isPlainObject(found) ? found : refuse(field, "a map");
}

/** A map with no other keys than these: an unknown one may mean what this side would have to know. */
export function readClosedMap(found: unknown, field: string, keys: readonly string[]): WireMap {
  const map = readMap(found, field);
  const extra = Object.keys(map).filter((key) => !keys.includes(key));
  return extra.length === 0 ? map : refuse(field, `no other keys than ${keys.join(", ")}`);
}

/** One of a closed list of words. */
export function readWord<Word extends string>(found: unknown, field: string, words: readonly Word[]): Word {
  return words.find((word) => word === found) ?? refuse(field, `one of ${words.join(", ")}`);
}

function refuse(field: string, expected: string): never {
  throw new Fault("protocol_error", `${field}: ${expected} was expected`);
}
