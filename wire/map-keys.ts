import { randomFillSync } from "node:crypto";
import { FORBIDDEN_KEYS } from "../base/names.ts";
import { refuse } from "./cbor-numbers.ts";
import { ENTRY_COST, INDEX_COST, INDEX_MAX, INDEXED_COST, LAYOUT_COST, LAYOUT_ENTRIES_MAX } from "./cost.ts";
import { ASCII, NOT_UTF8, textKind } from "./utf8.ts";

/*
 * The keys of the maps of one message, looked at where they lie: no text is made of them, and nothing is allocated.
 *
 *     up to 16 entries    each key is held against those before it; a map whose keys are those of the last one at its depth
 *                         with as many entries, as in a list of rows, is only held against that one
 *     more                a table of places for each depth, under a hash that nobody outside can predict
 *
 * The check is synchronous and calls nothing that calls it, so one set of scratch serves all connections.
 */

/** The longest key that any limit admits, in bytes. */
export const MAX_KEY_BYTES = 256;

/** The deepest that any limit lets maps and arrays stand inside one another. */
export const MAX_DEPTH = 64;

const DEPTHS = MAX_DEPTH + 1;
/** Rows of places: for each depth one for each number of entries from 0 to 16. */
const ROWS = DEPTHS * (LAYOUT_ENTRIES_MAX + 1);

/** Of the map at each depth. */
const entries = new Int32Array(DEPTHS);
const seen = new Int32Array(DEPTHS);
/** Keys of it that are those of the layout before, as long as all of them were. */
const alike = new Int32Array(DEPTHS);
/** Where the keys begin, head and all, and what their bytes cost more because some are beyond ASCII. */
const keyAt = new Int32Array(DEPTHS * LAYOUT_ENTRIES_MAX);
const keyWide = new Int32Array(DEPTHS * LAYOUT_ENTRIES_MAX);
/** The sum of the latter over the keys that are those of the layout before. */
const alikeWide = new Int32Array(DEPTHS);
/** Its keys that look like an index, and the largest of them up to {@link INDEX_MAX}. */
const indexKeys = new Int32Array(DEPTHS);
const indexTop = new Int32Array(DEPTHS);
/** The number of a map in the table of places. */
const mapNumber = new Int32Array(DEPTHS);

/** Where the keys of the last map of each row begin, and the message that it stood in. */
const layoutAt = new Int32Array(ROWS * LAYOUT_ENTRIES_MAX);
const layoutWide = new Int32Array(ROWS * LAYOUT_ENTRIES_MAX);
const layoutOf = new Int32Array(ROWS);

/** The most entries that any limit admits to one map: the table is then half full. */
export const MAX_ENTRIES = 2_048;
const TABLE_SIZE = 2 * MAX_ENTRIES;
const TABLE_SHIFT = 32 - Math.log2(TABLE_SIZE);
/** For each depth the number of the map that a place was last taken for, and where its key begins. Made when first needed. */
const tables: { readonly map: Int32Array; readonly at: Int32Array }[] = [];
/**
 * Multilinear hashing with secret factors (Lemire and Kaser, "Strongly universal string hashing is fast", 2014): whatever the
 * keys, no two of them are likelier to meet than by chance.
 */
const FACTORS = randomFillSync(new Int32Array(1 + MAX_KEY_BYTES));

/** From here on numbers begin anew with the next message: none has so many maps as are left then. */
const NUMBER_MAX = 2 ** 31 - 2 ** 28;

let message = 0;
let lastMap = 0;
let hasSparse = false;

/** Forgets the message before. */
export function beginKeys(): void {
  if (message > NUMBER_MAX || lastMap > NUMBER_MAX) {
    // The numbers of an Int32 are nearly used up: all scratch is as new.
    layoutOf.fill(0);
    for (const { map } of tables) map.fill(0);
    message = 0;
    lastMap = 0;
  }
  message++;
  hasSparse = false;
}

/** Whether a map of the message would make V8 reserve far more elements than it has entries. */
export function hasSparseMap(): boolean {
  return hasSparse;
}

