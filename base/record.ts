/*
 * A record from names that a peer chose to values: nothing is inherited, so no name finds anything that was not put
 * there. `Object.create(null)` would do, but V8 keeps such an object as a hash table, and reading it is some ten times
 * dearer; an instance of a class whose prototype is empty is laid out like any other object.
 */
function EmptyRecord(this: object): void {
  // Nothing: the prototype below is what counts.
}
/** What such a record inherits from: an empty object that inherits from nothing. */
export const RECORD_PROTOTYPE: object = Object.freeze(Object.create(null));
EmptyRecord.prototype = RECORD_PROTOTYPE;

/** An empty record: `name in record` is true for its own names alone. */
export function emptyRecord(): Record<string, unknown> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a constructor that is a plain function has no type of its own
  return new (EmptyRecord as unknown as new () => Record<string, unknown>)();
}
