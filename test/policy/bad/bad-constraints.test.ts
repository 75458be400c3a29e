import { describe } from "node:test";
import { refuses, withPeople } from "../findings.ts";

const whole = (constraint: string): string =>
  withPeople(`grants:\n  g: {to: user, call: a, args: {x: ${constraint}}}\n`);

const MOST = Number.MAX_SAFE_INTEGER;

describe("a constraint is refused for", () => {
  refuses(
    [
      ["a word of JSON Schema", "▸integer", "P201", "no constraint 'integer' … known: any, bool", "int"],
      ["a word in capitals", "▸Int", "P201", "no constraint 'Int' … did you mean 'int'?"],
      ["a word of JavaScript's", "▸constructor", "P201", "there is no constraint 'constructor'"],
      ["a keyword that there is not", "{▸foo: 1}", "P201", "no constraint 'foo' … known: bytes, callback"],
      ["a keyword in capitals", "{▸Int: 1..2}", "P201", "no constraint 'Int' … did you mean 'int'?"],
      ["a keyword of no characters", "{▸'': 1}", "P201", "there is no constraint ''"],
      ["any with something", "{▸any: string}", "P203", "'any' takes nothing … write the word alone: any"],
      ["null with something", "{▸null: }", "P203", "'null' takes nothing", "null"],
      ["a keyword twice", "{int: 1..2, ▸int: 3..4}", "P102", "'int' stands here a second time"],
      ["a number with a comma", "▸{number: 0,5..1}", "P203", "a map of one key, and this one has 2"],
    ],
    whole,
  );
});

describe("a range is refused for", () => {
  const range = "a range, like 1..5, was expected, but";
  const whole1 = "an end of a range is a whole number within ±(2^53−1), and";
  const finite = "an end of a range is a finite number, and";
  const length = "an end of a range is a whole number from 0, and";
  const like = "a range was expected, like 1..5, 1.. or ..5, but";
  refuses(
    [
      ["being null", "{int: ▸~}", "P203", `${range} null`, "int"],
      ["being true", "{int: ▸true}", "P203", `${range} true`],
      ["being a map", "{string: ▸{len: 1..5}}", "P203", `${range} a map`, "{string: 1..5}"],
      ["a hyphen", "{int: ▸1-5}", "P208", `${like} '1-5' came`, "{int: 1..5}"],
      ["spaces", "{int: ▸1 .. 5}", "P208", `${whole1} '1 ' is not`],
      ["three ends", "{int: ▸1..2..3}", "P208", `${whole1} '2..3' is not`],
      ["having no characters", "{int: ▸''}", "P208", `${like} '' came`],
      ["a sign in front", "{int: ▸+1..5}", "P208", `${whole1} '+1' is not`, "{int: -1..5}"],
      ["a zero in front", "{int: ▸01..5}", "P208", `${whole1} '01' is not`, "{int: 0..5}"],
      ["another base", "{int: ▸0x1..5}", "P208", `${whole1} '0x1' is not`],
      ["an exponent of int", "{int: ▸1e3..}", "P208", `${whole1} '1e3' is not`, "{int: 1000..}"],
      ["an end one below the least", `{int: ▸${-MOST - 1}..}`, "P208", whole1, `{int: ${-MOST}..}`],
      ["an end one above the most", `{int: ▸..${MOST + 1}}`, "P208", whole1, `{int: ..${MOST}}`],
      ["being empty by one", "{int: ▸6..5}", "P208", "6..5 is empty: 6 is more than 5", "{int: 5..5}"],
      ["being empty by little", "{number: ▸0.6..0.5}", "P208", "0.6..0.5 is empty", "{number: 0.5..0.5}"],
      ["a point in front", "{number: ▸.5..1}", "P208", `${finite} '.5' is not`, "{number: 0.5..1}"],
      ["an infinity", "{number: ▸-inf..}", "P208", `${finite} '-inf' is not`, "{number: ..1}"],
      ["an end beyond all doubles", "{number: ▸0..1e309}", "P208", `${finite} '1e309'`, "{number: 0..1e308}"],
      ["a rounded end", `{number: ▸..${MOST + 1}}`, "P208", finite, `{number: ..${MOST}}`],
      ["a fraction for a range", "{number: ▸0.5}", "P208", "the number 0.5 … 0.5..0.5", "{number: 0.5..0.5}"],
      ["a number for a length", "{string: ▸5}", "P208", "the number 5 … 5..5", "{string: 5..5}"],
      ["a word for a length", "{string: ▸long}", "P208", `${like} 'long' came`],
      ["a length below zero", "{string: ▸-0..1}", "P208", `${length} '-0' is not`, "{string: 0..0}"],
      ["a length of a half", "{string: ▸1.0..2}", "P208", `${length} '1.0' is not`],
      ["a length beyond 2^53", `{string: ▸..${MOST + 1}}`, "P208", length, `{string: ..${MOST}}`],
      ["lengths the wrong way round", "{bytes: ▸2..1}", "P208", "2..1 is empty", "{bytes: 1..1}"],
      ["a unit", "{bytes: ▸1..64KiB}", "P208", `${length} '64KiB' is not`, "{bytes: 1..65536}"],
      ["no length of bytes", "{bytes: ▸}", "P203", `${range} nothing`, "bytes"],
      ["no length of a list", "{list: {of: int, len: ▸}}", "P203", `${range} nothing`],
      ["a null length of a list", "{list: {of: int, len: ▸~}}", "P203", `${range} null`],
      ["a list of lengths", "{list: {of: int, len: ▸[1]}}", "P203", `${range} a list`],
      [
        "a word of a list's length",
        "{list: {of: int, len: ▸x}}",
        "P208",
        like,
        "{list: {of: int, len: 0..0}}",
      ],
    ],
    whole,
  );
});

