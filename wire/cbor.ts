import { Decoder, Encoder, Tag } from "cbor-x/index-no-eval";
import { Fault } from "../base/fault.ts";
import { type Checked, checkCbor } from "./cbor-check.ts";
import { pathText, type ReadData, readData, readParts, sortKeys, withoutNegativeZero } from "./data.ts";
import { type DataLimits, SESSION_DATA, SESSION_FRAME_MAX_BYTES } from "./limits.ts";
import { newRecord } from "./new-record.ts";
import { referenceKind, WireReference } from "./reference.ts";

/*
 * The one door to cbor-x. The build without `eval` is used: same results, no code generation, no native
 * addon. Each option is there for a reason:
 *
 *   useRecords: false       the encoder writes maps; the decoder does not care, hence the check before it
 *   mapsAsObjects: true     maps become plain objects; Maps where the check has found a sparse one, which are built here
 *   copyBuffers: true       byte strings own their memory: a view would change when the buffer is reused
 *   int64AsNumber: true     right only because the check bounds integers; else each 8-byte one is a bigint
 *   variableMapSize: true   map headers in preferred form
 *   tagUint8Array: false    byte strings without a tag
 *   useTag259ForMaps: false the Map of the sorted form is written as a plain map
 *
 * Only `decode` of a Decoder is used: an Encoder's own keeps record definitions between messages.
 */
const DECODING = { useRecords: false, mapsAsObjects: true, copyBuffers: true, int64AsNumber: true } as const;
const ENCODING = {
  useRecords: false,
  variableMapSize: true,
  tagUint8Array: false,
  useTag259ForMaps: false,
} as const;

// A Date of its own cbor-x would write in a longer form than it needs.
const makeTag = (content: number | bigint, tag: number): object => new Tag(content, tag);

/**
 * Small items are copied here before they are looked at: the decoder keeps a DataView with each array that it is
 * given, and making one costs more than decoding a call. What it returns shares nothing with this memory.
 */
const SCRATCH_BYTES = 8 * 1024;
const SCRATCH = new Uint8Array(SCRATCH_BYTES);
const SCRATCH_BUFFER = Buffer.from(SCRATCH.buffer);

// The second argument, where the item ends, is in the library's code and not in its types.
const decoder: { decode(source: Uint8Array, end: number): unknown } = new Decoder(DECODING);
const viewDecoder: typeof decoder = new Decoder({ ...DECODING, copyBuffers: false });
const mapDecoder: typeof decoder = new Decoder({ ...DECODING, mapsAsObjects: false });
const encoder = new Encoder(ENCODING);

/**
 * The value of one CBOR item of the profile (docs/protocol.md, section 3): null, booleans, numbers,
 * strings, `Uint8Array`s, `Date`s, arrays and plain objects. It shares no memory with the input. −0 is 0:
 * policy and handler see one value.
 *
 * @throws Fault `protocol_error` if the bytes are not of the profile or over the limits
 */
export function decode(bytes: Uint8Array, limits: DataLimits): unknown {
  const checked = check(bytes, limits);
  return decodeChecked(bytes, 0, bytes.length, checked.hasNegativeZero, checked.hasSparseMap);
}

/**
 * Checks one CBOR item and decodes nothing.
 *
 * @returns what was found out, until the next check
 * @throws Fault `protocol_error` if the bytes are not of the profile or over the limits
 */
export function check(bytes: Uint8Array, limits: DataLimits): Checked {
  return checkCbor(readable(bytes), bytes.length, limits);
}

/** The same bytes as a Buffer, until the next call of anything here. */
function readable(bytes: Uint8Array): Buffer {
  if (bytes.length > SCRATCH_BYTES) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  SCRATCH.set(bytes);
  return SCRATCH_BUFFER;
}

/**
 * The value of an item within bytes that were checked.
 *
 * @param hasNegativeZero - as the check has said, of all of them
 * @param hasSparseMap - likewise
 * @param asViews - byte strings may share the memory of the bytes: to be looked at, while that is there
 */
export function decodeChecked(
  bytes: Uint8Array,
  from: number,
  end: number,
  hasNegativeZero: boolean,
  hasSparseMap: boolean,
  asViews = false,
): unknown {
  const length = end - from;
  let source: Uint8Array = SCRATCH;
  // A plain view: of a Buffer, cbor-x would make the byte strings Buffers too, with methods that share memory.
  if (length > SCRATCH_BYTES) source = new Uint8Array(bytes.buffer, bytes.byteOffset + from, length);
  else if (length === bytes.length) SCRATCH.set(bytes);
  else for (let i = 0; i < length; i++) SCRATCH[i] = bytes[from + i] ?? 0;
  // In the scratch nothing lasts, so there are no views on it.
  const plainDecoder = asViews && source !== SCRATCH ? viewDecoder : decoder;
  const value = hasSparseMap
    ? plainMaps(mapDecoder.decode(source, length))
    : plainDecoder.decode(source, length);
  return hasNegativeZero ? withoutNegativeZero(value) : value;
}

/** The text of bytes that were checked to be one. */
export function decodeText(bytes: Uint8Array, from: number, end: number): string {
  const length = end - from;
  if (length > SCRATCH_BYTES)
    return Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString("utf8");
  let all = 0;
  for (let i = 0; i < length; i++) {
    const byte = bytes[from + i] ?? 0;
    SCRATCH[i] = byte;
    all |= byte;
  }
  return SCRATCH_BUFFER.toString(all < 0x80 ? "latin1" : "utf8", 0, length);
}