export function beginMap(depth: number, count: number): void {
  entries[depth] = count;
  seen[depth] = 0;
  alikeWide[depth] = 0;
  indexKeys[depth] = 0;
  indexTop[depth] = 0;
  if (count > LAYOUT_ENTRIES_MAX) {
    lastMap++;
    mapNumber[depth] = lastMap;
    tables[depth] ??= { map: new Int32Array(TABLE_SIZE), at: new Int32Array(TABLE_SIZE) };
    alike[depth] = -1;
  } else {
    alike[depth] = layoutOf[rowOf(depth, count)] === message ? 0 : -1;
  }
}

/**
 * Looks at the next key of the map at a depth.
 *
 * @param head - where the item begins; its text goes from `from` to `end`
 * @returns its cost, in bytes
 * @throws {@link Fault} `protocol_error`
 */
export function checkKey(
  buffer: Buffer,
  head: number,
  from: number,
  end: number,
  depth: number,
  maxKeyBytes: number,
): number {
  const count = entries[depth] ?? 0;
  const i = seen[depth] ?? 0;
  seen[depth] = i + 1;
  const length = end - from;
  const first = buffer[from] ?? 0;
  if (first <= 0x39 && first >= 0x30 && length <= 10 && length > 0) noteIndex(buffer, from, end, depth);
  if (alike[depth] === i && i < LAYOUT_ENTRIES_MAX) {
    const place = rowOf(depth, count) * LAYOUT_ENTRIES_MAX + i;
    if (isSame(buffer, layoutAt[place] ?? 0, head, end)) {
      // Good then, good now: it is text, allowed, and no other key of this map.
      const wide = layoutWide[place] ?? 0;
      alike[depth] = i + 1;
      alikeWide[depth] = (alikeWide[depth] ?? 0) + wide;
      keyAt[depth * LAYOUT_ENTRIES_MAX + i] = head;
      keyWide[depth * LAYOUT_ENTRIES_MAX + i] = wide;
      return ENTRY_COST + length;
    }
  }
  if (length > maxKeyBytes) refuse(from, `a key of ${length} bytes, at most ${maxKeyBytes}`);
  const kind = checkText(buffer, from, end);
  if (isForbidden(buffer, from, length, first))
    refuse(from, `the key '${buffer.toString("latin1", from, end)}' is not allowed`);
  const wide = kind === ASCII ? 0 : length;
  let cost = ENTRY_COST + LAYOUT_COST + length + wide;
  // The first that differs: those before it belong to a new layout as well.
  if (alike[depth] === i) cost += i * LAYOUT_COST + (alikeWide[depth] ?? 0);
  alike[depth] = -1;
  if (count > LAYOUT_ENTRIES_MAX) putInTable(buffer, head, from, end, depth);
  else {
    const keys = depth * LAYOUT_ENTRIES_MAX;
    for (let k = 0; k < i; k++)
      if (isSame(buffer, keyAt[keys + k] ?? 0, head, end)) refuse(from, "the same key twice");
    keyAt[keys + i] = head;
    keyWide[keys + i] = wide;
  }
  return cost;
}

/** @returns what the map costs beside its entries, in bytes */
export function endMap(depth: number): number {
  const count = entries[depth] ?? 0;
  if (count <= LAYOUT_ENTRIES_MAX && alike[depth] === -1) {
    const row = rowOf(depth, count);
    layoutOf[row] = message;
    for (let i = 0; i < count; i++) {
      layoutAt[row * LAYOUT_ENTRIES_MAX + i] = keyAt[depth * LAYOUT_ENTRIES_MAX + i] ?? 0;
      layoutWide[row * LAYOUT_ENTRIES_MAX + i] = keyWide[depth * LAYOUT_ENTRIES_MAX + i] ?? 0;
    }
  }
  if (indexKeys[depth] === 0) return 0;
  const top = indexTop[depth] ?? 0;
  if (isSparse(top, indexKeys[depth] ?? 0)) hasSparse = true;
  return INDEXED_COST + INDEX_COST * top;
}

