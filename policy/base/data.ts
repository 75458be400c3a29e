/** Twice what a message can nest: a value from the wire never meets it, one made by hand in a circle does. */
export const MAX_DATA_DEPTH = 64;
/** Ten times the items that a message can have: values that share parts could take for ever to walk. */
export const MAX_DATA_ITEMS = 100_000;

/**
 * Whether a value is data through and through: null, booleans, finite numbers, texts, bytes, times, plain
 * lists and plain maps of those. Everything else is refused, whatever it is: `any` in a policy means any
 * data, and never something that can be called back or that has code of its own (docs/policy.md, "Arguments").
 */
export function isData(value: unknown): boolean {
  return itemsLeft(value, MAX_DATA_DEPTH, MAX_DATA_ITEMS) >= 0;
}

/** How many more items may follow after this value; negative when it is no data or there are too many. */
function itemsLeft(value: unknown, depth: number, items: number): number {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return items - 1;
  if (typeof value === "number") return Number.isFinite(value) ? items - 1 : -1;
  return typeof value === "object" ? itemsLeftAfterObject(value, depth, items - 1) : -1;
}

function itemsLeftAfterObject(value: object, depth: number, items: number): number {
  if (depth === 0 || items < 0) return -1;
  if (Array.isArray(value)) return itemsLeftAfterList(value, depth, items);
  if (value instanceof Uint8Array) return items;
  if (value instanceof Date) return isTime(value) ? items : -1;
  if (!isPlainMap(value)) return -1;
  let left = items;
  for (const key in value) {
    left = itemsLeft(value[key], depth - 1, left);
    if (left < 0) return -1;
  }
  return left;
}

/** Whether a value is a moment: a Date can also hold none. */
export function isTime(value: unknown): value is Date {
  return value instanceof Date && !Number.isNaN(value.getTime());
}

/** Whether a value is a list and nothing more: no class of its own. */
export function isPlainList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && Object.getPrototypeOf(value) === Array.prototype;
}

/** Whether an object is a record of its own keys, and not an instance of anything. */
export function isPlainMap(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function itemsLeftAfterList(list: readonly unknown[], depth: number, items: number): number {
  if (!isPlainList(list)) return -1;
  let left = items;
  for (let i = 0; i < list.length; i++) {
    left = itemsLeft(list[i], depth - 1, left);
    if (left < 0) return -1;
  }
  return left;
}
