import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { jsonText, readJson } from "../../../cli/print/json.ts";

const wrong = (text: string): string => {
  const read = readJson(text);
  assert.ok("wrong" in read, `${text} was read`);
  return read.wrong;
};

describe("readJson", () => {
  test("reads what JSON can say", () => {
    for (const value of [null, true, 0, -1.5, "a", [], {}, [{ a: [1, "2"] }]]) {
      assert.deepEqual(readJson(JSON.stringify(value)), { value });
    }
  });

  test("reads the largest whole number and refuses the one behind it, at any depth", () => {
    assert.deepEqual(readJson("9007199254740991"), { value: Number.MAX_SAFE_INTEGER });
    for (const text of [
      "9007199254740992",
      "-9007199254740993",
      '{"a":[9007199254740993]}',
      "9007199254740993.0",
    ]) {
      assert.match(wrong(text), /would be rounded/);
    }
  });

  test("takes the digits in a text for no number", () => {
    assert.deepEqual(readJson('["9007199254740993", "\\"9007199254740993"]'), {
      value: ["9007199254740993", '"9007199254740993'],
    });
  });

  test("refuses a number that is infinite", () => {
    assert.match(wrong("[1e400]"), /no number/);
  });

  test("refuses keys that JavaScript gives a meaning of its own", () => {
    for (const key of ["__proto__", "constructor", "toString", "then", "toJSON"]) {
      assert.match(wrong(`{"a":[{"${key}":1}]}`), /cannot stand as a key/);
    }
  });

  test("refuses what nests deeper than a message can", () => {
    assert.ok("value" in readJson(`${"[".repeat(32)}${"]".repeat(32)}`));
    assert.match(wrong(`${"[".repeat(33)}${"]".repeat(33)}`), /nest deeper/);
    assert.match(wrong(`${"[".repeat(2000)}${"]".repeat(2000)}`), /nest deeper/);
  });

  const PLACES: readonly (readonly [string, string])[] = [
    ["", ": it is empty"],
    [" \n", ": it is empty"],
    ["{", ": it ends in the middle of a value"],
    ['"abc', ": it ends in the middle of a value"],
    ["[1, -", ": it ends in the middle of a value"],
    ["nul", ": it ends in the middle of a value"],
    ["'a'", " (character 1)"],
    ["undefined", " (character 1)"],
    ["NaN", " (character 1)"],
    ["007", " (character 2)"],
    ["1,", " (character 2)"],
    ["[1, 2 3]", " (character 7)"],
    ["[1,]", " (character 4)"],
    ['{"a": 1, b: 2}', " (character 10)"],
    ['{"a": "\\x"}', " (character 9)"],
    ['{\n  "a": 1,\n  "b" 2\n}', " (line 3, character 7)"],
  ];
  for (const [text, place] of PLACES)
    test(`says where ${JSON.stringify(text)} is no JSON`, () => {
      assert.equal(wrong(text), `it is not JSON${place}`);
    });

  test("says where a text of a megabyte is no JSON", () => {
    const text = `[${"1234567,".repeat(131_072)}1 2]`;
    assert.equal(wrong(text), `it is not JSON (character ${text.length - 1})`);
    assert.equal(wrong(text.slice(0, -3)), "it is not JSON: it ends in the middle of a value");
    // V8 names no place here: it is looked for in up to 64 KiB, and not in one more.
    const within = `[${"1,".repeat(32_766)}x ]`;
    assert.equal(within.length, 64 * 1024);
    assert.equal(wrong(within), `it is not JSON (character ${within.length - 2})`);
    assert.equal(wrong(` ${within}`), "it is not JSON");
    assert.equal(wrong(`[${"1234567,".repeat(131_072)}x]`), "it is not JSON");
  });
});

describe("jsonText", () => {
  test("writes bytes, times and nothing in the forms that the pages name", () => {
    assert.equal(
      jsonText({ b: new Uint8Array([0, 255]), t: new Date(0), u: undefined, n: null }),
      '{"b":{"$bytes":"AP8="},"t":"1970-01-01T00:00:00.000Z","n":null}',
    );
    assert.equal(jsonText(undefined), "null");
    assert.equal(jsonText([undefined]), "[null]");
  });

  test("stays JSON of the same value, and leaves a terminal alone, whatever a peer sent", () => {
    const hostile = { "\u001b]52;c;eA==\u0007": "\u009b31m\u202e\u2028\ufeff\u0000", "ü😀": ["é\ud800"] };
    const text = jsonText(hostile);
    assert.deepEqual(JSON.parse(text), hostile);
    // oxlint-disable-next-line no-control-regex -- the control characters are what this is about
    assert.doesNotMatch(text, /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\ufeff]/);
    assert.match(text, /ü😀/);
  });
});
