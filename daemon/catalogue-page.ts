import type { MethodEntry } from "../base/catalogue.ts";
import { methodData } from "../base/catalogue-data.ts";

/**
 * A page of the catalogue ends when it has so many items, or bytes of text: the message around one more method
 * would come near the limits. A single method is less than a message; the registry has seen to that.
 */
const PAGE_MAX_ITEMS = 4_000;
const PAGE_MAX_BYTES = 256 * 1024;

/** What {@link cataloguePage} gives: plain data. */
interface Page {
  readonly methods: readonly unknown[];
  /** the name after which the next page begins; null on the last */
  readonly next: string | null;
}

/** The methods whose names come after that text, as many as go into a message. @param methods - in the order of their names */
export function cataloguePage(methods: readonly MethodEntry[], after: string): Page {
  const all = methods.filter(({ name }) => name > after);
  const page: unknown[] = [];
  const size = { items: 0, bytes: 0 };
  for (const entry of all) {
    const data = methodData(entry);
    addSize(data, size);
    if (page.length > 0 && (size.items > PAGE_MAX_ITEMS || size.bytes > PAGE_MAX_BYTES)) break;
    page.push(data);
  }
  return { methods: page, next: page.length < all.length ? (all[page.length - 1]?.name ?? null) : null };
}

/** Adds up the values and the text in something that is plain data. */
function addSize(data: unknown, size: { items: number; bytes: number }): void {
  size.items++;
  if (typeof data === "string") size.bytes += Buffer.byteLength(data);
  if (typeof data !== "object" || data === null || data instanceof Uint8Array) return;
  for (const inner of Object.values(data)) addSize(inner, size);
}
