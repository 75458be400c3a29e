import { Fault } from "../base/fault.ts";

/*
 * The heads and numbers of CBOR (RFC 8949, section 3), looked at where they lie: in preferred form, and within what the profile
 * lets a number be (docs/protocol.md, section 3).
 */

/** 2^53 − 1 in two halves of 32 bits. */
const SAFE_HIGH = 0x1fffff;

/** How many bytes the initial byte and its argument take. */
export function headBytes(info: number): number {
  return info < 24 ? 1 : 1 + (1 << (info - 24));
}

/** The argument of the item at `at` as a length: definite, in preferred form, below 2^32. */
export function readLength(buffer: Buffer, at: number, end: number): number {
  const info = (buffer[at] ?? 0) & 0x1f;
  if (info < 24) return info;
  if (info > 27) refuse(at, info === 31 ? "an indefinite length" : "a reserved length");
  if (at + headBytes(info) > end) refuse(at, "the length ends early");
  if (info === 27) refuse(at, "a length of eight bytes");
  return readArgument(buffer, at, info);
}

function readArgument(buffer: Buffer, at: number, info: number): number {
  if (info === 24) {
    const value = buffer[at + 1] ?? 0;
    if (value < 24) refuse(at, "a number in a longer form than it needs");
    return value;
  }
  if (info === 25) {
    const value = ((buffer[at + 1] ?? 0) << 8) | (buffer[at + 2] ?? 0);
    if (value < 0x100) refuse(at, "a number in a longer form than it needs");
    return value;
  }
  const value = uint32(buffer, at + 1);
  if (value < 0x10000) refuse(at, "a number in a longer form than it needs");
  return value;
}

/** By hand: what a Buffer offers for it asks more than it reads. */
function uint32(buffer: Buffer, at: number): number {
  return (
    (((buffer[at] ?? 0) << 24) |
      ((buffer[at + 1] ?? 0) << 16) |
      ((buffer[at + 2] ?? 0) << 8) |
      (buffer[at + 3] ?? 0)) >>>
    0
  );
}

/** Looks at an integer without working out what it is: in preferred form its first bytes are not all zero. */
export function afterInteger(buffer: Buffer, at: number, end: number, major: number, info: number): number {
  if (info < 24) return at + 1;
  if (info > 27) refuse(at, "an integer of no known length");
  const after = at + headBytes(info);
  if (after > end) refuse(at, "the integer ends early");
  if (info === 27) {
    checkSafe(buffer, at, major);
    return after;
  }
  const first = buffer[at + 1] ?? 0;
  if (info === 24 ? first < 24 : info === 25 ? first === 0 : (first | (buffer[at + 2] ?? 0)) === 0)
    refuse(at, "a number in a longer form than it needs");
  return after;
}

/** The integer at `at`, as the number that it is. */
export function integerAt(buffer: Buffer, at: number, end: number, major: number): number {
  const info = (buffer[at] ?? 0) & 0x1f;
  if (info > 27) refuse(at, "an integer of no known length");
  if (at + headBytes(info) > end) refuse(at, "the integer ends early");
  const argument =
    info < 24 ? info : info < 27 ? readArgument(buffer, at, info) : safeArgument(buffer, at, major);
  return major === 0 ? argument : -1 - argument;
}

function safeArgument(buffer: Buffer, at: number, major: number): number {
  checkSafe(buffer, at, major);
  return uint32(buffer, at + 1) * 2 ** 32 + uint32(buffer, at + 5);
}

function checkSafe(buffer: Buffer, at: number, major: number): void {
  const high = uint32(buffer, at + 1);
  const low = uint32(buffer, at + 5);
  if (high === 0) refuse(at, "a number in a longer form than it needs");
  // −1−n: the least that is let through is −(2^53−1), so n may be 2^53−2.
  if (high > SAFE_HIGH || (major === 1 && high === SAFE_HIGH && low === 0xffffffff)) {
    refuse(at, "an integer beyond ±(2^53−1); larger ones travel as text");
  }
}

export function afterFloat(buffer: Buffer, at: number, end: number, info: number): number {
  if (info < 25 || info > 27) refuse(at, "a simple value other than false, true and null");
  const after = at + headBytes(info);
  if (after > end) refuse(at, "the float ends early");
  // All bits of the exponent set: an infinity or NaN.
  const high = ((buffer[at + 1] ?? 0) << 8) | (buffer[at + 2] ?? 0);
  const exponent = info === 25 ? 0x7c00 : info === 26 ? 0x7f80 : 0x7ff0;
  if ((high & exponent) === exponent) refuse(at, "a float that is not finite");
  return after;
}

export function isZero(buffer: Buffer, from: number, end: number): boolean {
  for (let i = from; i < end; i++) if (buffer[i] !== 0) return false;
  return true;
}

/** @throws Fault `protocol_error`, with the offset of the byte */
export function refuse(at: number, why: string): never {
  throw new Fault("protocol_error", `CBOR, byte ${at}: ${why}`);
}
