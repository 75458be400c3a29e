/**
 * The cost of one message, straight from docs/protocol.md (section 3, "Cost") and as plainly as possible: one method for each
 * row of its table. Nothing is shared with the rest.
 */
export class ReferenceCost {
  /** The sum over all items and keys so far, in bytes. */
  total = 0;
  /** The keys of the last map that ended, for each depth and number of entries. */
  readonly #lastKeys = new Map<string, readonly string[]>();

  /** Adds null, true, false or a number. */
  simple(): void {
    this.total += 24;
  }

  text(bytes: Uint8Array): void {
    this.total += 48 + held(bytes);
  }

  byteString(length: number): void {
    this.total += 320 + length;
  }

  /** Adds a time and the number behind its tag. */
  time(): void {
    this.total += 128;
  }

  /** Adds a reference and the number behind its tag. */
  reference(): void {
    this.total += 1024;
  }

  array(): void {
    this.total += 64;
  }

  /**
   * Adds a map when it ends, its keys with it. Maps at the same depth are never inside one another, so the last one that ended
   * is the last one that ended before this one began.
   *
   * @param depth - the map itself counts
   */
  map(depth: number, keys: readonly string[]): void {
    this.total += 96;
    const isKnown = this.#isKnownLayout(depth, keys);
    for (const key of keys) {
      const bytes = Buffer.from(key);
      this.total += isKnown ? 24 + bytes.length : 320 + held(bytes);
    }
    const indexes = keys.filter(looksLikeIndex).map(Number);
    if (indexes.length > 0) this.total += 192 + 12 * Math.max(0, ...indexes.filter((one) => one <= 3400));
  }

  #isKnownLayout(depth: number, keys: readonly string[]): boolean {
    const place = `depth ${depth}, ${keys.length} entries`;
    const last = this.#lastKeys.get(place);
    this.#lastKeys.set(place, keys);
    return keys.length <= 16 && last !== undefined && keys.every((key, i) => key === last[i]);
  }
}

/** What the bytes of a text take: once if all of them are ASCII, twice if not. */
function held(bytes: Uint8Array): number {
  return bytes.every((byte) => byte < 0x80) ? bytes.length : 2 * bytes.length;
}

function looksLikeIndex(key: string): boolean {
  return /^(0|[1-9][0-9]*)$/.test(key) && BigInt(key) <= 4_294_967_294n;
}
