/** The bytes that hexadecimal text writes; blanks are for the reader. */
export const bytesOf = (hex: string): Uint8Array =>
  new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex"));

export const joined = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** The first bytes of an item, its argument in so many bytes (0: in the initial byte), fitting or not. */
export function headIn(argumentBytes: 0 | 1 | 2 | 4 | 8, major: number, argument: bigint): Uint8Array {
  if (argumentBytes === 0) return new Uint8Array([major * 32 + Number(argument)]);
  const view = new DataView(new ArrayBuffer(9));
  view.setBigUint64(1, argument);
  const info = { 1: 24, 2: 25, 4: 26, 8: 27 }[argumentBytes];
  return joined(new Uint8Array([major * 32 + info]), new Uint8Array(view.buffer, 9 - argumentBytes));
}

/** The first bytes of an item in preferred form. */
export function head(major: number, argument: number | bigint): Uint8Array {
  const whole = BigInt(argument);
  if (whole < 24n) return headIn(0, major, whole);
  if (whole < 2n ** 8n) return headIn(1, major, whole);
  if (whole < 2n ** 16n) return headIn(2, major, whole);
  return headIn(whole < 2n ** 32n ? 4 : 8, major, whole);
}

export const textItem = (text: string): Uint8Array => textOf(new Uint8Array(Buffer.from(text)));

/** A text item of any bytes, UTF-8 or not. */
export const textOf = (bytes: Uint8Array): Uint8Array => joined(head(3, bytes.length), bytes);

/** A float of eight bytes. */
export function doubleItem(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return joined(bytesOf("fb"), new Uint8Array(view.buffer));
}

export const timeItem = (seconds: Uint8Array): Uint8Array => joined(bytesOf("c1"), seconds);

export const arrayItem = (...elements: Uint8Array[]): Uint8Array =>
  joined(head(4, elements.length), ...elements);

export const mapItem = (...entries: (readonly [Uint8Array, Uint8Array])[]): Uint8Array =>
  joined(head(5, entries.length), ...entries.flat());
