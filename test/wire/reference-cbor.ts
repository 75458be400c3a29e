import type { DataLimits } from "../../wire/limits.ts";
import { type ReferenceKind, WireReference } from "../../wire/reference.ts";
import { ReferenceCost } from "./reference-cost.ts";

/**
 * The CBOR profile once more, straight from docs/protocol.md (sections 3 and 8) and RFC 8949 and as plainly
 * as possible: one function for each kind of item, recursion down to the depth limit, nothing shared with
 * the rest. What both say is held against each other.
 */
export type Verdict = Accepted | { readonly refused: string };

interface Accepted {
  readonly value: unknown;
  /** in bytes */
  readonly cost: number;
}

const FORBIDDEN = [
  "__proto__",
  "__defineGetter__",
  "__defineSetter__",
  "__lookupGetter__",
  "__lookupSetter__",
  "constructor",
  "hasOwnProperty",
  "isPrototypeOf",
  "propertyIsEnumerable",
  "prototype",
  "then",
  "toJSON",
  "toLocaleString",
  "toString",
  "valueOf",
];

const SAFE_MAX = 2n ** 53n - 1n;
const TIME_MAX_SECONDS = 8_640_000_000_000;

/** Whether the bytes are one item of the profile within the limits, its value and its cost; if not, why not. */
export function referenceDecode(bytes: Uint8Array, limits: DataLimits): Verdict {
  const reading: Reading = { bytes, limits, at: 0, items: 0, cost: new ReferenceCost() };
  try {
    const value = readItem(reading, 0);
    if (reading.at < bytes.length) refuse("bytes behind the item");
    const cost = reading.cost.total;
    if (cost > limits.maxCost) refuse("too costly");
    return { value, cost };
  } catch (error) {
    if (error instanceof Refusal) return { refused: error.message };
    throw error;
  }
}

class Refusal extends Error {
  override readonly name = "Refusal";
}

function refuse(why: string): never {
  throw new Refusal(why);
}

interface Reading {
  readonly bytes: Uint8Array;
  readonly limits: DataLimits;
  /** the next byte to be read */
  at: number;
  /** counted so far: arrays, maps and other values; no keys, no tags */
  items: number;
  readonly cost: ReferenceCost;
}

/** The first byte of an item, three bits and five (RFC 8949, section 3), and the bytes of its argument. */
interface Head {
  readonly major: number;
  readonly info: number;
  /** what the bits or the one, two, four or eight bytes behind them say */
  readonly argument: bigint;
}

/** @param depth - how many arrays and maps are around the item */
function readItem(reading: Reading, depth: number): unknown {
  reading.items++;
  if (reading.items > reading.limits.maxItems) refuse("too many items");
  const head = readHead(reading);
  switch (head.major) {
    case 0:
    case 1:
      reading.cost.simple();
      return readInteger(head);
    case 2:
      return readString(reading, head);
    case 3:
      return readText(reading, head);
    case 4:
      return readArray(reading, head, depth + 1);
    case 5:
      return readMap(reading, head, depth + 1);
    case 6:
      return head.argument === 1n ? readTime(reading, head) : readReference(reading, head, depth);
    default:
      reading.cost.simple();
      return readSimpleOrFloat(head);
  }
}

function readHead(reading: Reading): Head {
  const first = take(reading, 1)[0] ?? refuse("no byte");
  const major = Math.floor(first / 32);
  const info = first % 32;
  if (info < 24) return { major, info, argument: BigInt(info) };
  if (info > 27) refuse(info === 31 ? "indefinite length, or a break" : "reserved additional information");
  let argument = 0n;
  for (const byte of take(reading, 2 ** (info - 24))) argument = argument * 256n + BigInt(byte);
  return { major, info, argument };
}

/** A copy of the bytes that follow, which have to be there. */
function take(reading: Reading, length: number): Uint8Array {
  if (length > reading.bytes.length - reading.at) refuse("the bytes end");
  const taken = Uint8Array.from(reading.bytes.subarray(reading.at, reading.at + length));
  reading.at += length;
  return taken;
}

/** Not one byte longer than it has to be (RFC 8949, section 4.1). */
function checkPreferred({ info, argument }: Head): void {
  let shortest = 27;
  if (argument < 2n ** 32n) shortest = 26;
  if (argument < 2n ** 16n) shortest = 25;
  if (argument < 2n ** 8n) shortest = 24;
  if (argument < 24n) shortest = Number(argument);
  if (info !== shortest) refuse("not in preferred form");
}

function readInteger(head: Head): number {
  checkPreferred(head);
  const value = head.major === 0 ? head.argument : -1n - head.argument;
  if (value > SAFE_MAX || value < -SAFE_MAX) refuse("an integer beyond 2^53−1");
  return Number(value);
}

/** @param unitBytes - the fewest bytes that each of what the length counts can have */
function readLength(reading: Reading, head: Head, unitBytes: number): number {
  checkPreferred(head);
  const left = BigInt(reading.bytes.length - reading.at);
  if (head.argument * BigInt(unitBytes) > left) refuse("more claimed than there is");
  return Number(head.argument);
}

function readString(reading: Reading, head: Head): Uint8Array {
  const bytes = take(reading, readLength(reading, head, 1));
  reading.cost.byteString(bytes.length);
  return bytes;
}

function readText(reading: Reading, head: Head): string {
  const bytes = take(reading, readLength(reading, head, 1));
  reading.cost.text(bytes);
  return textOf(bytes);
}

