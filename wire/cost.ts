/*
 * What the items of a message cost: a bound of the memory that they take once they are decoded, in bytes. The constants are part of
 * the protocol (docs/protocol.md, section 3): both ends compute the same sum. Each is at least what Node 20 was measured to need;
 * those of layouts and byte strings also cover what V8 and malloc keep around them. `test/memory/weights.test.ts` decodes the worst
 * message of each kind and holds heap and resident memory to 1.25 times its cost, on every supported line of Node.
 *
 * Measured on x86-64, bytes of heap for an item within an array, its slot of eight bytes included:
 *
 *     item                          Node 20   why
 *     null, true, false, small int        8   the slot
 *     any other number                   24   a boxed double; a frozen array boxes them all
 *     text of n ASCII bytes          24 + n   header, padding; two bytes a character if one of them is beyond Latin-1
 *     byte string of n bytes        200 + n   the view, its buffer, and the bookkeeping of both
 *     time                              104   a Date caches its parts
 *     array                              48   an object and its list of elements
 *     map                                64   an object with room for four values
 *     entry of a new layout         74..144   a hidden class, its descriptors, and the key itself
 *     entry of the layout before      8..40   a slot
 */

/** null, true, false, or a number. */
export const VALUE_COST = 24;

/** A text, beside its bytes: once each if all are ASCII, twice if one is not. */
export const TEXT_COST = 48;

/** A byte string, beside its bytes. */
export const BYTES_COST = 320;

/** A time. */
export const TIME_COST = 128;

/** A reference: what stands for it at the receiver's end, until it is over. */
export const REFERENCE_COST = 1_024;

/** An array, beside its elements. */
export const ARRAY_COST = 64;

/** A map, beside its entries. */
export const MAP_COST = 96;

/** An entry of a map, beside the bytes of its key (counted as those of a text) and its value. */
export const ENTRY_COST = 24;

/**
 * What an entry costs more where the map is not laid out like another: V8 keeps a layout for each sequence of keys. A map of
 * at most {@link LAYOUT_ENTRIES_MAX} entries is laid out like the last one before it at the same depth that has as many
 * entries, if its keys are the same bytes in the same order.
 */
export const LAYOUT_COST = 296;
export const LAYOUT_ENTRIES_MAX = 16;

/** What a map costs more that has a key which looks like an index of an array: V8 keeps those apart. */
export const INDEXED_COST = 192;

/**
 * What it costs more for each step up to the largest of those keys, if that is at most {@link INDEX_MAX}: V8 makes room for one
 * and a half times as many elements, of eight bytes each. Larger ones it keeps in a table.
 */
export const INDEX_COST = 12;
export const INDEX_MAX = 3_400;
