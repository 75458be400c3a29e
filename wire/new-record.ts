import { INDEX_COST, INDEX_MAX, INDEXED_COST } from "./cost.ts";
import { indexOf, isSparse } from "./map-keys.ts";

/** Beyond what V8 ever keeps as a list: an object that had such a key keeps its elements in a table from then on. */
const FAR_INDEX = 4_294_967_294;

/** The keys that look like indexes of an array: how many, and the largest up to {@link INDEX_MAX}. */
function indexesOf(keys: Iterable<string>): { readonly count: number; readonly top: number } {
  let count = 0;
  let top = 0;
  for (const key of keys) {
    const first = key.charCodeAt(0);
    if (first < 0x30 || first > 0x39) continue;
    const index = indexOf(key);
    if (index < 0) continue;
    count++;
    if (index <= INDEX_MAX) top = Math.max(top, index);
  }
  return { count, top };
}

/** What a map of these keys costs more for those that look like indexes, in bytes. */
export function indexedCost(keys: Iterable<string>): number {
  const { count, top } = indexesOf(keys);
  return count === 0 ? 0 : INDEXED_COST + INDEX_COST * top;
}

/**
 * An empty plain object for these keys. V8 makes room for 1,549 elements in an object whose only key is "1022"; where keys
 * that look like indexes are few and far between, they go into a table, of which each takes what any other key does.
 */
export function newRecord(keys: Iterable<string>): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  const { count, top } = indexesOf(keys);
  if (!isSparse(top, count)) return record;
  record[FAR_INDEX] = undefined;
  delete record[FAR_INDEX];
  return record;
}
