import { ARGUMENT_NAME_MAX_BYTES, ARGUMENT_NAME_RULE } from "../base/names.ts";
import {
  afterFloat,
  afterInteger,
  headBytes,
  integerAt,
  isZero,
  readLength,
  refuse,
} from "./cbor-numbers.ts";
import {
  ARRAY_COST,
  BYTES_COST,
  MAP_COST,
  REFERENCE_COST,
  TEXT_COST,
  TIME_COST,
  VALUE_COST,
} from "./cost.ts";
import type { DataLimits } from "./limits.ts";
import {
  beginKeys,
  beginMap,
  checkKey,
  checkText,
  endMap,
  hasSparseMap,
  MAX_DEPTH,
  MAX_ENTRIES,
  MAX_KEY_BYTES,
} from "./map-keys.ts";
import { type ReferenceKind, referenceKind } from "./reference.ts";
import { ASCII } from "./utf8.ts";

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
 * One loop and a counter for the depth: no recursion, and nothing is allocated while the bytes are good.
 */

// The loop is synchronous and calls nothing that calls it, so one set of scratch serves all connections.
const itemsLeft = new Int32Array(MAX_DEPTH + 1);
const isMap = new Uint8Array(MAX_DEPTH + 1);

/** The furthest second that an ECMAScript Date can hold (ECMA-262, 21.4.1.1). */
const DATE_MAX_SECONDS = 8_640_000_000_000;

/** A message has at most seven elements; what an eighth says is asked of nobody. */
const PARTS_MAX = 8;

/** What the check has found out of one item. It is one object, used again by the next check. */
export interface Checked {
  /** an upper bound of the memory that the decoded item takes, in bytes (`cost.ts`) */
  cost: number;
  /** a float of the value −0 is in it */
  hasNegativeZero: boolean;
  /** a map in it would make V8 reserve far more elements than it has entries */
  hasSparseMap: boolean;
  /** a byte string or a time is in it: what freezing does not protect */
  hasMutable: boolean;
  /** where each of the first elements of the outermost array begins */
  readonly parts: Int32Array;
  partCount: number;
  /** the references in it, in their order: its own scratch */
  readonly referenceKinds: ReferenceKind[];
  readonly referenceIds: number[];
  referenceCount: number;
}

const checked: Checked = {
  cost: 0,
  hasNegativeZero: false,
  hasSparseMap: false,
  hasMutable: false,
  parts: new Int32Array(PARTS_MAX),
  partCount: 0,
  referenceKinds: [],
  referenceIds: [],
  referenceCount: 0,
};

/**
 * Says whether the bytes in front of `end` are one item of the profile within the limits, by returning.
 *
 * @returns what it has found out, until the next call
 * @throws {@link Fault} `protocol_error`, with the byte's offset
 */