describe("an enum is refused for", () => {
  const values = "a list of values was expected, but";
  const value = "a text, a number, true, false or null was expected, but";
  refuses(
    [
      ["being empty", "{enum: ▸}", "P203", "a value was expected, but nothing stands here", "{enum: a}"],
      ["having no values", "{enum: ▸[]}", "P203", "at least one value was expected, but the list is empty"],
      ["being a map", "{enum: ▸{a: b}}", "P203", `${values} a map`],
      ["a list in it", "{enum: [a, ▸[b]]}", "P203", `${value} a list`],
      ["a number beyond 2^53", `{enum: [▸${MOST + 1}]}`, "P109", "would be rounded", `{enum: [${MOST}]}`],
      ["what is not a number", "{enum: [▸.nan]}", "P109", ".nan is no number that a call can carry"],
      ["an infinity", "{enum: [▸-.inf]}", "P109", "-.inf is no number that a call can carry"],
    ],
    whole,
  );
});

describe("a list or a map is refused for", () => {
  const list = "a map with 'of' and perhaps 'len' was expected, but";
  const map = "a map of keys and their constraints was expected, but";
  refuses(
    [
      ["being an empty list", "{list: ▸}", "P203", `${list} nothing … {list: {of: string`],
      ["being null for a list", "{list: ▸~}", "P203", `${list} null`],
      ["being a list of types", "{list: ▸[int]}", "P203", `${list} a list`, "{list: {of: [int]}}"],
      ["a list without fields", "{▸list: {}}", "P202", "the list constraint has no 'of'"],
      ["no alternative for an element", "{list: {of: ▸[]}}", "P203", "at least one alternative"],
      ["an element that is a number", "{list: {of: {list: {of: ▸7}}}}", "P203", "a constraint … number 7"],
      ["elements in two places", "{list: {of: int, ▸of: bool}}", "P102", "the key 'of'"],
      ["being an empty map", "{map: ▸}", "P203", `${map} nothing … {map: {name: string`],
      ["being null for a map", "{map: ▸~}", "P203", `${map} null`],
      ["being a list for a map", "{map: ▸[a]}", "P203", `${map} a list`],
      ["being a number for a map", "{map: ▸7}", "P203", `${map} the number 7`],
      ["a key twice", "{map: {a: int, ▸a: bool}}", "P102", "the key 'a'", "{map: {a: int, b: bool}}"],
      ["no alternative for a key", "{map: {a: ▸[]}}", "P203", "at least one alternative"],
      ["an empty map in a map", "{map: {a: {map: ▸{}}}}", "P203", "names no key … {map: {'*': any}}"],
    ],
    whole,
  );
});
