import { sameBytes } from "./bytes.ts";
import { isPlainObject } from "./plain-object.ts";

/** Data that JavaScript cannot freeze: the time of a date and the bytes of a byte string can always be set. */
export type Settable = Date | Uint8Array;

/**
 * Freezes the lists and maps of a value in place, at every depth.
 *
 * @param settable - gets the dates and byte strings that were found, in the order of the value
 */
export function freezeData(value: unknown, settable: Settable[]): void {
  if (typeof value !== "object" || value === null) return;
  if (value instanceof Uint8Array) {
    settable.push(value);
    return;
  }
  if (Array.isArray(value)) for (let i = 0; i < value.length; i++) freezeData(value[i], settable);
  else if (value instanceof Date) settable.push(value);
  else if (isPlainObject(value)) {
    for (const key in value) if (Object.hasOwn(value, key)) freezeData(value[key], settable);
  } else return;
  Object.freeze(value);
}

/** A copy of data that shares no list, map, date or byte string with it. The lists and maps of the copy are frozen. */
export function frozenCopy(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy));
  if (value instanceof Uint8Array) return Uint8Array.prototype.slice.call(value);
  if (value instanceof Date) return Object.freeze(new Date(timeOf(value)));
  if (!isPlainObject(value)) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, frozenCopy(inner)]));
  return Object.freeze(copy);
}

/**
 * A copy of data that shares no list, map, date or byte string with it, and may be changed. What is no data is the same in the copy.
 * Its depth is that of what was decoded, or of what a schema made of that.
 */
export function freshCopy(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(freshCopy);
  if (value instanceof Uint8Array) return Uint8Array.prototype.slice.call(value);
  if (value instanceof Date) return new Date(timeOf(value));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, freshCopy(inner)]));
}

/** What dates and byte strings were at one moment, for as long as something may set them. */
export class Snapshot {
  readonly #settable: readonly Settable[];
  readonly #before: readonly (number | Uint8Array)[];

  constructor(settable: readonly Settable[]) {
    this.#settable = settable;
    this.#before = settable.map((one) => (one instanceof Date ? timeOf(one) : one.slice()));
  }

  /** Whether all of them are what they were. */
  isUnchanged(): boolean {
    return this.#settable.every((one, i) => {
      const before = this.#before[i];
      if (one instanceof Date) return timeOf(one) === before;
      return before instanceof Uint8Array && sameBytes(one, before);
    });
  }
}

/**
 * Whether the dates and byte strings in a value are those of the original. Both have the same lists and maps: the value was
 * frozen, and the original is what it was decoded from. Nothing else is compared, and the first difference ends the walk.
 */
export function sameSettable(value: unknown, original: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (value instanceof Date) return original instanceof Date && timeOf(value) === timeOf(original);
  if (value instanceof Uint8Array) return original instanceof Uint8Array && sameBytes(value, original);
  if (Array.isArray(value))
    return Array.isArray(original) && value.every((inner, i) => sameSettable(inner, original[i]));
  if (!isPlainObject(value)) return true;
  if (!isPlainObject(original)) return false;
  for (const key in value)
    if (Object.hasOwn(value, key) && !sameSettable(value[key], original[key])) return false;
  return true;
}

/** The time is asked of the language: a date may have a method of its own. */
function timeOf(date: Date): number {
  return Date.prototype.getTime.call(date);
}
