/** Bytes in front of each TLS record: its type, a version of old, and the length of the rest (RFC 8446, 5.1). */
const HEADER_BYTES = 5;

/**
 * Finds the ends of TLS records in encrypted bytes, however these are cut, without looking into them:
 *
 *     | type: 1 byte | version: 2 bytes | length: 2 bytes | that many bytes |
 *
 * It believes each length: OpenSSL ends the connection at the first header that is none.
 */
export class TlsRecords {
  /** Bytes of the header that have come, while one is incomplete. */
  #headerBytes = 0;
  #length = 0;
  /** Bytes of the record's body that are still to come. */
  #left = 0;
  #count = 0;

  /** Records that have come whole. */
  get count(): number {
    return this.#count;
  }

  /**
   * Goes on over a chunk, to its end or to the end of so many records.
   *
   * @param end - how much of the chunk may be looked at
   * @returns where it stopped: what lies before that has been counted
   */
  walk(chunk: Uint8Array, from: number, end: number, maxRecords: number): number {
    const last = this.#count + maxRecords;
    let at = from;
    while (at < end && this.#count < last) {
      if (this.#headerBytes < HEADER_BYTES) {
        const byte = chunk[at++] ?? 0;
        if (++this.#headerBytes < HEADER_BYTES - 1) continue;
        this.#length = (this.#length << 8) | byte;
        if (this.#headerBytes < HEADER_BYTES) continue;
        this.#left = this.#length;
      } else {
        const taken = Math.min(this.#left, end - at);
        at += taken;
        this.#left -= taken;
      }
      if (this.#left > 0) continue;
      this.#count++;
      this.#headerBytes = 0;
      this.#length = 0;
    }
    return at;
  }
}
