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
