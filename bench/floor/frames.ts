import type { Duplex } from "node:stream";

const HEADER_BYTES = 4;
/** From here on a body is written by itself, not copied. */
const LARGE_BYTES = 32 * 1024;
const NOTHING = Buffer.alloc(0);

/**
 * Frames over a socket, and nothing else: no limits, no decoding, no checks. What anything that speaks in
 * frames has to do, done as cheaply as node:net lets it be done:
 *
 *     | length: 4 bytes, most significant first | body |
 *
 * Bodies are views on the chunk that was read; only one that straddles chunks is joined. The small frames of
 * one turn of the event loop are joined into one write.
 */
export class Frames {
  readonly #socket: Duplex;
  readonly #received: (body: Buffer) => void;
  #header = NOTHING;
  /** the frame that straddles chunks, and how much of it is there */
  #body = NOTHING;
  #filled = 0;
  #unsent: Uint8Array[] = [];
  #unsentBytes = 0;
  #flushing = false;

  /** @param received - is given each body: a view on memory that nobody writes to again */
  constructor(socket: Duplex, received: (body: Buffer) => void) {
    this.#socket = socket;
    this.#received = received;
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
  }

  /** Sends a frame at the end of the turn. */
  send(body: Uint8Array): void {
    this.#unsent.push(body);
    this.#unsentBytes += HEADER_BYTES + body.length;
    if (this.#flushing) return;
    this.#flushing = true;
    process.nextTick(() => this.#flush());
  }

  #read(chunk: Buffer): void {
    let at = this.#finish(chunk);
    while (at < chunk.length) {
      if (chunk.length - at < HEADER_BYTES) {
        this.#header = Buffer.from(chunk.subarray(at));
        return;
      }
      const length = chunk.readUInt32BE(at);
      at += HEADER_BYTES;
      if (chunk.length - at >= length) {
        this.#received(chunk.subarray(at, at + length));
      } else {
        this.#body = Buffer.allocUnsafe(length);
        this.#filled = chunk.copy(this.#body, 0, at);
      }
      at += length;
    }
  }

  /** Goes on with the frame that the chunk before had begun. @returns where the next one begins */
  #finish(chunk: Buffer): number {
    if (this.#header.length > 0) {
      const joined = Buffer.concat([this.#header, chunk]);
      this.#header = NOTHING;
      this.#read(joined);
      return chunk.length;
    }
    if (this.#body.length === 0) return 0;
    const taken = chunk.copy(this.#body, this.#filled);
    this.#filled += taken;
    if (this.#filled === this.#body.length) {
      const body = this.#body;
      this.#body = NOTHING;
      this.#received(body);
    }
    return taken;
  }

  #flush(): void {
    this.#flushing = false;
    const unsent = this.#unsent;
    this.#unsent = [];
    const [first] = unsent;
    if (first !== undefined && unsent.length === 1 && first.length >= LARGE_BYTES) this.#writeLarge(first);
    else this.#writeJoined(unsent);
    this.#unsentBytes = 0;
  }

  #writeLarge(body: Uint8Array): void {
    const header = Buffer.allocUnsafe(HEADER_BYTES);
    header.writeUInt32BE(body.length);
    this.#socket.cork();
    this.#socket.write(header);
    this.#socket.write(body);
    this.#socket.uncork();
  }

  #writeJoined(bodies: readonly Uint8Array[]): void {
    const joined = Buffer.allocUnsafe(this.#unsentBytes);
    let at = 0;
    for (const body of bodies) {
      at = joined.writeUInt32BE(body.length, at);
      joined.set(body, at);
      at += body.length;
    }
    this.#socket.write(joined);
  }
}
