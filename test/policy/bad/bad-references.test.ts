import { describe } from "node:test";
import { refuses, withPeople } from "../findings.ts";

const args = (record: string): string => withPeople(`grants:\n  g: {to: user, call: a, args: {${record}}}\n`);
const whole = (constraint: string): string => args(`x: ${constraint}`);

const MOST = Number.MAX_SAFE_INTEGER;
const TIME = "a length of time was expected, like 500ms, 30s, 10m, 2h or 1d, but";
const SIZE = "a size was expected, like 512B, 64KiB, 10MiB or 1GiB, but";
const CALLS = "calls: a whole number from 1 was expected, but";

describe("a callback is refused for", () => {
  const map = "a callback constraint, a map with calls, for and share, was expected, but";
  const bound = (field: string): string => `{callback: {${field}}}`;
  refuses(
    [
      ["a slip in its name", "▸calback", "P201", "no constraint 'calback' … 'callback'?", "callback"],
      ["a slip in its keyword", "{▸calback: {calls: 1}}", "P201", "'calback' … 'callback'?"],
      ["being empty", "{callback: ▸}", "P203", `${map} nothing`],
      ["being null", "{callback: ▸~}", "P203", `${map} null`],
      ["being a number", "{callback: ▸5}", "P203", `${map} the number 5`],
      ["being a list", "{callback: ▸[]}", "P203", `${map} a list`],
      ["no bound", "{callback: ▸{}}", "P203", "says nothing … {callback: {calls: 100, for: 10m}}"],
      ["a slip in calls", bound("▸call: 5"), "P201", "a callback constraint has no field 'call' … 'calls'?"],
      ["bytes", bound("▸bytes: 1B"), "P201", "no field 'bytes' … calls, for and share"],
      ["methods", bound("▸methods: [a]"), "P201", "no field 'methods'"],
      ["no call", bound("calls: ▸0"), "P212", `${CALLS} the number 0`, bound("calls: 1")],
      ["less than none", bound("calls: ▸-1"), "P212", `${CALLS} the number -1`],
      ["a half of a call", bound("calls: ▸1.5"), "P212", `${CALLS} the number 1.5`],
      ["calls in quotes", bound("calls: ▸'5'"), "P212", `${CALLS} the text '5'`],
      ["empty calls", bound("calls: ▸"), "P212", `${CALLS} nothing`],
      ["a list of calls", bound("calls: ▸[1]"), "P212", `${CALLS} a list`],
      ["too many to count", bound(`calls: ▸▸${MOST + 1}`), "P109 P212", CALLS, bound(`calls: ${MOST}`)],
      ["calls in two places", bound("calls: 1, ▸calls: 2"), "P102", "the key 'calls'"],
      ["no time", bound("for: ▸0s"), "P212", `${TIME} the text '0s'`, bound("for: 1ms")],
      ["more than a day", bound("for: ▸86400001ms"), "P212", "at most a day", bound("for: 86400000ms")],
      ["a time without a unit", bound("for: ▸10"), "P212", `${TIME} the number 10`, bound("for: 10s")],
      ["an empty time", bound("for: ▸"), "P212", `${TIME} nothing`],
      ["a map for a time", bound("for: ▸{s: 1}"), "P212", `${TIME} a map`],
      ["a word for share", bound("share: ▸yes"), "P203", "true or false … 'yes'", bound("share: true")],
      ["a number for share", bound("share: ▸1"), "P203", "true or false was expected, but the number 1"],
      ["share in quotes", bound("share: ▸'true'"), "P203", "true or false … the text 'true'"],
      ["an empty share", bound("share: ▸"), "P203", "true or false … nothing", bound("share: false")],
      ["share in two places", bound("share: true, ▸share: true"), "P102", "the key 'share'"],
    ],
    whole,
  );
});

