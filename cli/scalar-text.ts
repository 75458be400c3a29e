/** `2026-03-01T12:00:00Z`, with fractions and another offset where wanted: RFC 3339, section 5.6. */
const TIME = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-](\d\d):(\d\d))$/;

/** Reads an RFC 3339 time. One without an offset means another moment on each machine and is none. */
export function readTimeText(text: string): { readonly value: Date } | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, , , offsetHour = 0, offsetMinute = 0] = match.map(Number);
  if (offsetHour > 23 || offsetMinute > 59) return undefined;
  // Date takes the 31st of February for a day in March, and 24:00 for the next day.
  const parts = new Date(Date.UTC(2000, 0, 1));
  parts.setUTCFullYear(year ?? 0, (month ?? 0) - 1, day);
  parts.setUTCHours(hour ?? 0, minute ?? 0, second ?? 0);
  const written = [year, month, day, hour, minute, second];
  const read = [
    parts.getUTCFullYear(),
    parts.getUTCMonth() + 1,
    parts.getUTCDate(),
    parts.getUTCHours(),
    parts.getUTCMinutes(),
    parts.getUTCSeconds(),
  ];
  if (written.some((part, i) => part !== read[i])) return undefined;
  const value = new Date(text.toUpperCase());
  return Number.isNaN(value.getTime()) ? undefined : { value };
}

/** Reads `hex:00ff` or `base64:AP8=`. Both strictly: Buffer drops what it does not know. */
export function readBytesText(text: string): { readonly value: Uint8Array } | undefined {
  if (text.startsWith("hex:")) {
    const hex = text.slice("hex:".length);
    return /^(?:[0-9A-Fa-f]{2})*$/.test(hex) ? { value: copy(Buffer.from(hex, "hex")) } : undefined;
  }
  if (!text.startsWith("base64:")) return undefined;
  const base64 = text.slice("base64:".length);
  const bytes = Buffer.from(base64, "base64");
  return bytes.toString("base64") === base64 ? { value: copy(bytes) } : undefined;
}

/** As a plain Uint8Array: a Buffer lies in memory that it shares with others. */
function copy(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes);
}
