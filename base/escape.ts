// Controls (C0, DEL, C1: U+009B starts an escape sequence on many terminals), format characters (bidirectional
// controls, zero-width ones, the BOM), line and paragraph separators, halves of surrogate pairs.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Makes a text that came from a peer fit for a terminal or a log line: whatever could move the cursor,
 * end the line or turn the direction of reading is written as `\u{…}`. The one function for that.
 */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, (found) => SHORT[found] ?? `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`);
}

/** As {@link escapeText}, cut to `maxChars` characters with a mark of how many are left out. */
export function escapeShort(text: string, maxChars: number): string {
  if (text.length <= maxChars) return escapeText(text);
  return `${escapeText(text.slice(0, maxChars))}… (${text.length - maxChars} more)`;
}
