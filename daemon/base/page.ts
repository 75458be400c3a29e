/**
 * A page of a list ends when it has so many items, or bytes of text: the message around one more entry would come near
 * the limits. A single entry is less than a message.
 */
const PAGE_MAX_ITEMS = 4_000;
const PAGE_MAX_BYTES = 256 * 1024;

/** Part of a list: plain data. */
export interface Page {
  readonly entries: readonly unknown[];
  /** the name after which the next page begins; null on the last */
  readonly next: string | null;
}

/**
 * The entries whose names come after that text, as many as go into a message.
 *
 * @param all - in the order of their names: what comes and goes between two pages moves no other
 */
export function pageOf<T>(
  all: readonly T[],
  after: string,
  nameOf: (entry: T) => string,
  dataOf: (entry: T) => unknown,
): Page {
  const rest = all.filter((entry) => nameOf(entry) > after);
  const entries: unknown[] = [];
  const size = { items: 0, bytes: 0 };
  for (const entry of rest) {
    const data = dataOf(entry);
    addSize(data, size);
    if (entries.length > 0 && (size.items > PAGE_MAX_ITEMS || size.bytes > PAGE_MAX_BYTES)) break;
    entries.push(data);
  }
  const last = rest[entries.length - 1];
  return { entries, next: last !== undefined && entries.length < rest.length ? nameOf(last) : null };
}

/** Adds up the values and the text in something that is plain data. */
function addSize(data: unknown, size: { items: number; bytes: number }): void {
  size.items++;
  if (typeof data === "string") size.bytes += Buffer.byteLength(data);
  if (typeof data !== "object" || data === null || data instanceof Uint8Array) return;
  for (const inner of Object.values(data)) addSize(inner, size);
}
