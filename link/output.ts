import { HEADER_BYTES } from "../wire/frame.ts";

/** A body from here on is written as it is: copying it would cost more than a write of its own saves. */
const LARGE_BYTES = 32 * 1024;

/** The frames for these bodies as few pieces: the small ones, with all headers, copied into one buffer. */
export function joinFrames(bodies: readonly Uint8Array[]): readonly Uint8Array[] {
  const [only] = bodies;
  if (only !== undefined && bodies.length === 1 && only.length < LARGE_BYTES) return [frame(only)];
  const copied = bodies.reduce(
    (sum, body) => sum + HEADER_BYTES + (body.length < LARGE_BYTES ? body.length : 0),
    0,
  );
  const joined = Buffer.allocUnsafe(copied);
  const pieces: Uint8Array[] = [];
  let from = 0;
  let at = 0;
  for (const body of bodies) {
    at = joined.writeUInt32BE(body.length, at);
    if (body.length < LARGE_BYTES) {
      joined.set(body, at);
      at += body.length;
      continue;
    }
    pieces.push(joined.subarray(from, at), body);
    from = at;
  }
  if (at > from) pieces.push(joined.subarray(from, at));
  return pieces;
}

function frame(body: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  bytes.writeUInt32BE(body.length);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

/** Memory for the first small frames that wait, and the most for later ones, in bytes. */
const FIRST_BLOCK_BYTES = 2 * 1024;
const BLOCK_BYTES = 64 * 1024;
/** What a piece takes beside its bytes. */
const PIECE_OVERHEAD = 320;

/**
 * Frames that wait until the socket has taken what it was given. Small ones are copied into blocks of memory of their own: a
 * frame of 50 bytes would take some 400 as an object, and keep the memory that it shares with the frames of others.
 *
 *     | frame | frame | frame ···      block      |   | large body |   | frame ···      block      |
 */
export class WaitingOutput {
  #pieces: Uint8Array[] = [];
  #block: Buffer | undefined;
  #used = 0;
  #memory = 0;
  #bytes = 0;

  /** Bytes of the frames that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of memory that they take. */
  get memoryBytes(): number {
    return this.#memory;
  }

  add(bodies: readonly Uint8Array[]): void {
    for (const body of bodies) {
      this.#bytes += HEADER_BYTES + body.length;
      const copied = body.length < LARGE_BYTES ? body.length : 0;
      const block = this.#room(HEADER_BYTES + copied);
      this.#used = block.writeUInt32BE(body.length, this.#used);
      if (copied > 0) {
        block.set(body, this.#used);
        this.#used += copied;
      } else this.#addLarge(body);
    }
  }

  /** All that waits, in its order; nothing waits afterwards. */
  take(): readonly Uint8Array[] {
    this.#cut();
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#block = undefined;
    this.#used = 0;
    this.#memory = 0;
    this.#bytes = 0;
    return pieces;
  }

  #room(bytes: number): Buffer {
    if (this.#block !== undefined && this.#block.length - this.#used >= bytes) return this.#block;
    this.#cut();
    const size = Math.max(bytes, Math.min(BLOCK_BYTES, Math.max(FIRST_BLOCK_BYTES, 2 * this.#bytes)));
    this.#block = Buffer.allocUnsafeSlow(size);
    this.#used = 0;
    this.#memory += size + PIECE_OVERHEAD;
    return this.#block;
  }

  /** Ends the piece that is being filled. */
  #cut(): void {
    if (this.#block === undefined || this.#used === 0) return;
    this.#pieces.push(this.#block.subarray(0, this.#used));
    this.#block = this.#block.subarray(this.#used);
    this.#used = 0;
    this.#memory += PIECE_OVERHEAD;
  }

  #addLarge(body: Uint8Array): void {
    this.#cut();
    // One that shares its memory with much else would keep that too.
    const own = body.buffer.byteLength > 2 * body.length ? new Uint8Array(body) : body;
    this.#pieces.push(own);
    this.#memory += own.buffer.byteLength + PIECE_OVERHEAD;
  }
}