/** Elements that V8 may reserve beyond those that are there, in one map, before it is built in the other way. */
const SPARE_ELEMENTS = 64;

/** @param top - the largest key up to {@link INDEX_MAX} that looks like an index @param count - how many keys do */
export function isSparse(top: number, count: number): boolean {
  return top > SPARE_ELEMENTS + 4 * count;
}

/** The index of an array that a key looks like (ECMA-262, 6.1.7), or −1: its value in decimal, with no zero in front. */
export function indexOf(key: string): number {
  if (key.length === 0 || key.length > 10) return -1;
  const value = Number(key);
  return Number.isInteger(value) && value >= 0 && value < 4_294_967_295 && String(value) === key ? value : -1;
}

function noteIndex(buffer: Buffer, from: number, end: number, depth: number): void {
  if (buffer[from] === 0x30 && end - from > 1) return;
  let value = 0;
  for (let at = from; at < end; at++) {
    const digit = (buffer[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return;
    value = 10 * value + digit;
  }
  if (value >= 4_294_967_295) return;
  indexKeys[depth] = (indexKeys[depth] ?? 0) + 1;
  if (value <= INDEX_MAX && value > (indexTop[depth] ?? 0)) indexTop[depth] = value;
}

/** @throws {@link Fault} `protocol_error` @returns the kind of text */
export function checkText(buffer: Buffer, from: number, end: number): number {
  if (buffer[from] === 0xef && end - from >= 3 && buffer[from + 1] === 0xbb && buffer[from + 2] === 0xbf)
    refuse(from, "a byte order mark in front of a text");
  const kind = textKind(buffer, from, end);
  if (kind === NOT_UTF8) refuse(from, "a text that is not UTF-8");
  return kind;
}

function rowOf(depth: number, count: number): number {
  return depth * (LAYOUT_ENTRIES_MAX + 1) + count;
}

/** Whether the bytes at `before` are those from `head` to `end`: with the head, so that the lengths are the same too. */
function isSame(buffer: Buffer, before: number, head: number, end: number): boolean {
  for (let a = before, b = head; b < end; a++, b++) if (buffer[a] !== buffer[b]) return false;
  return true;
}

function putInTable(buffer: Buffer, head: number, from: number, end: number, depth: number): void {
  const table = tables[depth];
  if (table === undefined) throw new Error(`no table for depth ${depth}`);
  const map = mapNumber[depth] ?? 0;
  let hash = Math.imul(FACTORS[0] ?? 0, end - from);
  for (let at = from, i = 1; at < end; at++, i++)
    hash = (hash + Math.imul(FACTORS[i] ?? 0, buffer[at] ?? 0)) | 0;
  let place = hash >>> TABLE_SHIFT;
  while (table.map[place] === map) {
    if (isSame(buffer, table.at[place] ?? 0, head, end)) refuse(from, "the same key twice");
    place = (place + 1) & (TABLE_SIZE - 1);
  }
  table.map[place] = map;
  table.at[place] = head;
}

/** The keys that are not allowed, by their length and first byte. */
const FORBIDDEN: readonly (readonly Buffer[])[] = Array.from({ length: MAX_KEY_BYTES + 1 }, (_, length) =>
  [...FORBIDDEN_KEYS].filter((key) => key.length === length).map((key) => Buffer.from(key)),
);
const FORBIDDEN_FIRST = new Uint8Array(256);
for (const key of FORBIDDEN_KEYS) FORBIDDEN_FIRST[key.charCodeAt(0)] = 1;

function isForbidden(buffer: Buffer, from: number, length: number, first: number): boolean {
  if (FORBIDDEN_FIRST[first] === 0) return false;
  const keys = FORBIDDEN[length];
  if (keys === undefined) return false;
  for (let k = 0; k < keys.length; k++) {
    const key = keys[k];
    let i = 0;
    while (i < length && key?.[i] === buffer[from + i]) i++;
    if (i === length) return true;
  }
  return false;
}
