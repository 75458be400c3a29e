// C0 but nothing spared, DEL, C1 (U+009B starts an escape sequence on many terminals), line and
// paragraph separators, zero-width and bidirectional controls, the BOM, and halves of surrogate pairs.
const UNSAFE =
  // oxlint-disable-next-line no-control-regex -- the control characters are what this is about
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

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
