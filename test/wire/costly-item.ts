import assert from "node:assert/strict";
import { SESSION_DATA } from "../../wire/limits.ts";
import { arrayItem, bytesOf, mapItem, textItem } from "./cbor-samples.ts";
import { referenceDecode } from "./reference-cbor.ts";

/*
 * Items that cost exactly so much, and are a few hundred times smaller on the wire: maps with keys that look like indexes
 * (docs/protocol.md, section 3, "Cost").
 *
 *     [ {"3000": null}, {"3000": null}, …, {"a": null, "K": null}, "a text of what is still missing" ]
 */
const NULL = bytesOf("f6");
const NULL_COST = 24;

const ARRAY_COST = 64;
const ROW = mapItem([textItem("3000"), NULL]);
const FIRST_ROW_COST = 96 + 192 + 12 * 3000 + (320 + 4) + 24;
const NEXT_ROW_COST = 96 + 192 + 12 * 3000 + (24 + 4) + 24;
/** The most that is left to the map with the key K, so that K is below 3,400. */
const FILLER_MAX_COST = 40_000;
const PAIR_COST = 96 + 192 + (320 + 1) + 320 + 2 * 24;
const TEXT_COST = 48;

/** An item of exactly this cost, in bytes: from 5,000 on. Nothing around it has a map at the same depth. */
export function itemOfCost(cost: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let left = cost - ARRAY_COST;
  while (left > FILLER_MAX_COST) {
    left -= parts.length === 0 ? FIRST_ROW_COST : NEXT_ROW_COST;
    parts.push(ROW);
  }
  const index = String(Math.floor((left - PAIR_COST - "3400".length - TEXT_COST) / 12));
  left -= PAIR_COST + index.length + 12 * Number(index);
  parts.push(mapItem([textItem("a"), NULL], [textItem(index), NULL]), textItem("x".repeat(left - TEXT_COST)));
  return arrayItem(...parts);
}

/**
 * An item of exactly this cost, in bytes, most of it in one place.
 *
 * @param place - puts an item into its place: arrays, or one map, around it
 */
export function itemOfCostIn(place: (item: Uint8Array) => Uint8Array, cost: number): Uint8Array {
  const verdict = referenceDecode(place(NULL), SESSION_DATA);
  const around = "value" in verdict ? verdict.cost - NULL_COST : assert.fail(verdict.refused);
  return place(itemOfCost(cost - around));
}
