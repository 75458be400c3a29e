import { isAscii, isUtf8 } from "node:buffer";

/**
 * From here on, in bytes, the native check is asked, which needs a view: below it, making one costs more than it saves. So a
 * message of the most bytes has at most a thousand views made for it.
 */
const NATIVE_BYTES = 1_024;

/** What a text is. */
export const ASCII = 0;
const BEYOND_ASCII = 1;
export const NOT_UTF8 = 2;

/** Whether the bytes are a text of UTF-8 (RFC 3629), and whether all of it is ASCII. Short ones are looked at in place. */
export function textKind(buffer: Buffer, from: number, end: number): number {
  if (end - from >= NATIVE_BYTES) {
    const view = buffer.subarray(from, end);
    return isAscii(view) ? ASCII : isUtf8(view) ? BEYOND_ASCII : NOT_UTF8;
  }
  let at = from;
  // Four at a time: most texts are ASCII to their end.
  while (
    at + 4 <= end &&
    ((buffer[at] ?? 0) | (buffer[at + 1] ?? 0) | (buffer[at + 2] ?? 0) | (buffer[at + 3] ?? 0)) < 0x80
  )
    at += 4;
  while (at < end && (buffer[at] ?? 0) < 0x80) at++;
  if (at === end) return ASCII;
  return isShortUtf8(buffer, at, end) ? BEYOND_ASCII : NOT_UTF8;
}

/**
 *     00..7F
 *     C2..DF 80..BF
 *     E0     A0..BF 80..BF        E1..EC, EE, EF  80..BF 80..BF        ED  80..9F 80..BF: no surrogates
 *     F0     90..BF 80..BF 80..BF      F1..F3  80..BF ×3               F4  80..8F 80..BF 80..BF
 */
function isShortUtf8(buffer: Buffer, from: number, end: number): boolean {
  let at = from;
  while (at < end) {
    const first = buffer[at] ?? 0;
    at++;
    if (first < 0x80) continue;
    if (first < 0xc2 || first > 0xf4) return false;
    const more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if (at + more > end) return false;
    const second = buffer[at] ?? 0;
    const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    if (second < least || second > most) return false;
    for (let i = 1; i < more; i++) if (((buffer[at + i] ?? 0) & 0xc0) !== 0x80) return false;
    at += more;
  }
  return true;
}