/** UTF-8 as RFC 3629 has it: each code point in its shortest form, no surrogates, nothing over U+10FFFF. */
function textOf(bytes: Uint8Array): string {
  let text = "";
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at] ?? 0;
    const length = sequenceLength(first);
    const rest = bytes.subarray(at + 1, at + length);
    if (rest.length < length - 1) refuse("UTF-8 that ends in the middle");
    let point = length === 1 ? first : first % 2 ** (7 - length);
    for (const byte of rest) {
      if (byte < 0x80 || byte > 0xbf) refuse("UTF-8 without its continuation");
      point = point * 64 + (byte - 0x80);
    }
    if (length === 2 && point < 0x80) refuse("overlong UTF-8");
    if (length === 3 && point < 0x800) refuse("overlong UTF-8");
    if (length === 4 && point < 0x1_0000) refuse("overlong UTF-8");
    if (point >= 0xd800 && point <= 0xdfff) refuse("a surrogate in UTF-8");
    if (point > 0x10_ffff) refuse("UTF-8 beyond Unicode");
    if (at === 0 && point === 0xfeff) refuse("a byte order mark in front");
    text += String.fromCodePoint(point);
    at += length;
  }
  return text;
}

function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first >= 0xc0 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  if (first >= 0xf0 && first < 0xf8) return 4;
  return refuse("no beginning of a UTF-8 sequence");
}

function readArray(reading: Reading, head: Head, depth: number): unknown[] {
  if (depth > reading.limits.maxDepth) refuse("too deep");
  const length = readLength(reading, head, 1);
  reading.cost.array();
  const array: unknown[] = [];
  for (let i = 0; i < length; i++) array.push(readItem(reading, depth));
  return array;
}

function readMap(reading: Reading, head: Head, depth: number): Record<string, unknown> {
  if (depth > reading.limits.maxDepth) refuse("too deep");
  const length = readLength(reading, head, 2);
  if (length > reading.limits.maxEntries) refuse("too many entries");
  const map: Record<string, unknown> = {};
  const keys: string[] = [];
  for (let i = 0; i < length; i++) {
    const key = readKey(reading);
    if (Object.hasOwn(map, key)) refuse("a key twice");
    keys.push(key);
    map[key] = readItem(reading, depth);
  }
  reading.cost.map(depth, keys);
  return map;
}

/** A key is no item, and what it costs is said by the map. */
function readKey(reading: Reading): string {
  const head = readHead(reading);
  if (head.major !== 3) refuse("a key that is no text");
  if (head.argument > BigInt(reading.limits.maxKeyBytes)) refuse("too long a key");
  const key = textOf(take(reading, readLength(reading, head, 1)));
  if (FORBIDDEN.includes(key)) refuse("a forbidden key");
  return key;
}

/**
 * A tag and its number are one item, which is counted already. The millisecond is the one next to the product,
 * as doubles multiply.
 */
function readTime(reading: Reading, tag: Head): Date {
  checkPreferred(tag);
  reading.cost.time();
  const seconds = readSeconds(readHead(reading));
  if (seconds > TIME_MAX_SECONDS || seconds < -TIME_MAX_SECONDS) refuse("a time out of range");
  return new Date(Math.round(seconds * 1000));
}

/** A tag of four and a number from 1 are one item; there may be so many arrays and maps around it and no more. */
function readReference(reading: Reading, tag: Head, depth: number): WireReference {
  checkPreferred(tag);
  const kind = REFERENCES.get(tag.argument) ?? refuse("a tag that is not of the profile");
  if (depth > (reading.limits.referenceDepth ?? -1)) refuse("a reference where only data may be");
  reading.cost.reference();
  const head = readHead(reading);
  if (head.major !== 0) refuse("a reference without a number");
  const id = readInteger(head);
  return id === 0 ? refuse("a reference of the number 0") : new WireReference(kind, id);
}

const REFERENCES: ReadonlyMap<bigint, ReferenceKind> = new Map([
  [40_000n, "yours"],
  [40_001n, "callback"],
  [40_002n, "stream"],
  [40_003n, "object"],
]);

function readSeconds(head: Head): number {
  if (head.major === 0 || head.major === 1) return readInteger(head);
  if (head.major === 7 && head.info >= 25) return readFloat(head);
  return refuse("a time that is no number");
}

function readSimpleOrFloat(head: Head): boolean | null | number {
  if (head.info === 20) return false;
  if (head.info === 21) return true;
  if (head.info === 22) return null;
  if (head.info < 25) refuse("a simple value that is not false, true or null");
  return readFloat(head);
}

function readFloat({ info, argument }: Head): number {
  let value = doubleOf(argument);
  if (info === 25) value = halfOf(Number(argument));
  if (info === 26) value = singleOf(Number(argument));
  if (!Number.isFinite(value)) refuse("a float that is not finite");
  return value === 0 ? 0 : value;
}

/** RFC 8949, appendix D: one bit of sign, five of exponent, ten of fraction. */
function halfOf(bits: number): number {
  const sign = bits >= 0x8000 ? -1 : 1;
  const exponent = Math.floor(bits / 0x400) % 0x20;
  const fraction = bits % 0x400;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (fraction + 0x400) * 2 ** (exponent - 25);
}

function singleOf(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, bits);
  return view.getFloat32(0);
}

function doubleOf(bits: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}
