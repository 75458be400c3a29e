import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Shape } from "../../../catalogue/catalogue.ts";
import { fromText } from "../../../cli/values/shape-text.ts";

interface Case {
  readonly name: string;
  readonly shape: Shape;
  readonly good: readonly (readonly [text: string, value: unknown])[];
  readonly bad: readonly string[];
}

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

const CASES: readonly Case[] = [
  {
    name: "int",
    shape: { type: "int" },
    good: [
      ["2", 2],
      ["-7", -7],
      ["0", 0],
      ["-0", 0],
      ["9007199254740991", Number.MAX_SAFE_INTEGER],
    ],
    bad: [
      "",
      "007",
      "+1",
      "1.0",
      "1e3",
      "0x10",
      " 1",
      "1 ",
      "9007199254740992",
      "1_000",
      "NaN",
      "١",
      "true",
      "1\n",
    ],
  },
  {
    name: "int with bounds",
    shape: { type: "int", min: 1, max: 5 },
    good: [
      ["1", 1],
      ["5", 5],
    ],
    bad: ["0", "6"],
  },
  {
    name: "number",
    shape: { type: "number", max: 2000 },
    good: [
      ["2", 2],
      ["0.5", 0.5],
      ["-1e3", -1000],
      ["1E+3", 1000],
    ],
    bad: ["", ".5", "5.", "1e400", "Infinity", "NaN", "0x1", "1,5", "2000.1"],
  },
  {
    name: "bool",
    shape: { type: "bool" },
    good: [
      ["true", true],
      ["false", false],
    ],
    bad: ["", "1", "yes", "True", "null"],
  },
  { name: "null", shape: { type: "null" }, good: [["null", null]], bad: ["", "0", "undefined", "NULL"] },
  {
    name: "string",
    shape: { type: "string" },
    good: [
      ["007", "007"],
      ["", ""],
      ["a=b", "a=b"],
      ['"q"', '"q"'],
      ["null", "null"],
      ["@/etc/passwd", "@/etc/passwd"],
    ],
    bad: [],
  },
  {
    name: "string with bounds",
    shape: { type: "string", minLength: 2, maxLength: 3 },
    good: [
      ["ab", "ab"],
      ["abc", "abc"],
      ["😀😀😀", "😀😀😀"],
    ],
    bad: ["a", "abcd"],
  },
  {
    name: "enum",
    shape: { type: "enum", values: ["web", "3", 3, 4, null, true] },
    good: [
      ["web", "web"],
      ["3", "3"],
      ["4", 4],
      ["null", null],
      ["true", true],
    ],
    bad: ["", "Web", "5", "false", "constructor"],
  },
  {
    name: "time",
    shape: { type: "time" },
    good: [
      ["2026-03-01T12:00:00Z", new Date(Date.UTC(2026, 2, 1, 12))],
      ["2026-03-01T13:00:00.250+01:00", new Date(Date.UTC(2026, 2, 1, 12, 0, 0, 250))],
      ["2024-02-29T00:00:00-00:30", new Date(Date.UTC(2024, 1, 29, 0, 30))],
      ["2026-03-01t12:00:00z", new Date(Date.UTC(2026, 2, 1, 12))],
    ],
    bad: [
      "",
      "2026-03-01",
      "2026-03-01T12:00:00",
      "2026-02-30T12:00:00Z",
      "2026-03-01T24:00:00Z",
      "2026-03-01T12:00:60Z",
      "2026-13-01T12:00:00Z",
      "2026-03-01T12:00:00+24:00",
      "2026-03-01T12:00:00+01:60",
      "now",
      "1700000000",
    ],
  },
  {
    name: "bytes",
    shape: { type: "bytes" },
    good: [
      ["hex:00fF", bytes(0, 255)],
      ["hex:", bytes()],
      ["base64:AP8=", bytes(0, 255)],
      ["base64:", bytes()],
    ],
    bad: ["", "hello", "hex:0", "hex:0g", "hex: 00", "base64:AP8", "base64:AP9=", "base64:A P8=", "HEX:00"],
  },
  {
    name: "list",
    shape: { type: "list", of: { type: "int" }, maxItems: 2 },
    good: [
      ["[]", []],
      ["[1, 2]", [1, 2]],
    ],
    bad: ["", "1", "1,2", '["1"]', "[1.5]", "[1,2,3]", "[9007199254740993]", "{}", "null"],
  },
  {
    name: "map",
    shape: {
      type: "map",
      fields: [
        { name: "team", shape: { type: "string" }, optional: false },
        { name: "at", shape: { type: "time" }, optional: true },
        { name: "raw", shape: { type: "bytes" }, optional: true },
      ],
    },
    good: [
      ['{"team": "web"}', { team: "web" }],
      ['{"team": "web", "at": "1970-01-01T00:00:00Z"}', { team: "web", at: new Date(0) }],
      ['{"team": "web", "raw": {"$bytes": "AP8="}}', { team: "web", raw: bytes(0, 255) }],
      ['{"team": "web", "raw": "hex:00ff"}', { team: "web", raw: bytes(0, 255) }],
    ],
    bad: ["", "web", "{}", "[]", '{"team": 1}', '{"team": "a", "x": 1}', '{"team": "a", "__proto__": {}}'],
  },
  {
    name: "map of anything",
    shape: { type: "map", fields: [], others: { type: "int" } },
    good: [
      ["{}", {}],
      ['{"a": 1}', { a: 1 }],
    ],
    bad: ['{"a": "1"}', '{"constructor": 1}'],
  },
  {
    name: "one of several",
    shape: { type: "one_of", shapes: [{ type: "int" }, { type: "string", maxLength: 5 }, { type: "null" }] },
    good: [
      ["5", 5],
      ['"5"', "5"],
      ["007", "007"],
      ["null", null],
      ["abc", "abc"],
      ["1.5", "1.5"],
    ],
    bad: ["abcdef", '"abcdef"'],
  },
  {
    name: "any",
    shape: { type: "any" },
    good: [
      ["2", 2],
      ["1e3", 1000],
      ["007", "007"],
      ['"2"', "2"],
      ["hello", "hello"],
      ["", ""],
      ["null", null],
      ["true", true],
      ['{"a": [1]}', { a: [1] }],
      ['{"a": {"$bytes": "AP8="}}', { a: bytes(0, 255) }],
      ["{a}", "{a}"],
      ["undefined", "undefined"],
      ["hex:00", "hex:00"],
    ],
    bad: ["9007199254740993", '{"__proto__": 1}', "1e400"],
  },
];