export function checkCbor(buffer: Buffer, end: number, limits: DataLimits): Checked {
  const {
    maxDepth,
    maxItems,
    maxEntries,
    maxKeyBytes,
    maxCost,
    referenceDepth = -1,
    nameDepth = -1,
  } = limits;
  if (maxDepth > MAX_DEPTH || maxEntries > MAX_ENTRIES || maxKeyBytes > MAX_KEY_BYTES)
    throw new Error(`there is no room for limits of ${maxDepth}, ${maxEntries} and ${maxKeyBytes}`);
  let at = 0;
  let depth = 0;
  let items = 0;
  let cost = 0;
  let partCount = 0;
  const { parts } = checked;
  checked.hasNegativeZero = false;
  checked.hasMutable = false;
  checked.referenceCount = 0;
  beginKeys();
  // Of the array or map that the next item is in; those around it are in the scratch.
  let left = 1;
  let inMap = false;
  for (;;) {
    while (left === 0) {
      if (inMap) cost += endMap(depth);
      if (depth === 0) {
        if (at < end) refuse(at, `${end - at} bytes behind the item`);
        if (cost > maxCost) refuse(0, `a cost of ${cost} bytes, at most ${maxCost}`);
        checked.cost = cost;
        checked.partCount = partCount;
        checked.hasSparseMap = hasSparseMap();
        return checked;
      }
      depth--;
      left = itemsLeft[depth] ?? 0;
      inMap = isMap[depth] === 1;
    }
    const isKey = inMap && (left & 1) === 0;
    left--;
    if (at >= end) refuse(at, "the item ends early");
    const start = at;
    const initial = buffer[at] ?? 0;
    const major = initial >> 5;
    const info = initial & 0x1f;
    if (isKey) {
      if (major !== 3) refuse(at, "a key that is not text");
      const length = readLength(buffer, at, end);
      at += headBytes(info);
      if (length > end - at) refuse(start, `a text of ${length} bytes claimed, ${end - at} left`);
      cost += checkKey(buffer, start, at, at + length, depth, maxKeyBytes);
      if (depth === nameDepth) checkName(buffer, at, at + length);
      at += length;
      continue;
    }
    items++;
    if (items > maxItems) refuse(at, `more than ${maxItems} items`);
    if (depth === 1 && partCount < PARTS_MAX) {
      parts[partCount] = at;
      partCount++;
    }
    switch (major) {
      case 0:
      case 1:
        cost += VALUE_COST;
        at = info < 24 ? at + 1 : afterInteger(buffer, at, end, major, info);
        break;
      case 2: {
        const length = readLength(buffer, at, end);
        at += headBytes(info);
        if (length > end - at) refuse(start, `${length} bytes claimed, ${end - at} left`);
        cost += BYTES_COST + length;
        checked.hasMutable = true;
        at += length;
        break;
      }
      case 3: {
        const length = readLength(buffer, at, end);
        at += headBytes(info);
        if (length > end - at) refuse(start, `a text of ${length} bytes claimed, ${end - at} left`);
        cost += TEXT_COST + (checkText(buffer, at, at + length) === ASCII ? length : 2 * length);
        at += length;
        break;
      }
      case 4: {
        const length = readLength(buffer, at, end);
        at += headBytes(info);
        // Each element is at least a byte: no count is believed beyond what is there.
        if (length > end - at) refuse(start, `${length} elements claimed, ${end - at} bytes left`);
        if (depth >= maxDepth) refuse(start, `nested deeper than ${maxDepth}`);
        itemsLeft[depth] = left;
        isMap[depth] = inMap ? 1 : 0;
        depth++;
        cost += ARRAY_COST;
        left = length;
        inMap = false;
        break;
      }
      case 5: {
        const length = readLength(buffer, at, end);
        at += headBytes(info);
        if (length > maxEntries) refuse(start, `a map of ${length} entries, at most ${maxEntries}`);
        if (2 * length > end - at) refuse(start, `${length} entries claimed, ${end - at} bytes left`);
        if (depth >= maxDepth) refuse(start, `nested deeper than ${maxDepth}`);
        itemsLeft[depth] = left;
        isMap[depth] = inMap ? 1 : 0;
        depth++;
        cost += MAP_COST;
        left = 2 * length;
        inMap = true;
        beginMap(depth, length);
        break;
      }
      case 6:
        if (info === 1) {
          cost += TIME_COST;
          checked.hasMutable = true;
          at = afterTime(buffer, at + 1, end);
        } else {
          cost += REFERENCE_COST;
          at = afterReference(buffer, at, end, depth <= referenceDepth);
        }
        break;
      default:
        cost += VALUE_COST;
        if (info >= 20 && info <= 22) {
          at++;
          break;
        }
        if (info === 27 && at + 9 <= end) {
          // As below, without a call: a list of measurements is nothing else.
          const high = ((buffer[at + 1] ?? 0) << 8) | (buffer[at + 2] ?? 0);
          if ((high & 0x7ff0) === 0x7ff0) refuse(at, "a float that is not finite");
          at += 9;
        } else at = afterFloat(buffer, at, end, info);
        if (buffer[start + 1] === 0x80 && isZero(buffer, start + 2, at)) checked.hasNegativeZero = true;
    }
  }
}

/** Checks a key that has to be the name of an argument; those that no map may have are refused already. */
function checkName(buffer: Buffer, from: number, end: number): void {
  let isGood = end > from && end - from <= ARGUMENT_NAME_MAX_BYTES && isLetter(buffer[from] ?? 0);
  for (let at = from + 1; at < end && isGood; at++) {
    const byte = buffer[at] ?? 0;
    isGood = isLetter(byte) || (byte >= 0x30 && byte <= 0x39) || byte === 0x5f || byte === 0x2d;
  }
  if (!isGood) refuse(from, `the name of an argument: ${ARGUMENT_NAME_RULE} was expected`);
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/** Checks what stands behind tag 1: a number of seconds since 1970 that a Date can hold. */
function afterTime(buffer: Buffer, at: number, end: number): number {
  if (at >= end) refuse(at, "the item ends early");
  const initial = buffer[at] ?? 0;
  const major = initial >> 5;
  if (major <= 1) {
    if (Math.abs(integerAt(buffer, at, end, major)) > DATE_MAX_SECONDS)
      refuse(at, "a time that no Date can hold");
    return afterInteger(buffer, at, end, major, initial & 0x1f);
  }
  if (initial < 0xf9 || initial > 0xfb) refuse(at, "a time that is not a number");
  const after = afterFloat(buffer, at, end, initial & 0x1f);
  // A half float ends at 65,504, far inside.
  const seconds =
    initial === 0xfa ? buffer.readFloatBE(at + 1) : initial === 0xfb ? buffer.readDoubleBE(at + 1) : 0;
  if (Math.abs(seconds) > DATE_MAX_SECONDS) refuse(at, "a time that no Date can hold");
  return after;
}

/** Checks a tag in front of the number of a reference. @param isPlace - whether there may be one */
function afterReference(buffer: Buffer, at: number, end: number, isPlace: boolean): number {
  const kind =
    ((buffer[at] ?? 0) & 0x1f) === 25 && at + 3 < end
      ? referenceKind(buffer.readUInt16BE(at + 1))
      : undefined;
  if (kind === undefined) return refuse(at, "a tag other than 1 (time)");
  if (!isPlace) refuse(at, "a reference where only data may be");
  const major = (buffer[at + 3] ?? 0) >> 5;
  const id = major === 0 ? integerAt(buffer, at + 3, end, major) : 0;
  if (id === 0) refuse(at + 3, "no number of a reference");
  checked.referenceKinds[checked.referenceCount] = kind;
  checked.referenceIds[checked.referenceCount] = id;
  checked.referenceCount++;
  return afterInteger(buffer, at + 3, end, major, (buffer[at + 3] ?? 0) & 0x1f);
}
