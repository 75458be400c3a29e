import { bytesOf, FORBIDDEN_NAMES, head, hexOf, joined, mapItem, textItem } from "../wire/cbor-samples.ts";
import { itemOfCost, itemOfCostIn } from "../wire/costly-item.ts";
import type { Case } from "./refused-case.ts";

/** Bodies after `welcome` that are not of the profile. */
export function outsideProfile(): readonly Case[] {
  return [...BODY, ...IN_VALUE.map(inValue), ...overLimits()];
}

/** Bodies before `welcome` that are not of the profile: the rules are the same, its limits are smaller. */
export function outsideLoginProfile(): readonly Case[] {
  return [
    ["exactly one item: there is none", ""],
    ["exactly one item: a byte behind it", "810500"],
    ["tags: 24 (CBOR inside) around the body", "8201d818 41a0"],
    ["depth 8: one more", hexOf(nested(9))],
    ["64 items: one more", hexOf(joined(head(4, 64), new Uint8Array(64)))],
    ["32 entries of one map: one more", hexOf(entries(33))],
    ["64 bytes of one key: one more", hexOf(mapItem([textItem("k".repeat(65)), bytesOf("00")]))],
    ["cost 64 KiB: one more", hexOf(itemOfCost(64 * 1024 + 1))],
  ];
}

const BODY: readonly Case[] = [
  ["references: not in a list in a call", "8710010063616464 8181d99c4101a0a0"],
  ["references: not in a map in a call", "8710010063616464 80a16161a16161d99c4101a0"],
  ["references: not as an item", "831401d99c4101"],
  ["references: not in a fault", "831201a16464617461d99c4101"],
  ["references: not as a reason", "831301d99c4101"],
  ["exactly one item: there is none", ""],
  ["exactly one item: the array ends early", "8311"],
  ["exactly one item: a byte behind it", "831101f6 00"],
  ["exactly one item: another item behind it", "831101f6 831102f6"],
  ["heads in shortest form: the message in two bytes", "9803 1101f6"],
  ["lengths definite: the message", "9f 1101f6 ff"],
];

