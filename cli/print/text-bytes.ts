import type { Read } from "./json.ts";

/** Why no call can carry a text: what begins with a byte order mark would be dropped or rejected at the other end. */
const BOM_WRONG =
  "the text begins with a byte order mark (U+FEFF), which no call can carry; save it as UTF-8 without BOM";

/** The bytes of a file as a text, or in a sentence why they are none that a call can carry. */
export function readTextBytes(bytes: Uint8Array): Read<string> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { wrong: "a text in UTF-8 was expected, but the bytes are not UTF-8" };
  }
  return textFlaw(text) ?? { value: text };
}

/** What keeps a text from being sent. */
export function textFlaw(text: string): { readonly wrong: string } | undefined {
  return text.startsWith("\ufeff") ? { wrong: BOM_WRONG } : undefined;
}
