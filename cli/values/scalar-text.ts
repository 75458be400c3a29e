import { parseRfc3339 } from "../../base/rfc3339.ts";

/** Reads an RFC 3339 time. One without an offset means another moment on each machine and is none. */
export function readTimeText(text: string): { readonly value: Date } | undefined {
  const ms = parseRfc3339(text);
  return ms === undefined ? undefined : { value: new Date(ms) };
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