/** What stands as the value of `[17, 1, value]`. */
const IN_VALUE: readonly Case[] = [
  ["heads in shortest form: 23 in two bytes", "1817"],
  ["heads in shortest form: 255 in three bytes", "1900ff"],
  ["heads in shortest form: 65535 in five bytes", "1a0000ffff"],
  ["heads in shortest form: 4294967295 in nine bytes", "1b00000000ffffffff"],
  ["heads in shortest form: -24 in two bytes", "3817"],
  ["heads in shortest form: the length of bytes", "5800"],
  ["heads in shortest form: the length of a text", "780161"],
  ["heads in shortest form: the length of an array", "980100"],
  ["heads in shortest form: the length of a map", "b801616100"],
  ["heads in shortest form: the number of a tag", "d80100"],
  ["lengths definite: bytes", "5f4100ff"],
  ["lengths definite: text", "7f6161ff"],
  ["lengths definite: array", "9f00ff"],
  ["lengths definite: map", "bf616100ff"],
  ["references: no number 0", "d99c4200"],
  ["references: a number from 0", "d99c4220"],
  ["references: a whole number", "d99c42f93c00"],
  ["references: a number, and no other tag", "d99c42c101"],
  ["references: the number in shortest form", "d99c421801"],
  ["references: the tag in shortest form", "da00009c4201"],
  ["references: no tag beyond the four", "d99c4401"],
  ["references: not in a list", "81d99c4201"],
  ["references: not in a map", "a16161d99c4201"],
  ["references: nothing behind the tag", "d99c42"],
  ["no break alone", "ff"],
  ["no reserved length: 28", "1c"],
  ["no reserved length: 30", "5e"],
  ["no length beyond the bytes that are left: bytes", "4200"],
  ["no length beyond the bytes that are left: text", "6261"],
  ["no length beyond the bytes that are left: array", "8200"],
  ["no length beyond the bytes that are left: map", "a26161006162"],
  ["no length beyond the bytes that are left: four thousand million bytes", "5affffffff"],
  ["no length beyond the bytes that are left: 2^63-1 elements", "9b7fffffffffffffff"],
  ["integers to 2^53-1: 2^53", "1b0020000000000000"],
  ["integers to 2^53-1: 2^64-1", "1bffffffffffffffff"],
  ["integers from -(2^53-1): -(2^53)", "3b001fffffffffffff"],
  ["integers from -(2^53-1): -(2^64)", "3bffffffffffffffff"],
  ["strict UTF-8: a byte that begins nothing", "61ff"],
  ["strict UTF-8: a continuation alone", "6180"],
  ["strict UTF-8: U+0000 in two bytes", "62c080"],
  ["strict UTF-8: U+002F in three bytes", "63e080af"],
  ["strict UTF-8: a surrogate", "63eda080"],
  ["strict UTF-8: a pair of surrogates", "66eda080edb080"],
  ["strict UTF-8: a sequence that is cut short", "62e6b0"],
  ["strict UTF-8: U+110000", "64f4908080"],
  ["no byte order mark in front", "63efbbbf"],
  ["no byte order mark in front, with text behind it", "64efbbbf61"],
  ["no byte order mark in front of a key", "a163efbbbf00"],
  ["keys are text: an integer", "a10000"],
  ["keys are text: bytes", "a1416100"],
  ["keys are text: null", "a1f600"],
  ["keys are text, and strict UTF-8", "a161ff00"],
  ["no key twice", "a2616100616100"],
  ["no key twice, other values", "a26161006161f6"],
  ["no key twice, in a map in a map", "a16161a2616200616200"],
  ...FORBIDDEN_NAMES.map((name): Case => [`no key ${name}`, hexOf(mapItem([textItem(name), bytesOf("00")]))]),
  ["simple values: undefined", "f7"],
  ["simple values: 0", "e0"],
  ["simple values: 19", "f3"],
  ["simple values: 255, in two bytes", "f8ff"],
  ["simple values: false in two bytes", "f814"],
  ["floats are finite: infinity, half", "f97c00"],
  ["floats are finite: infinity, single", "fa7f800000"],
  ["floats are finite: -infinity, double", "fbfff0000000000000"],
  ["floats are finite: NaN, half", "f97e00"],
  ["floats are finite: NaN, single", "fa7fc00000"],
  ["floats are finite: NaN, double", "fb7ff8000000000000"],
  ["floats of two, four or eight bytes: reserved", "fc0000"],
  ["tags: 0 (a time as text)", "c074323031332d30332d32315432303a30343a30305a"],
  ["tags: 2 (a large integer)", "c241ff"],
  ["tags: 24 (CBOR inside)", "d81841f6"],
  ["tags: 27 (an object of a class)", "d81b82654572726f7260"],
  ["tags: 28 (shared references)", "d81c80"],
  ["tags: 55799 (this is CBOR)", "d9d9f7f6"],
  ["tags: 57344 (records)", "d9e00081f6"],
  ["tags: 1 in front of a text", "c16130"],
  ["tags: 1 in front of null", "c1f6"],
  ["tags: 1 in front of an array", "c180"],
  ["tags: 1 in front of a tag", "c1c100"],
  ["tags: 1 with nothing behind it", "c1"],
  ["tags: 1 in front of a float that is not finite", "c1f97c00"],
  ["tags: 1 in front of a key", "a1c1616100"],
  ["a time to 8,640,000,000,000: one more", "c11b000007dba8218001"],
  ["a time from -8,640,000,000,000: one less", "c13b000007dba8218000"],
  ["a time to 8,640,000,000,000: the next float", "c1fb429f6ea08600 0001"],
];

const inValue = ([rule, hex]: Case): Case => [rule, `831101 ${hex}`];

const value = (item: Uint8Array): string => hexOf(joined(bytesOf("831101"), item));

/** A message `[17, 1, value]` of exactly this cost, in bytes. */
export const costlyValue = (cost: number): string =>
  hexOf(itemOfCostIn((item) => joined(bytesOf("831101"), item), cost));

/** Arrays in one another, the outermost counted. */
const nested = (depth: number): Uint8Array =>
  joined(new Uint8Array(depth - 1).fill(0x81), new Uint8Array([0x80]));

const entries = (count: number): Uint8Array =>
  mapItem(...Array.from({ length: count }, (_, i) => [textItem(String(i)), bytesOf("00")] as const));

function overLimits(): readonly Case[] {
  return [
    ["depth 32: one more", hexOf(joined(bytesOf("831101"), nested(32)))],
    ["10,000 items: one more", value(joined(head(4, 9_997), new Uint8Array(9_997)))],
    ["1,024 entries of one map: one more", value(entries(1_025))],
    ["128 bytes of one key: one more", value(mapItem([textItem("k".repeat(129)), bytesOf("00")]))],
    ["cost 8 MiB: one more", costlyValue(8 * 1024 * 1024 + 1)],
  ];
}
