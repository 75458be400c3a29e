import { isUtf8 } from "node:buffer";
import { Fault } from "../base/fault.ts";
import { FORBIDDEN_KEYS } from "../base/names.ts";
import type { DataLimits } from "./limits.ts";
import { referenceKind } from "./reference.ts";

/*
 * What may be on the wire is decided here, on the raw bytes, before the decoder sees them
 * (docs/protocol.md, section 3). The decoder builds records, regular expressions, shared references and
 * packed values out of tags, merges keys, replaces bad text and recurses; none of that can be switched
 * off, so none of it is let through.
 *
 *     initial byte:  | major type: 3 bits | argument: 5 bits |
 *
 *     0, 1  integer          preferred form, within ±(2^53−1)
 *     2     bytes            definite length
 *     3     text             definite length, strict UTF-8, no BOM in front
 *     4     array            definite length
 *     5     map              definite length, text keys, unique, none of FORBIDDEN_KEYS
 *     6     tag              1, before an integer or a float that a Date can hold; where a message may have
 *                            references, 40000 to 40003 before a whole number from 1
 *     7     simple, float    false, true, null; half, single and double floats, finite
 *
 * One loop and a counter for the depth: no recursion, and nothing is allocated by a declared size.
 */

const MAX_DEPTH = 64;
// The loop is synchronous and calls nothing that calls it, so one set of scratch serves all connections.
const itemsLeft = new Int32Array(MAX_DEPTH + 1);
/** What the item at each depth is: 0 no map, else whether it has one entry or more. */
const ONLY = 1;
const MANY = 2;
const isMap = new Uint8Array(MAX_DEPTH + 1);
const keysSeen: Set<string>[] = Array.from({ length: MAX_DEPTH + 1 }, () => new Set());

/** 1 for each byte with which a key that is not allowed begins. */
const FORBIDDEN_FIRST = new Uint8Array(256);
for (const key of FORBIDDEN_KEYS) FORBIDDEN_FIRST[key.charCodeAt(0)] = 1;

/** 2^53 − 1 in two halves of 32 bits. */
const SAFE_HIGH = 0x1fffff;
/** The furthest second that an ECMAScript Date can hold (ECMA-262, 21.4.1.1). */
const DATE_MAX_SECONDS = 8_640_000_000_000;

/**
 * Says whether the bytes in front of `end` are one item of the profile within the limits, by returning.
 *
 * @returns whether a float of the value −0 is in it
 * @throws {@link Fault} `protocol_error`, with the byte's offset
 */
