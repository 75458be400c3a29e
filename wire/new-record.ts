import { INDEX_MAX } from "./cost.ts";
import { indexOf, isSparse } from "./map-keys.ts";

/** Beyond what V8 ever keeps as a list: an object that had such a key keeps its elements in a table from then on. */
const FAR_INDEX = 4_294_967_294;

/**
 * An empty plain object for these keys. V8 makes room for 1,549 elements in an object whose only key is "1022"; where keys
 * that look like indexes are few and far between, they go into a table, of which each takes what any other key does.
 */
export function newRecord(keys: Iterable<string>): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  let top = 0;
  let count = 0;
  for (const key of keys) {
    const first = key.charCodeAt(0);
    if (first < 0x30 || first > 0x39) continue;
    const index = indexOf(key);
    if (index < 0) continue;
    count++;
    if (index <= INDEX_MAX) top = Math.max(top, index);
  }
  if (!isSparse(top, count)) return record;
  record[FAR_INDEX] = undefined;
  delete record[FAR_INDEX];
  return record;
}