describe("a stream is refused for", () => {
  const map = "a stream constraint, a map with bytes, for and share, was expected, but";
  const bound = (field: string): string => `{stream: {${field}}}`;
  refuses(
    [
      ["a slip in its name", "▸steam", "P201", "there is no constraint 'steam' … 'stream'?", "stream"],
      ["being empty", "{stream: ▸}", "P203", `${map} nothing`],
      ["no bound", "{stream: ▸{}}", "P203", "says nothing … {stream: {bytes: 64MiB, for: 10m}}"],
      [
        "calls",
        bound("▸calls: 5"),
        "P201",
        "a stream constraint has no field 'calls' … bytes, for and share",
      ],
      ["a slip in bytes", bound("▸byte: 1B"), "P201", "no field 'byte' … did you mean 'bytes'?"],
      ["no byte", bound("bytes: ▸0B"), "P212", `${SIZE} the text '0B'`, bound("bytes: 1B")],
      ["bytes without a unit", bound("bytes: ▸64"), "P212", `${SIZE} the number 64`, bound("bytes: 64B")],
      ["a range of bytes", bound("bytes: ▸1..64"), "P212", `${SIZE} the text '1..64'`],
      ["empty bytes", bound("bytes: ▸"), "P212", `${SIZE} nothing`],
      ["a list of bytes", bound("bytes: ▸[1B]"), "P212", `${SIZE} a list`],
      ["more than can be counted", bound("bytes: ▸8388608GiB"), "P212", SIZE, bound("bytes: 8388607GiB")],
      ["two days", bound("for: ▸2d"), "P212", "at most a day (1d) was expected … '2d'", bound("for: 1d")],
      ["a word for share", bound("share: ▸on"), "P203", "true or false was expected, but the text 'on'"],
    ],
    whole,
  );
});

describe("an object is refused for", () => {
  const map = "an object constraint, a map with methods, calls, for and share, was expected, but";
  const bound = (fields: string): string => `{object: {${fields}}}`;
  const rest = (field: string): string => bound(`methods: [read], ${field}`);
  const which = "does not say which methods of the object may be called … methods: [read, close]";
  const longest = "a".repeat(128);
  refuses(
    [
      ["being a word alone", "▸object", "P203", "'object' needs the methods … {object: {methods:"],
      ["being empty", "{object: ▸}", "P203", `${map} nothing`],
      ["being a list", "{object: ▸[read]}", "P203", `${map} a list`],
      ["no field", "{object: ▸{}}", "P203", "the object constraint says nothing … methods: [read, close]"],
      ["no methods", "{▸object: {calls: 5}}", "P202", which, bound("methods: read")],
      ["empty methods", bound("▸methods: "), "P202", which],
      ["no method in the list", bound("methods: ▸[]"), "P203", "at least one method was expected"],
      ["methods that are null", bound("methods: ▸~"), "P203", "a method was expected, but null"],
      ["methods that are a number", bound("methods: ▸7"), "P203", "a method was expected, but the number 7"],
      [
        "methods that are a map",
        bound("methods: ▸{a: }"),
        "P203",
        "a list of methods was expected, but a map",
      ],
      ["a list in the list", bound("methods: [▸[read]]"), "P203", "a method was expected, but a list"],
      ["a star", bound("methods: [read, ▸'*']"), "P205", "'*' is no name of a method … no wildcards here"],
      ["a space", bound("methods: [▸'a b']"), "P205", "'a b' is no name of a method: segments of letters"],
      ["a method of no characters", bound("methods: [▸'']"), "P205", "'' is no name of a method"],
      ["a long name", bound(`methods: [▸${longest}a]`), "P205", "128 bytes", bound(`methods: [${longest}]`)],
      ["a slip in methods", rest("▸method: [x]"), "P201", "no field 'method' … did you mean 'methods'?"],
      ["bytes", rest("▸bytes: 1B"), "P201", "an object constraint has no field 'bytes'"],
      ["no call", rest("calls: ▸0"), "P212", `${CALLS} the number 0`, rest("calls: 1")],
      ["25 hours", rest("for: ▸25h"), "P212", "at most a day (1d) was expected … '25h'", rest("for: 24h")],
      ["null for share", rest("share: ▸~"), "P203", "true or false was expected, but null"],
      ["methods in two places", rest("▸methods: [close]"), "P102", "the key 'methods'"],
    ],
    whole,
  );
});

describe("a reference is refused for", () => {
  const part = "is an argument of its own, and never part of a list or a map … make it an argument";
  refuses(
    [
      ["being an element", "x: {list: {of: ▸callback}}", "P203", `a callback ${part}`, "x: callback"],
      ["being one of two elements", "x: {list: {of: ▸[int, stream]}}", "P203", `a stream ${part}`],
      ["being a value of a map", "x: {map: {a: ▸stream}}", "P203", `a stream ${part}`, "x: [stream, 'null']"],
      [
        "being any other",
        "x: {map: {'*': ▸{object: {methods: a}}}}",
        "P203",
        `an object ${part}`,
        "'*': stream",
      ],
      ["standing there twice", "x: callback, ▸x?: callback", "P102", "the argument 'x' … keep one"],
    ],
    args,
  );
});
