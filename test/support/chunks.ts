import { setImmediate } from "node:timers/promises";
import { frameHeader } from "../../wire/frame.ts";
import type { Random } from "../hostile/random.ts";

/** Where the bytes of a write are cut: the ends of the pieces, in order. */
export type Cutting = (length: number) => readonly number[];

export const IN_ONE_WRITE: Cutting = (length) => [length];

export const BYTE_BY_BYTE: Cutting = (length) => Array.from({ length }, (_, i) => i + 1);

/** Cuts anywhere, also within a frame. @param pieceMaxBytes - most pieces are much smaller */
export function cutAtRandom(random: Random, pieceMaxBytes: number): Cutting {
  return (length) => {
    const ends: number[] = [];
    for (let end = 0; end < length; ) {
      end = Math.min(length, end + 1 + random.below(1 + random.below(pieceMaxBytes)));
      ends.push(end);
    }
    return ends;
  };
}

/** The chunkings that each sequence is sent in, beside one message at a time. */
export function chunkings(random: Random): Readonly<Record<string, Cutting>> {
  return {
    "in one write": IN_ONE_WRITE,
    "byte by byte": BYTE_BY_BYTE,
    "in small pieces": cutAtRandom(random, 40),
    "in large pieces": cutAtRandom(random, 400),
  };
}

/** Writes frames with these bodies, cut into pieces. The event loop turns between two pieces, so the reader gets each by itself. */
export async function writeCut(
  write: (bytes: Uint8Array) => void,
  bodies: readonly Uint8Array[],
  cutting: Cutting,
): Promise<void> {
  const bytes = Buffer.concat(bodies.flatMap((body) => [frameHeader(body.length), body]));
  let start = 0;
  for (const end of cutting(bytes.length)) {
    write(bytes.subarray(start, end));
    start = end;
    await setImmediate();
  }
}
