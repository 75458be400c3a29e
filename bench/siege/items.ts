/** The bytes of CBOR items, as an attacker writes them: nothing is checked. */

export function head(major: number, value: number): Buffer {
  const type = major << 5;
  if (value < 24) return Buffer.from([type | value]);
  if (value < 0x100) return Buffer.from([type | 24, value]);
  if (value < 0x10000) return Buffer.from([type | 25, value >> 8, value & 0xff]);
  const bytes = Buffer.alloc(5);
  bytes[0] = type | 26;
  bytes.writeUInt32BE(value, 1);
  return bytes;
}

export const int = (value: number): Buffer => (value < 0 ? head(1, -1 - value) : head(0, value));
export const text = (value: string): Buffer =>
  Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
export const array = (...items: readonly Uint8Array[]): Buffer =>
  Buffer.concat([head(4, items.length), ...items]);
export const map = (...entries: readonly (readonly [string, Uint8Array])[]): Buffer =>
  Buffer.concat([head(5, entries.length), ...entries.flatMap(([key, value]) => [text(key), value])]);
const tag = (number: number, item: Uint8Array): Buffer => Buffer.concat([head(6, number), item]);
export const times = (count: number, item: Uint8Array): Buffer =>
  array(...Array.from({ length: count }, () => item));

export const NULL = Buffer.from([0xf6]);
export const NO_BYTES = Buffer.from([0x40]);
export const EMPTY_ARRAY = Buffer.from([0x80]);
export const EMPTY_MAP = Buffer.from([0xa0]);
export const TIME = tag(1, int(0));

/** References of the sender's own (docs/protocol.md, section 5). */
export const functionOf = (ref: number): Buffer => tag(40_001, int(ref));
export const streamOf = (ref: number): Buffer => tag(40_002, int(ref));

export interface CallParts {
  readonly on?: number;
  readonly options?: Uint8Array;
}

export function call(
  id: number,
  method: string,
  args: readonly Uint8Array[] = [],
  { on = 0, options = EMPTY_MAP }: CallParts = {},
): Buffer {
  return array(int(16), int(id), int(on), text(method), array(...args), EMPTY_MAP, options);
}

export const cancel = (id: number): Buffer => array(int(19), int(id), text(""));
export const item = (ref: number, value: Uint8Array): Buffer => array(int(20), int(ref), value);
export const ping = (number: number): Buffer => array(int(26), int(number));

/** A frame with this body. */
export function framed(body: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(4 + body.length);
  bytes.writeUInt32BE(body.length);
  bytes.set(body, 4);
  return bytes;
}