/** The Maps of a decoded item as plain objects, each laid out as is best for its keys. */
function plainMaps(value: unknown): unknown {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = plainMaps(value[i]);
    return value;
  }
  if (!(value instanceof Map)) return value;
  const map: ReadonlyMap<string, unknown> = value;
  const record = newRecord(map.keys());
  for (const [key, inner] of map) record[key] = plainMaps(inner);
  return record;
}

/**
 * The CBOR of a value of the profile.
 *
 * @throws Fault `internal` if the value, or something in it, has no form in the profile; `out_of_range` if it is too large.
 *   The detail names the path
 */
export function encode(value: unknown, limits: DataLimits = SESSION_DATA): Uint8Array {
  return encodeRead(readData(value, limits, makeTag), limits);
}

/**
 * The CBOR of an array of whole numbers, then of values of the profile: a message.
 *
 * @throws Fault `internal` and `out_of_range`, as {@link encode}; the path begins with the place in the array
 */
export function encodeParts(
  numbers: readonly number[],
  data: readonly unknown[],
  limits: DataLimits = SESSION_DATA,
): Uint8Array {
  return encodeRead(readParts(numbers, data, limits, makeTag), limits);
}

/**
 * The CBOR of a value in the one form in which it is signed and hashed (RFC 8949, 4.2.1): keys in the
 * order of their encoded bytes. Fractions are written in eight bytes (4.2.2 leaves that to the protocol).
 *
 * @throws Fault `internal` and `out_of_range`, as {@link encode}
 */
export function encodeSorted(value: unknown, limits: DataLimits = SESSION_DATA): Uint8Array {
  const read = readData(value, limits, makeTag);
  return encodeRead({ ...read, value: sortKeys(read.value) }, limits);
}

/**
 * Up to here, in bytes, messages share memory: the library writes one behind the other, and the link copies them. A larger one
 * gets memory of its own, so that while it waits for its reader it keeps nothing but itself, and is not copied while it grows.
 */
const SHARED_BYTES = 32 * 1024;
const SHARED_MEMORY_BYTES = 8 * 1024;
/**
 * For texts the library wants three bytes a character. A message that may use less than half of what it is given is written into
 * memory that is used again and again, and copied out of it: kept as it is it would keep three times its size, and made anew each
 * time that would be garbage that the collector is late to see.
 */
const WASTE = 2;
const WORK_BYTES = 3 * SESSION_FRAME_MAX_BYTES + 256 * 1024;
let work: Buffer | undefined;
/** What the library wants to be free behind what it writes. */
const SPARE_BYTES = 4 * 1024;

function encodeRead(
  { value, maxBytes, dataBytes, mayCostTooMuch, costlyPath }: ReadData,
  limits: DataLimits,
): Uint8Array {
  const isLarge = maxBytes > SHARED_BYTES;
  const isCopied = isLarge && maxBytes > WASTE * dataBytes;
  if (isLarge) writeInto(isCopied ? workMemory(maxBytes) : Buffer.allocUnsafeSlow(maxBytes + SPARE_BYTES));
  let bytes: Uint8Array;
  try {
    bytes = encoder.encode(value);
  } finally {
    if (isLarge) writeInto(Buffer.allocUnsafeSlow(SHARED_MEMORY_BYTES));
  }
  if (isCopied) bytes = new Uint8Array(bytes);
  // What was added up is an upper bound, and nearly always enough to know.
  if (mayCostTooMuch) {
    const { cost } = checkCbor(readable(bytes), bytes.length, {
      ...limits,
      maxCost: Number.POSITIVE_INFINITY,
    });
    if (cost > limits.maxCost)
      throw new Fault(
        "out_of_range",
        `${pathText(costlyPath)}: with it the message costs ${cost} bytes of memory, ${limits.maxCost} at most: it cannot be sent in one message`,
      );
  }
  return bytes;
}

function workMemory(maxBytes: number): Buffer {
  const bytes = maxBytes + SPARE_BYTES;
  if (bytes > WORK_BYTES) return Buffer.allocUnsafeSlow(bytes);
  work ??= Buffer.allocUnsafeSlow(WORK_BYTES);
  return work;
}

/** Has the library write into this memory from here on. In its code, and not in its types. */
function writeInto(memory: Buffer): void {
  const use: unknown = Reflect.get(encoder, "useBuffer");
  if (typeof use !== "function") throw new Error("the encoder cannot be given memory");
  Reflect.apply(use, encoder, [memory]);
}

/** Whether the decoder has left a tag in its place, which only a reference can be. */
export function isTagged(value: unknown): boolean {
  return value instanceof Tag;
}

/** The same value; a reference, which the decoder leaves as a tag, as itself. Only where {@link DataLimits} let one be. */
export function asReference(value: unknown): unknown {
  if (!(value instanceof Tag)) return value;
  // In the library's code, and not in its types.
  const { tag }: { readonly tag?: unknown } = value;
  const content: unknown = value.value;
  const kind = typeof tag === "number" ? referenceKind(tag) : undefined;
  if (kind === undefined || typeof content !== "number") throw new Error("a tag that the check let through");
  return new WireReference(kind, content);
}
