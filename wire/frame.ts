import { Fault } from "../base/fault.ts";

/** Bytes of the length in front of each body. */
export const HEADER_BYTES = 4;

const NOTHING = new Uint8Array(0);

/**
 * Cuts a stream of bytes into frames (docs/protocol.md, section 2):
 *
 *     | length: 4 bytes, most significant first | body: that many bytes, 1 to maxBytes |
 *
 * A frame that lies within one chunk is handed out as a view on it; only one that straddles chunks is
 * joined, in a buffer that grows with what arrived, never with what was claimed, and that is let go
 * when the frame is whole. So the work is linear in the bytes, however they are cut.
 *
 * Frames are pulled, so that the owner can stop in the middle of a chunk: after a `login` nothing is
 * looked at until the verdict.
 */
export class FrameReader {
  #maxBytes: number;
  #chunk: Uint8Array = NOTHING;
  #at = 0;
  #joined: Uint8Array = NOTHING;
  #held = 0;

  /** @param maxBytes - the longest body that is accepted, in bytes */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Sets the bound for all frames whose header was not read yet. @param maxBytes - in bytes */
  limitTo(maxBytes: number): void {
    this.#maxBytes = maxBytes;
  }

  /** Bytes that arrived and were not handed out. */
  get heldBytes(): number {
    return this.#held + (this.#chunk.length - this.#at);
  }

  /** Memory that a half-read frame has, in bytes: what has come of it, and room for what is to come. */
  get memoryBytes(): number {
    return this.#joined.length;
  }

  /** Takes the next chunk. The one before must have been pulled empty: {@link next} gave `undefined`. */
  feed(chunk: Uint8Array): void {
    if (this.#at < this.#chunk.length) throw new Error("a chunk was fed before the last one was read");
    // A plain view: parts of a Buffer are Buffers, which are dearer to make.
    this.#chunk = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#at = 0;
  }

  /**
   * The body of the next whole frame, or `undefined` until more bytes are fed. It is a view on the chunk, or on memory of its
   * own that nothing else is written to: what is kept longer than the chunk is worth must be copied.
   *
   * @throws {@link Fault} `protocol_error`. The stream cannot be read on after that: hang up.
   */
  next(): Uint8Array | undefined {
    return this.#held > 0 ? this.#nextJoined() : this.#nextOfChunk();
  }

  #nextOfChunk(): Uint8Array | undefined {
    const left = this.#chunk.length - this.#at;
    if (left >= HEADER_BYTES) {
      const end = this.#at + HEADER_BYTES + this.#length(this.#chunk, this.#at);
      if (end <= this.#chunk.length) {
        const body = this.#chunk.subarray(this.#at + HEADER_BYTES, end);
        this.#at = end;
        return body;
      }
    }
    if (left > 0) this.#keep(left);
    else this.#chunk = NOTHING;
    return undefined;
  }

  #nextJoined(): Uint8Array | undefined {
    if (!this.#fill(HEADER_BYTES)) return undefined;
    const end = HEADER_BYTES + this.#length(this.#joined, 0);
    if (!this.#fill(end)) return undefined;
    const body = this.#joined.subarray(HEADER_BYTES, end);
    this.#joined = NOTHING;
    this.#held = 0;
    return body;
  }

  /** Moves bytes over from the chunk until `wanted` are held; false if there were not enough. */
  #fill(wanted: number): boolean {
    const missing = wanted - this.#held;
    if (missing > 0) this.#keep(Math.min(missing, this.#chunk.length - this.#at));
    return this.#held >= wanted;
  }

  #keep(count: number): void {
    const needed = this.#held + count;
    if (needed > this.#joined.length) {
      // Growing twofold keeps a peer that sends one byte at a time as cheap as one that sends them all; beyond
      // the end of the frame nothing is ever held.
      const frame = this.#held < HEADER_BYTES ? needed : HEADER_BYTES + this.#length(this.#joined, 0);
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(2 * this.#joined.length, frame)));
      larger.set(this.#joined.subarray(0, this.#held));
      this.#joined = new Uint8Array(larger.buffer);
    }
    this.#joined.set(this.#chunk.subarray(this.#at, this.#at + count), this.#held);
    this.#held = needed;
    this.#at += count;
    if (this.#at === this.#chunk.length) {
      this.#chunk = NOTHING;
      this.#at = 0;
    }
  }

  #length(bytes: Uint8Array, at: number): number {
    // By hand: a DataView for each frame costs more than all else here. The last step keeps bit 31 a number's.
    const length =
      (((bytes[at] ?? 0) << 24) |
        ((bytes[at + 1] ?? 0) << 16) |
        ((bytes[at + 2] ?? 0) << 8) |
        (bytes[at + 3] ?? 0)) >>>
      0;
    if (length === 0 || length > this.#maxBytes) {
      throw new Fault("protocol_error", `${length} bytes claimed, 1 to ${this.#maxBytes} accepted`);
    }
    return length;
  }
}

/** The header for a body of that many bytes. */
export function frameHeader(length: number): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  new DataView(header.buffer).setUint32(0, length);
  return header;
}