export function checkCbor(buffer: Buffer, end: number, limits: DataLimits): boolean {
  if (limits.maxDepth > MAX_DEPTH)
    throw new Error(`a depth of ${limits.maxDepth}: there is room for ${MAX_DEPTH}`);
  let at = 0;
  let depth = 0;
  let items = 0;
  let negativeZero = false;
  itemsLeft[0] = 1;
  isMap[0] = 0;
  for (;;) {
    while (itemsLeft[depth] === 0) {
      if (isMap[depth] === MANY) keysSeen[depth]?.clear();
      if (depth === 0) {
        if (at < end) refuse(at, `${end - at} bytes behind the item`);
        return negativeZero;
      }
      depth--;
    }
    const isKey = isMap[depth] !== 0 && ((itemsLeft[depth] ?? 0) & 1) === 0;
    itemsLeft[depth] = (itemsLeft[depth] ?? 0) - 1;
    if (!isKey) items++;
    if (items > limits.maxItems) refuse(at, `more than ${limits.maxItems} items`);
    if (at >= end) refuse(at, "the item ends early");
    const start = at;
    const initial = buffer[at] ?? 0;
    const major = initial >> 5;
    const info = initial & 0x1f;
    if (isKey && major !== 3) refuse(at, "a key that is not text");
    switch (major) {
      case 0:
      case 1:
        at = afterInteger(buffer, at, end, major);
        break;
      case 2: {
        const length = readLength(buffer, at, end);
        at += headBytes(info);
        if (length > end - at) refuse(start, `${length} bytes claimed, ${end - at} left`);
        at += length;
        break;
      }
      case 3: {
        const length = readLength(buffer, at, end);
        at += headBytes(info);
        if (length > end - at) refuse(start, `a text of ${length} bytes claimed, ${end - at} left`);
        checkText(buffer, at, at + length);
        if (isKey)
          checkKey(buffer, at, at + length, isMap[depth] === ONLY ? undefined : keysSeen[depth], limits);
        at += length;
        break;
      }
      case 4: {
        const length = readLength(buffer, at, end);
        at += headBytes(info);
        // Each element is at least a byte: no count is believed beyond what is there.
        if (length > end - at) refuse(start, `${length} elements claimed, ${end - at} bytes left`);
        depth = descend(depth, start, limits);
        itemsLeft[depth] = length;
        isMap[depth] = 0;
        break;
      }
      case 5: {
        const length = readLength(buffer, at, end);
        at += headBytes(info);
        if (length > limits.maxEntries)
          refuse(start, `a map of ${length} entries, at most ${limits.maxEntries}`);
        if (2 * length > end - at) refuse(start, `${length} entries claimed, ${end - at} bytes left`);
        depth = descend(depth, start, limits);
        itemsLeft[depth] = 2 * length;
        isMap[depth] = length === 1 ? ONLY : MANY;
        if (length > 1) keysSeen[depth]?.clear();
        break;
      }
      case 6:
        if (info === 1) at = afterTime(buffer, at + 1, end);
        else at = afterReference(buffer, at, end, depth <= (limits.referenceDepth ?? -1));
        break;
      default:
        at = afterSimple(buffer, at, end, info);
        if (isNegativeZero(buffer, start, at)) negativeZero = true;
    }
  }
}

function descend(depth: number, at: number, limits: DataLimits): number {
  if (depth >= limits.maxDepth) refuse(at, `nested deeper than ${limits.maxDepth}`);
  return depth + 1;
}

/** How many bytes the initial byte and its argument take. */
function headBytes(info: number): number {
  return info < 24 ? 1 : 1 + (1 << (info - 24));
}

/** The argument of the item at `at` as a length: definite, in preferred form, below 2^32. */
function readLength(buffer: Buffer, at: number, end: number): number {
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
    const value = buffer.readUInt16BE(at + 1);
    if (value < 0x100) refuse(at, "a number in a longer form than it needs");
    return value;
  }
  const value = buffer.readUInt32BE(at + 1);
  if (value < 0x10000) refuse(at, "a number in a longer form than it needs");
  return value;
}

function afterInteger(buffer: Buffer, at: number, end: number, major: number): number {
  integerAt(buffer, at, end, major);
  return at + headBytes((buffer[at] ?? 0) & 0x1f);
}

/** The integer at `at`, as the number that it is. */
function integerAt(buffer: Buffer, at: number, end: number, major: number): number {
  const info = (buffer[at] ?? 0) & 0x1f;
  if (info > 27) refuse(at, "an integer of no known length");
  if (at + headBytes(info) > end) refuse(at, "the integer ends early");
  const argument =
    info < 24 ? info : info < 27 ? readArgument(buffer, at, info) : safeArgument(buffer, at, major);
  return major === 0 ? argument : -1 - argument;
}

function safeArgument(buffer: Buffer, at: number, major: number): number {
  const high = buffer.readUInt32BE(at + 1);
  const low = buffer.readUInt32BE(at + 5);
  if (high === 0) refuse(at, "a number in a longer form than it needs");
  // −1−n: the least that is let through is −(2^53−1), so n may be 2^53−2.
  if (high > SAFE_HIGH || (major === 1 && high === SAFE_HIGH && low === 0xffffffff)) {
    refuse(at, "an integer beyond ±(2^53−1); larger ones travel as text");
  }
  return high * 2 ** 32 + low;
}