describe("fromText", () => {
  for (const { name, shape, good, bad } of CASES) {
    test(`reads a word as ${name}`, () => {
      for (const [text, value] of good) assert.deepEqual(fromText(text, shape), { value }, text);
    });
    if (bad.length > 0) {
      test(`refuses what is no ${name}, and says what was expected`, () => {
        for (const text of bad) {
          const read = fromText(text, shape);
          assert.ok("wrong" in read, `'${text}' was read`);
          assert.notEqual(read.wrong, "");
        }
      });
    }
  }

  test("says where in a value the wrong part stands", () => {
    const shape: Shape = {
      type: "map",
      fields: [{ name: "tags", shape: { type: "list", of: { type: "string" } }, optional: false }],
    };
    assert.deepEqual(fromText('{"tags": ["a", 2]}', shape), {
      wrong: "tags[1]: string was expected, but 2 was given",
    });
    assert.deepEqual(fromText("{}", shape), { wrong: "'tags' is missing" });
  });

  test("quotes a hostile word escaped and short", () => {
    const read = fromText(`\u001b[31m${"x".repeat(500)}`, { type: "int" });
    assert.ok("wrong" in read);
    assert.match(read.wrong, /\\u\{1b\}\[31mx+… \(\d+ more\)/);
  });
});
