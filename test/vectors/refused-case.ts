import { mapItem, textItem } from "../wire/cbor-samples.ts";

/** The rule that is broken, and the body that breaks it; blanks are for the reader. */
export type Case = readonly [rule: string, hex: string];

/** The entries of a map, each value as the bytes of its item. */
export type Fields = Readonly<Record<string, Uint8Array>>;

export function mapOf(fields: Fields): Uint8Array {
  return mapItem(...Object.entries(fields).map(([key, item]) => [textItem(key), item] as const));
}