function checkText(buffer: Buffer, at: number, end: number): void {
  if (buffer[at] === 0xef && buffer[at + 1] === 0xbb && buffer[at + 2] === 0xbf && end - at >= 3) {
    refuse(at, "a byte order mark in front of a text");
  }
  for (let i = at; i < end; i++) {
    if ((buffer[i] ?? 0) < 0x80) continue;
    if (!isUtf8(buffer.subarray(i, end))) refuse(i, "a text that is not UTF-8");
    return;
  }
}

function checkKey(
  buffer: Buffer,
  at: number,
  end: number,
  seen: Set<string> | undefined,
  limits: DataLimits,
): void {
  if (end - at > limits.maxKeyBytes) refuse(at, `a key of ${end - at} bytes, at most ${limits.maxKeyBytes}`);
  // The only key of a map is no other's double, and no name that is not allowed begins like it: nothing to make.
  if (seen === undefined && FORBIDDEN_FIRST[buffer[at] ?? 0] === 0) return;
  // Byte by byte as characters: equal bytes are equal keys, since the text is strict UTF-8.
  const key = buffer.toString("latin1", at, end);
  if (FORBIDDEN_KEYS.has(key)) refuse(at, `the key '${key}' is not allowed`);
  if (seen?.has(key)) refuse(at, "the same key twice");
  seen?.add(key);
}

/** Checks what stands behind tag 1: a number of seconds since 1970 that a Date can hold. */
function afterTime(buffer: Buffer, at: number, end: number): number {
  if (at >= end) refuse(at, "the item ends early");
  const initial = buffer[at] ?? 0;
  const major = initial >> 5;
  if (major <= 1) {
    if (Math.abs(integerAt(buffer, at, end, major)) > DATE_MAX_SECONDS)
      refuse(at, "a time that no Date can hold");
    return afterInteger(buffer, at, end, major);
  }
  if (initial < 0xf9 || initial > 0xfb) refuse(at, "a time that is not a number");
  const after = afterSimple(buffer, at, end, initial & 0x1f);
  // A half float ends at 65,504, far inside.
  const seconds =
    initial === 0xfa ? buffer.readFloatBE(at + 1) : initial === 0xfb ? buffer.readDoubleBE(at + 1) : 0;
  if (Math.abs(seconds) > DATE_MAX_SECONDS) refuse(at, "a time that no Date can hold");
  return after;
}

/** Checks a tag in front of the number of a reference. @param isPlace - whether there may be one */
function afterReference(buffer: Buffer, at: number, end: number, isPlace: boolean): number {
  const isReference =
    ((buffer[at] ?? 0) & 0x1f) === 25 &&
    at + 3 < end &&
    referenceKind(buffer.readUInt16BE(at + 1)) !== undefined;
  if (!isReference) refuse(at, "a tag other than 1 (time)");
  if (!isPlace) refuse(at, "a reference where only data may be");
  const major = (buffer[at + 3] ?? 0) >> 5;
  if (major !== 0 || integerAt(buffer, at + 3, end, major) === 0) refuse(at + 3, "no number of a reference");
  return afterInteger(buffer, at + 3, end, major);
}

function afterSimple(buffer: Buffer, at: number, end: number, info: number): number {
  if (info >= 20 && info <= 22) return at + 1;
  if (info < 25 || info > 27) refuse(at, "a simple value other than false, true and null");
  const after = at + headBytes(info);
  if (after > end) refuse(at, "the float ends early");
  // All bits of the exponent set: an infinity or NaN.
  const finite =
    info === 25
      ? ((buffer[at + 1] ?? 0) & 0x7c) !== 0x7c
      : Number.isFinite(info === 26 ? buffer.readFloatBE(at + 1) : buffer.readDoubleBE(at + 1));
  if (!finite) refuse(at, "a float that is not finite");
  return after;
}

/** Whether the float between the two offsets is the sign bit alone. */
function isNegativeZero(buffer: Buffer, start: number, end: number): boolean {
  if (end - start < 3 || buffer[start + 1] !== 0x80) return false;
  for (let i = start + 2; i < end; i++) if (buffer[i] !== 0) return false;
  return true;
}

function refuse(at: number, why: string): never {
  throw new Fault("protocol_error", `CBOR, byte ${at}: ${why}`);
}
